"""Where the configuration and the database are, if nobody says: here, else where the system keeps such things.

https://specifications.freedesktop.org/basedir-spec/latest/
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from statustrio.errors import StoreError

CONFIG = Path("providers.yaml")
DATABASE = Path("statustrio.db")
SYSTEM = Path("/etc/statustrio")


def in_force(environ: Mapping[str, str], config: Path | None, database: Path | None) -> tuple[Path, Path]:
    """The configuration and the database: those the user names, else the defaults."""
    found = config or default_config(environ)
    return found, database or default_database(environ, None if config else found)


def default_config(environ: Mapping[str, str], system: Path = SYSTEM) -> Path:
    """The first that is there: here, of the user, of the system. Where none is, the one here."""
    user = _home(environ, "XDG_CONFIG_HOME", ".config")
    directories = [Path(), *([user] if user else []), system]
    return next((path for directory in directories if _is_there(path := directory / CONFIG)), CONFIG)


def default_database(environ: Mapping[str, str], config: Path | None) -> Path:
    """The one here, unless there is none and `config` is a default that is not here; None: the user named it."""
    state = _home(environ, "XDG_STATE_HOME", ".local/state")
    if state is None or config in {None, CONFIG} or _is_there(DATABASE):
        return DATABASE
    return state / DATABASE


def make_home(database: Path, environ: Mapping[str, str]) -> None:
    """Make the directory of a database that is where the system keeps such things. StoreError if that cannot be."""
    home = _home(environ, "XDG_STATE_HOME", ".local/state")
    if home == database.parent:
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(f"{home}: {exc.strerror}; choose another place with --db") from exc


def _home(environ: Mapping[str, str], variable: str, default: str) -> Path | None:
    """Our directory below a base directory; a relative one does not count, says the specification."""
    base = Path(environ.get(variable, ""))
    if not base.is_absolute():
        base = Path(environ.get("HOME", "")) / default
    return base / "statustrio" if base.is_absolute() else None


def _is_there(path: Path) -> bool:
    with suppress(OSError):  # in a directory that is not for us
        return path.exists()
    return False
