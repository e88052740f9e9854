"""What to say where an option or a file stands in the wrong place of the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.exceptions import NoSuchOption

from statustrio.cli.tables import FORMATS

TAKES_NO_FILE = ("check", "run")


def advice(error: click.ClickException, commands: Sequence[str]) -> str | None:
    """Where it goes, None where nobody can say. `commands` are the words that name one, in the order of the help."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if ctx is None:
        return None
    root = ctx.find_root()
    if isinstance(error, NoSuchOption):
        return _of_option(error.option_name, ctx, root, commands)
    if isinstance(error, click.BadParameter) and ctx is root and error.param and error.param.name == "style":
        return f"{', '.join(FORMATS)} go after a command: statustrio incidents --format csv"
    if ctx.info_name in TAKES_NO_FILE and error.message.startswith("Got unexpected extra argument"):
        return f"the configuration is named before the command: statustrio -c FILE {ctx.info_name}"
    return None


def _of_option(name: str, ctx: click.Context, root: click.Context, commands: Sequence[str]) -> str | None:
    if ctx is not root and (param := _option(root.command, name)) is not None:
        value = f" {param.make_metavar(root)}" if isinstance(param, click.Option) and not param.is_flag else ""
        command = ctx.command_path.removeprefix(f"{root.info_name} ")
        return f"{name} goes before the command: statustrio {name}{value} {command}"
    if ctx is root and isinstance(root.command, click.Group):
        known = [(one, root.command.get_command(root, one)) for one in commands]
        takers = [one for one, command in known if command is not None and _option(command, name) is not None]
        if takers:
            return f"{name} goes after its command: statustrio {'|'.join(takers)} {name}"
    return None


def _option(command: click.Command, name: str) -> click.Parameter | None:
    return next((one for one in command.params if name in one.opts), None)
