"""Changes bytes a little, as a fuzzer does, with words that the readers look for."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

_PLACE = Path(__file__).parent / "words"


def words(name: str) -> tuple[bytes, ...]:
    """The words of a list in `words/`."""
    lines = (_PLACE / f"{name}.txt").read_text().splitlines()
    return tuple(ast.literal_eval(f"b{line}") for line in lines if not line.startswith("#"))


WORDS = words("markup")

_NUMBER = re.compile(rb"[0-9]+")
_PIECE = re.compile(rb"<[^<>]{0,200}>|&[#\w]{1,12};|[^<>&]{1,200}")
ODD_NUMBERS = (
    b"0",
    b"-1",
    b"1",
    b"9",
    b"31",
    b"32",
    b"60",
    b"99999",
    b"2147483648",
    b"9" * 25,
    b"1e9",
    b"0x7f",
    b"\xd9\xa3",
)


def mutated(data: bytes, others: Sequence[bytes], chance: Random, known: Sequence[bytes] = WORDS) -> bytes:
    """The bytes with a few changes; parts of `others` may come into them."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4, 8, 24))):
        data = _once(data, others, chance, known)
    return data


def repeated(data: bytes, chance: Random, size: int, known: Sequence[bytes] = WORDS) -> bytes:
    """The bytes with one piece of them, or two words, in a row until there are so many: what is quadratic shows."""
    if chance.random() < 0.5:
        piece = b"".join(chance.choices(known, k=chance.choice((1, 1, 2, 3))))
        at = chance.randrange(len(data) + 1)
    else:
        pieces = list(_PIECE.finditer(data))
        first = chance.randrange(len(pieces)) if pieces else 0
        last = min(first + chance.choice((0, 0, 0, 1, 2, 5, 20)), len(pieces) - 1)
        at, end = (pieces[first].start(), pieces[last].end()) if pieces else (0, 0)
        piece = data[at:end] or b" "
    return data[:at] + piece * max(1, (size - len(data)) // len(piece)) + data[at:]


def _once(data: bytes, others: Sequence[bytes], chance: Random, known: Sequence[bytes]) -> bytes:  # noqa: PLR0911  a way each
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64, 500)))
    match chance.randrange(10):
        case 0 if data:
            changed = bytearray(data)
            changed[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
            return bytes(changed)
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:at] + data[at:end] * chance.choice((2, 2, 3, 30)) + data[end:]
        case 3:
            other = chance.choice(others) if others else data
            begin = chance.randrange(len(other) + 1)
            return data[:at] + other[begin : begin + chance.choice((4, 40, 400, 4000))] + data[end:]
        case 4 if numbers := list(_NUMBER.finditer(data)):
            number = chance.choice(numbers)
            return data[: number.start()] + chance.choice(ODD_NUMBERS) + data[number.end() :]
        case 5:
            return data[: chance.randrange(len(data) + 1)] if chance.random() < 0.2 else data + data[at:end]
        case 6 if pieces := list(_PIECE.finditer(data)):
            one, other = sorted((chance.choice(pieces), chance.choice(pieces)), key=lambda piece: piece.start())
            if one is other:
                return data[: one.start()] + data[one.end() :]
            between = data[one.end() : other.start()]
            return data[: one.start()] + other[0] + between + one[0] + data[other.end() :]
        case 7:
            return data[:at] + chance.choice(known) + data[end:]
        case _:
            return data[:at] + chance.choice(known) + data[at:]
