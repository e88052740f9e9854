"""A body as it comes off the wire: counted, inflated in bounded steps, refused the moment it is too large.

No I/O. httpx would inflate a chunk whole before anyone can count it: 64 KiB on the wire become 64 MiB in memory.
"""

from __future__ import annotations

import zlib

from statustrio.errors import FetchError

_STEP = 64 * 1024
"""Bytes inflated at once: what a bomb can cost beyond the limit."""

_TURN = 1024 * 1024
"""Bytes inflated before others have their turn."""

_MEMBERS = 1024
"""Gzip members in one body. Real ones have one, blocked gzip 16 in a MiB; each costs a new zlib state."""

_GZIP_MAGIC = b"\x1f\x8b"


class Body:
    """Gathers one body of at most `limit` bytes, on the wire and inflated.

    `gzipped`: the wire carries gzip, one member or several; what follows the last member is ignored, as gzip itself
    and browsers do.
    """

    def __init__(self, limit: int, *, gzipped: bool) -> None:
        self._limit = limit
        self._gzipped = gzipped
        self._body = bytearray()
        self._wire = 0
        self._left = b""
        self._members = 0
        self._inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._begun = False
        self._between = b""
        self._over = False

    def feed(self, chunk: bytes) -> bool:
        """Take the next bytes off the wire. Raises FetchError: too large, no gzip.

        Returns whether there is more to do before the next ones: then call `go_on` until there is not.
        """
        self._wire += len(chunk)
        if self._wire > self._limit:
            raise too_large(self._limit)
        if not self._gzipped:
            self._body += chunk
            return False
        self._left = chunk
        return self.go_on()

    def go_on(self) -> bool:
        """Inflate some of what was fed, a few milliseconds' worth; whether there is more. Raises as `feed` does."""
        self._left = self._inflate(self._left, len(self._body) + _TURN)
        return bool(self._left)

    def finish(self) -> bytes:
        """Return the whole body. Raises FetchError if its gzip is cut off."""
        if self._begun and not self._inflater.eof:
            raise FetchError("the document is cut off: its gzip has no end")
        return bytes(self._body)

    def _inflate(self, data: bytes, most: int) -> bytes:
        """Inflate until the body has `most` bytes; returns what is left."""
        while data and not self._over and len(self._body) < most:
            if self._inflater.eof:
                data = self._next_member(data)
                continue
            self._begun = True
            try:
                self._body += self._inflater.decompress(data, _STEP)
            except zlib.error as exc:
                raise FetchError("the document is no gzip, though it should be") from exc
            if len(self._body) > self._limit:
                raise too_large(self._limit)
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
        return b"" if self._over else data

    def _next_member(self, data: bytes) -> bytes:
        data = self._between + data
        if not data.startswith(_GZIP_MAGIC):
            # Either the magic is split between two chunks, or this is padding.
            self._between = data if _GZIP_MAGIC.startswith(data) else b""
            self._over = not self._between
            return b""
        self._members += 1
        if self._members > _MEMBERS:
            raise FetchError(f"more than {_MEMBERS} gzip members")
        self._between = b""
        self._inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        return data


def too_large(limit: int) -> FetchError:
    """Say that a body passes `limit` bytes."""
    mib = limit / 2**20
    return FetchError(
        f"the document is larger than {mib:g} MiB" if mib >= 1 else f"the document is larger than {limit} bytes"
    )
