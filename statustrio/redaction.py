"""Keeps values that came from the environment out of everything that is logged, stored or shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import define

HIDDEN = "***"
SHORTEST = 4
"""A shorter value hides nothing and would maim every other word."""


@define
class Redactor:
    """Hides secrets in text; also a structlog processor. Its secrets are replaced at a reload."""

    _secrets: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too; old ones stay hidden, the longest are looked for first."""
        known = {secret for secret in secrets if len(secret) >= SHORTEST} | set(self._secrets)
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

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
