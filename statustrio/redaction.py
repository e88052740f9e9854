"""Keeps values that came from the environment out of everything that is logged, stored or shown."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from attrs import define, field

HIDDEN = "***"
_LEFT_BY_BROWSERS = "!$&'()*+,;=:@/?[]|\\^`{}~"
SHORTEST = 4
"""A shorter value hides nothing and would maim every other word."""


def without_password(text: str) -> str:
    """The text with what stands before the host in each address hidden."""
    return re.sub(r"""(?<=://)[^/\s"']*@""", f"{HIDDEN}@", text)


def carried(url: str) -> frozenset[str]:
    """The secrets that an address carries before its host: the password, and both as `Authorization` sends them."""
    try:
        parts = urlsplit(url)
    except ValueError:  # it is none
        return frozenset()
    if not parts.password:
        return frozenset()
    user, password = unquote(parts.username or ""), unquote(parts.password)
    return frozenset({password, _in_base64(f"{user}:{password}")})


def _in_base64(secret: str) -> str:
    return b64encode(secret.encode(errors="replace")).decode().rstrip("=")


def _in_json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


def _in_a_traceback(secret: str) -> str:
    return repr(secret)[1:-1]


_WAYS = (
    str,
    quote,
    quote_plus,
    partial(quote, safe=""),
    partial(quote, safe=_LEFT_BY_BROWSERS),
    _in_base64,
    _in_json,
    _in_a_traceback,
)


@define
class Redactor:
    """Hides secrets in text; also a structlog processor. Its secrets are replaced at a reload."""

    _secrets: set[str] = field(init=False, factory=set)
    _pattern: re.Pattern[str] = field(init=False, default=re.compile(""))

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too, also as a URL, a form, a header, JSON or a traceback writes them; old ones stay hidden."""
        long_enough = [secret for secret in secrets if len(secret) >= SHORTEST]
        self._secrets |= {write(secret) for secret in long_enough for write in _WAYS}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def hide(self, text: str) -> str:
        return self._pattern.sub(HIDDEN, text) if self._secrets else text

    def __call__(self, _logger: Any, _method: str, fields: Any) -> Any:
        if self._secrets:
            return {key: self._hide_in(value) for key, value in fields.items()}
        return fields

    def _hide_in(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {key: self._hide_in(one) for key, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._hide_in(one) for one in value]
        return value
