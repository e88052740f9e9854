"""The command line: options, the list of commands, and how each kind of end becomes an exit status."""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module
from pathlib import Path

import click
from click.exceptions import NoSuchCommand, NoSuchOption

from statustrio import __version__
from statustrio.cli.places import in_force
from statustrio.cli.settings import Settings
from statustrio.errors import StatustrioError
from statustrio.store.failures import DatabaseFailure, in_words, is_bug

COMMANDS = {
    "run": "statustrio.cli.run:run",
    "check": "statustrio.cli.check:check",
    "status": "statustrio.cli.status:status",
    "incidents": "statustrio.cli.history:incidents",
    "events": "statustrio.cli.history:events",
    "providers": "statustrio.cli.health:providers",
    "catalog": "statustrio.cli.catalog:catalog",
    "add": "statustrio.cli.add:add",
    "config": "statustrio.cli.config:config",
    "opml": "statustrio.cli.opml:opml",
    "wait": "statustrio.cli.wait:wait",
    "mute": "statustrio.cli.mute:mute",
    "unmute": "statustrio.cli.mute:unmute",
    "test": "statustrio.cli.test:test",
    "dead-letters": "statustrio.cli.dead_letters:dead_letters",
    "explain-routing": "statustrio.cli.explain_routing:explain_routing",
    "why": "statustrio.cli.why:why",
    "replay": "statustrio.cli.replay:replay",
    "backup": "statustrio.cli.backup:backup",
    "prune": "statustrio.cli.prune:prune",
    "demo": "statustrio.cli.demo:demo",
    "completion": "statustrio.cli.completion:completion",
    "health": "statustrio.cli.health:health",
}
"""The commands in the order of the help; each is imported only when it is needed."""

EPILOG = """\b
Examples:
  statustrio demo                               see it work, without network
  statustrio                                    follow the pages of providers.yaml
  statustrio | jq 'select(.level == "warning")' what is wrong, as JSON lines
  statustrio status                             what is broken now
  statustrio incidents --since 7d               what was

\b
Exit status: 0 done, 1 failed while running, 2 usage or configuration,
3 a condition asked for does not hold."""


class _ReaderGoneError(Exception):
    """Nobody reads stdout any more. Not the OSError it was: click would end the process with 1 for that."""


class Commands(click.Group):
    """A group that imports a command when it is asked for."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as exc:
            raise _ReaderGoneError from exc
        except DatabaseFailure as exc:
            if is_bug(exc):
                raise
            raise in_words(exc, ctx.obj.db) from exc

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as above
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as exc:
            # click would look for a near miss only among commands that are imported already.
            raise NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from exc


@click.group(
    cls=Commands,
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    show_default="providers.yaml",
    envvar="STATUSTRIO_CONFIG",
    show_envvar=True,
    help="The providers and consumers; if not here, then in ~/.config/statustrio or /etc/statustrio.",
)
@click.option(
    "--db",
    type=click.Path(path_type=Path),
    show_default="statustrio.db",
    envvar="STATUSTRIO_DB",
    show_envvar=True,
    help="The SQLite database; made if it is not there, beside a configuration that is not here in ~/.local/state.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["auto", "console", "json"]),
    default="auto",
    show_default=True,
    envvar="STATUSTRIO_FORMAT",
    help="Events on stdout: for people or as JSON lines; auto is console on a terminal.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    envvar="STATUSTRIO_LOG_LEVEL",
    help="What goes to stderr; default warning on a terminal, else info.",
)
@click.version_option(__version__, message="statustrio %(version)s")
@click.pass_context
def statustrio(ctx: click.Context, config: Path | None, db: Path | None, style: str, log_level: str | None) -> None:
    """Follows status pages by their Atom and RSS feeds and tells what is new, once. Without a command: run."""
    ctx.obj = Settings(*in_force(os.environ, config, db), style, log_level)
    if ctx.invoked_subcommand is None:
        from statustrio.cli.run import run

        ctx.invoke(run, once=False, backfill="open")


def main() -> None:
    """Run the command line and end the process."""
    sys.exit(_main())


def _give_up_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _fill_descriptors() -> None:
    """Put /dev/null where stdin, stdout or stderr was closed: else the next file opened takes their place."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  for the whole life
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  likewise


def _main() -> int:
    _fill_descriptors()
    try:
        result = statustrio.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as exc:
        from statustrio.cli.misplaced import advice
        from statustrio.cli.paragraphs import say

        hint = advice(exc, tuple(COMMANDS))
        if hint and isinstance(exc, NoSuchOption):
            exc = NoSuchOption(exc.option_name, ctx=exc.ctx)  # without what is near it, which was not meant
        exc.show()
        if hint:
            say(f"Hint: {hint}", err=True)
        return exc.exit_code
    except click.Abort:
        return 0
    except StatustrioError as exc:
        click.echo(str(exc), err=True)
        return exc.exit_status
    except (BrokenPipeError, _ReaderGoneError):
        # The reader has what it wanted (`| head`). Python would complain when it flushes stdout at the end.
        _give_up_stdout()
        return 0
    except OSError as exc:
        if exc.errno != errno.ENOSPC:
            raise
        click.echo(f"cannot write to stdout: {exc.strerror}", err=True)
        _give_up_stdout()
        return 1
    return result if isinstance(result, int) else 0
