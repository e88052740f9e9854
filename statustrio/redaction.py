"""Keeps values that came from the environment out of everything that is logged, stored or shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

from attrs import define, field

HIDDEN = "***"
_LEFT_BY_BROWSERS = "!$&'()*+,;=:@/?[]|\\^`{}~"
SHORTEST = 4
"""A shorter value hides nothing and would maim every other word."""


def without_password(text: str) -> str:
    """The text with what stands before the host in each address hidden."""
    return re.sub(r"""(?<=://)[^/\s"']*@""", f"{HIDDEN}@", text)


@define
class Redactor:
    """Hides secrets in text; also a structlog processor. Its secrets are replaced at a reload."""

    _secrets: set[str] = field(init=False, factory=set)
    _pattern: re.Pattern[str] = field(init=False, default=re.compile(""))

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too, also as a URL or a form writes them; old ones stay hidden."""
        long_enough = [secret for secret in secrets if len(secret) >= SHORTEST]
        ways = (str, quote, quote_plus, partial(quote, safe=""), partial(quote, safe=_LEFT_BY_BROWSERS))
        self._secrets |= {write(secret) for secret in long_enough for write in ways}
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
