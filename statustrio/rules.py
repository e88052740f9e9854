"""Why there is an event: the rule of detection that made it, as a name that stays and a sentence for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Rule(StrEnum):
    """The names that the database keeps: a new rule gets a new one, and none is ever given to another rule."""

    FIRST_SIGHT = "first_sight"
    NEW_INCIDENT = "new_incident"
    NEW_UPDATE = "new_update"
    REWRITTEN_UPDATE = "rewritten_update"
    RELABELLED_UPDATE = "relabelled_update"
    REDATED_UPDATE = "redated_update"
    TITLE_CHANGED = "title_changed"
    COMPONENTS_CHANGED = "components_changed"
    END_WITHOUT_UPDATE = "end_without_update"
    START_WITHOUT_UPDATE = "start_without_update"
    PASSING_END = "passing_end"
    NO_LONGER_LISTED = "no_longer_listed"
    TAKEN_DOWN = "taken_down"
    THREE_FAILURES = "three_failures"
    LONG_SILENCE = "long_silence"
    GONE_410 = "gone_410"
    ANSWERED_AGAIN = "answered_again"
    NOTHING_KNOWN = "nothing_known"
    PAGE_MOVED = "page_moved"
    ALL_UNCONNECTED = "all_unconnected"
    CONNECTED_AGAIN = "connected_again"


SENTENCES: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.FIRST_SIGHT: "the page was new to us, or had moved, and this was open there: one event with its newest "
        "update",
        Rule.NEW_INCIDENT: "the page shows an incident that was not known",
        Rule.NEW_UPDATE: "the page shows an update of this incident that was not known",
        Rule.REWRITTEN_UPDATE: "an update that was known has another text now",
        Rule.RELABELLED_UPDATE: "an update that was known has the same text under another label now",
        Rule.REDATED_UPDATE: "an update that was known has the same label and text under another time now",
        Rule.TITLE_CHANGED: "the title is another one, and no update came with it",
        Rule.COMPONENTS_CHANGED: "the components are other ones or stand otherwise, and no update came with it",
        Rule.END_WITHOUT_UPDATE: "the timeline as it stands now ends the incident, though no new update says so: one "
        "was rewritten, dated back or taken away",
        Rule.START_WITHOUT_UPDATE: "the timeline as it stands now leaves the incident open again, though no new update "
        "says so: one was rewritten, dated back or taken away",
        Rule.PASSING_END: "the page shows an end before what was known to follow, so it is told as an update",
        Rule.NO_LONGER_LISTED: "the page lists only what is open, and three polls in fifteen minutes did not show this "
        "any more",
        Rule.TAKEN_DOWN: "three polls in fifteen minutes did not show this open incident any more, though older "
        "entries were still there",
        Rule.THREE_FAILURES: "three polls in a row failed",
        Rule.LONG_SILENCE: "two polls in a row failed, and none had succeeded for fifteen minutes and two intervals",
        Rule.GONE_410: "the server says that the feed is gone for good (HTTP 410)",
        Rule.ANSWERED_AGAIN: "a poll succeeded after the provider had been unreachable",
        Rule.NOTHING_KNOWN: "the feed shows nothing that was known, though the last one was not empty",
        Rule.PAGE_MOVED: "the page has another platform, another host, another feed or other ids for its incidents",
        Rule.ALL_UNCONNECTED: "no provider could be connected to, and there are three or more",
        Rule.CONNECTED_AGAIN: "a provider could be connected to after none could",
    }
)


def sentence(rule: str | None) -> str:
    """The rule in words; says so where the event is older than its kind of note, or of a newer version than this."""
    if rule is None:
        return "made before rules were noted"
    try:
        return SENTENCES[Rule(rule)]
    except ValueError:
        return f"a rule this version does not know ({rule})"
