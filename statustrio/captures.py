"""Saved versions of a feed: which files they are, when each was taken, and what it holds. Reads files alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen

from statustrio.errors import FetchError
from statustrio.inflate import Body

LARGEST_BYTES = 10 * 2**20
"""What the daemon takes of a document if nobody says otherwise."""
_GZIP = b"\x1f\x8b"
_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?P<dash>-?)(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
    r"(?:[T _-]?(?P<hour>\d\d)[:_-]?(?P<minute>\d\d)(?:[:_-]?(?P<second>\d\d))?(?P<zone>Z|[+-]\d\d:?\d\d)?)?(?!\d)"
)
"""`2022-06-11T213111Z`, `20220611213111`, `2022-06-11 21:31:11+02:00`, `2022-06-11`."""
_EPOCH = re.compile(r"(?<!\d)\d{9,10}(?!\d)")


@frozen
class Capture:
    """A version of a feed in a file. `dated`: its name says when it was taken; otherwise the file's own time counts."""

    path: Path
    at: datetime
    dated: bool

    def read(self) -> bytes:
        """The document, inflated if the file is gzip. FetchError where there is none to be had."""
        try:
            with self.path.open("rb") as file:
                raw = file.read(LARGEST_BYTES + 1)
        except OSError as exc:
            raise FetchError(f"cannot be read: {exc.strerror}") from exc
        body = Body(LARGEST_BYTES, gzipped=raw.startswith(_GZIP))
        more = body.feed(raw)
        while more:
            more = body.go_on()
        return body.finish()


def find_captures(places: Iterable[Path]) -> list[Capture]:
    """The captures at these places, oldest first. A directory means the files in it that are not hidden."""
    found = {path: _capture(path) for place in places for path in _files(place)}
    return sorted(found.values(), key=lambda one: (one.at, one.path.name))


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
        return
    yield from (path for path in place.iterdir() if path.is_file() and not path.name.startswith("."))


def _capture(path: Path) -> Capture:
    at = time_in(path.name)
    return Capture(path, at or datetime.fromtimestamp(path.stat().st_mtime, UTC), at is not None)


def time_in(name: str) -> datetime | None:
    """The time that a file's name tells, in UTC: ISO 8601 with or without separators, else seconds since 1970."""
    for match in _ISO.finditer(name):
        clock = f"{match['hour'] or '00'}:{match['minute'] or '00'}:{match['second'] or '00'}"
        try:
            return datetime.fromisoformat(
                f"{match['year']}-{match['month']}-{match['day']}T{clock}{match['zone'] or 'Z'}"
            ).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    epoch = _EPOCH.search(name)
    return datetime.fromtimestamp(int(epoch[0]), UTC) if epoch else None
