# ruff: noqa: INP001  a script, not a package
"""Makes `demo.svg`, the picture in the README: the real demo on a terminal of 92 columns. `python docs/picture.py`.

The program runs on a pseudo-terminal, so it prints what a person would see, colours and all. Nothing is retouched;
the one thing left out is the name of the temporary directory.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

COLUMNS = 92
ROWS = 60
PICTURE = Path(__file__).with_name("demo.svg")
PROMPT = "$ statustrio demo\n\n"

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")
THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        (72, 79, 88), (248, 81, 73), (63, 185, 80), (210, 153, 34),
        (88, 166, 255), (188, 140, 255), (57, 197, 207), (240, 246, 252),
    ],
    [
        (110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65),
        (121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252),
    ],
)  # fmt: skip
"""Dark, with colours that can be told apart on it."""


def run_on_terminal(*command: str) -> str:
    """What a program prints on a terminal of our size, with its escape sequences."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "", "LANG": "C.UTF-8", "TZ": "UTC"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            os.environ.pop(name, None)
        os.execvp(command[0], command)  # noqa: S606
    # The child may ask for the size before this; it asks again for each thing it prints.
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    output = b""
    while chunk := _read(terminal):
        output += chunk
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{output.decode()}")
    return output.decode().replace("\r\n", "\n")


def draw(output: str) -> str:
    """The output as an SVG that needs nothing from elsewhere."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text.from_ansi(PROMPT + output.rstrip()))
    # A fixed id keeps the file from changing where the output does not.
    svg = console.export_svg(title="statustrio", theme=THEME, unique_id="demo")
    # rich names a font on a server; without it the browser's own monospaced font is used.
    return _FONT_FACE.sub("", svg).replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError as exc:
        if exc.errno == errno.EIO:  # how Linux says that the program has ended
            return b""
        raise


def main() -> None:
    output = run_on_terminal(sys.executable, "-m", "statustrio", "demo")
    PICTURE.write_text(draw(output), encoding="utf-8")


if __name__ == "__main__":
    main()
