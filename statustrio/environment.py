"""`${NAME}` in the configuration, filled in from the environment.

What was filled in is remembered, so that others can keep it out of logs and messages. `NAME_FILE` may name a file with
the value instead, the way container secrets are handed over; then it may be a file `NAME` in `$CREDENTIALS_DIRECTORY`,
where systemd puts them (`LoadCredential=`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

MAX_SECRET_BYTES = 1 << 20
"""A secret is a line or a key; a larger file is a mistake."""

_REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def as_literal(url: str) -> str:
    """A URL that somebody else gave, so that nothing in it is filled in: it must not carry a secret away."""
    return url.replace("${", "$%7B")


class FillError(Exception):
    """A reference that cannot be filled in. The text names the variable and never holds a value."""


class Environment:
    """The variables, and in `secrets` every value (but the empty one) that `fill` has used so far."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._files: dict[Path, str] = {}
        self.secrets: set[str] = set()

    def fill(self, text: str) -> str:
        """`text` with its references replaced; what comes from the environment is not looked at again."""
        if "${" not in text:
            return text
        mistakes: list[str] = []

        def replace(match: re.Match[str]) -> str:
            try:
                return self._value(match[1], closed=bool(match[2]))
            except FillError as error:
                mistakes.append(str(error))
                return ""

        filled = _REFERENCE.sub(replace, text)
        if mistakes:
            raise FillError("; ".join(dict.fromkeys(mistakes)))
        return filled

    def _value(self, name: str, *, closed: bool) -> str:
        if not closed or not _NAME.fullmatch(name):
            raise FillError("`${` begins the name of an environment variable, write it like `${NAME}`")
        if name in self._variables:
            value = self._variables[name]
        elif (source := f"{name}_FILE") in self._variables:
            value = self._from_file(Path(self._variables[source]), f"file that `{source}` names")
        elif credential := self._credential(name):
            value = self._from_file(credential, f"credential `{name}`")
        else:
            raise FillError(f"the environment variable `{name}` is not set")
        if value:
            self.secrets.add(value)
        return value

    def _credential(self, name: str) -> Path | None:
        """Where systemd put the credential of this name; None: nowhere."""
        directory = self._variables.get("CREDENTIALS_DIRECTORY")
        path = Path(directory, name) if directory else None
        return path if path and os.path.lexists(path) else None

    def _from_file(self, path: Path, what: str) -> str:
        if path not in self._files:
            try:
                with path.open("rb") as file:
                    raw = file.read(MAX_SECRET_BYTES + 1)
                text = raw.decode()
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise FillError(f"the {what} cannot be read: {reason.lower()}") from None
            except ValueError:  # bytes that are not UTF-8, or a path with a NUL
                raise FillError(f"the {what} cannot be read as text") from None
            if len(raw) > MAX_SECRET_BYTES:
                raise FillError(f"the {what} is too large for a secret")
            self._files[path] = text.removesuffix("\n").removesuffix("\r")
        return self._files[path]
