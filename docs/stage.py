# ruff: noqa: INP001  a script, not a package
"""Gathers the pages of the documentation site in `build/pages`, where the site is built from. `python docs/stage.py`.

In the repository a page links to what stands beside and above `docs/`, so that a code forge finds it. The site has
no "above": the documents at the top become pages of it, and other files that a page names are copied to `files/`.
A link that leads nowhere ends this with 1; links between pages and their anchors are judged by the build itself.
"""

from __future__ import annotations

import os.path
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "build" / "pages"
AT_THE_TOP = ("CONTRIBUTING.md", "SCALING.md", "CHANGELOG.md", "SECURITY.md")
HOME = {"README.md": "index.md"}
"""What the site's own first page stands for."""

_INFO = re.compile(r"^```(\w+) .*$", re.MULTILINE)
"""Further words after the language of a block are for the tests; the site would take them for a mistake."""
_FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:)(?P<path>[^)\s#]+)(?=[)#])")


class DeadLinkError(Exception):
    """A page names a file that is not there; the message says which."""


def pages() -> list[str]:
    """Every page, as a path in the repository."""
    below = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return [*below, *AT_THE_TOP]


def place(path: str) -> str:
    """Where the site has a file of the repository."""
    if path in HOME:
        return HOME[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return path if path in AT_THE_TOP else f"files/{path}"


def staged(page: str, text: str) -> tuple[str, set[str]]:
    """The text of a page with its links as the site needs them, and the files they lead to."""
    named: set[str] = set()

    def moved(match: re.Match[str]) -> str:
        target = os.path.normpath((PurePosixPath(page).parent / match["path"]).as_posix())
        if target.startswith("..") or not (ROOT / target).is_file():
            raise DeadLinkError(f"{page}: {match['path']} is no file")
        named.add(target)
        return os.path.relpath(place(target), PurePosixPath(place(page)).parent)

    parts = _FENCED.split(text)
    parts[::2] = [_LINK.sub(moved, part) for part in parts[::2]]
    return _INFO.sub(r"```\1", "".join(parts)), named


def main() -> None:
    shutil.rmtree(STAGE, ignore_errors=True)
    files: set[str] = set()
    every = pages()
    for page in every:
        text, named = staged(page, (ROOT / page).read_text(encoding="utf-8"))
        files |= named
        target = STAGE / place(page)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    for name in files.difference(every, HOME):
        target = STAGE / place(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)


if __name__ == "__main__":
    try:
        main()
    except DeadLinkError as exc:
        sys.exit(str(exc))
