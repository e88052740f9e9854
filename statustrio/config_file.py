"""The bytes of the configuration file as text, or a clean word on why there is none. It knows nothing of YAML."""

from __future__ import annotations

from pathlib import Path

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
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = f"{path}:{line}:{column}: the byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise ConfigError((message,)) from error
