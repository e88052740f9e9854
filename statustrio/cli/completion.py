"""`completion`: the script by which a shell completes commands, options and ids."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "statustrio"


@click.command(
    short_help="A script that completes commands and ids in a shell.",
    epilog="""\b
Examples:
  eval "$(statustrio completion bash)"          in ~/.bashrc
  source <(statustrio completion zsh)           in ~/.zshrc, after compinit
  statustrio completion fish > ~/.config/fish/completions/statustrio.fish""",
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print what makes SHELL complete commands, options, and the ids of providers, consumers, pages and incidents."""
    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(ctx.find_root().command, {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())
