"""The bytes of the configuration file as text and back, or a clean word on what is in the way. It knows no YAML."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from statustrio.errors import ConfigError

MAX_BYTES = 10 << 20
"""Room for fifty thousand providers; what is larger is no configuration."""

STARTER = """\
providers:
  - name: "GitHub"
    feed_url: "https://www.githubstatus.com/history.atom"
  - name: "OpenAI"
    feed_url: "https://status.openai.com/feed.atom"
"""
"""A configuration to begin with."""


def read_text(path: Path) -> str:
    """The text of the file, or ConfigError with one problem."""
    return read_exact(path).removeprefix("\ufeff")


def read_exact(path: Path) -> str:
    """The same with its byte-order mark, so that it can be written back byte for byte."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        starter = f"{path}: no such file. To begin, save this as {path}:\n\n{STARTER}"
        raise ConfigError((starter,)) from None
    except IsADirectoryError:
        raise ConfigError((f"{path}: is a directory; name a file in it",)) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConfigError((f"{path}: cannot be read: {reason}",)) from error
    except ValueError as error:  # a NUL in the path
        raise ConfigError((f"{str(path)!r}: cannot be the name of a file",)) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError((f"{path}: larger than {MAX_BYTES >> 20} MiB; name the configuration file",))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode().removeprefix("\ufeff")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"{path}:{line}:{column}: the byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise ConfigError((message,)) from error


def replace_text(path: Path, text: str) -> None:
    """Put `text` in the file's place at once: a reader sees the old one or the new one, whenever it looks.

    A link stays a link; mode and owner stay. What is not there yet is made. ConfigError if it cannot be done.
    """
    target = path.resolve()
    try:
        if not target.exists():
            with target.open("xb") as file:
                file.write(text.encode())
        elif target.is_file():
            replace_file(target, text.encode())
        else:
            raise ConfigError((f"{path}: is no regular file and cannot be written",))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConfigError((f"{path}: cannot be written: {reason}",)) from error


def replace_file(target: Path, data: bytes) -> None:
    """Put a whole file in the place of another, or leave that as it was. Mode and owner stay; a new one is for all."""
    before = target.stat() if target.exists() else None
    descriptor, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if before is not None:
                with suppress(PermissionError):  # only root can give a file away
                    os.fchown(descriptor, before.st_uid, before.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode) if before is not None else 0o644)
            os.fsync(descriptor)
        made.replace(target)
    except OSError:
        made.unlink(missing_ok=True)
        raise
