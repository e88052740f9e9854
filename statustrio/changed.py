"""What a reload changes, in words short enough for one line of the log. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from statustrio.config import Config

MOST_NAMES = 5
"""A line of the log is no place for ten thousand."""


def changes(old: Config, new: Config, restarted: Collection[str] = ()) -> dict[str, list[str]]:
    """The providers and consumers that are added, removed and restarted; what there is none of is left out.

    `restarted` are providers that begin anew although nothing of them changed.
    """
    before = {one.id: one for one in old.providers if one.enabled}
    after = {one.id: one for one in new.providers if one.enabled}
    found = {
        **_differences("providers", before, after, restarted),
        **_differences("consumers", {one.id: one for one in old.consumers}, {one.id: one for one in new.consumers}),
    }
    return {what: _few(names) for what, names in found.items() if names}


def _differences(
    noun: str, before: Mapping[str, object], after: Mapping[str, object], restarted: Collection[str] = ()
) -> dict[str, list[str]]:
    return {
        f"{noun}_added": [name for name in after if name not in before],
        f"{noun}_removed": [name for name in before if name not in after],
        f"{noun}_restarted": [
            name for name in after if name in before and (after[name] != before[name] or name in restarted)
        ],
    }


def _few(names: list[str]) -> list[str]:
    if len(names) <= MOST_NAMES:
        return names
    return [*names[:MOST_NAMES], f"and {len(names) - MOST_NAMES} more"]
