"""The status-page platforms: one file per platform turns an entry into a reading of its incident.

A new platform is one file and one line here; the order is the order of recognition.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from statustrio.feed.parse import Feed
from statustrio.platforms import generic, incidentio, statuspage
from statustrio.platforms.platform import Platform

PLATFORMS: tuple[Platform, ...] = (incidentio.PLATFORM, statuspage.PLATFORM, generic.PLATFORM)
"""All platforms; `generic` takes any feed and comes last."""

BY_NAME: Mapping[str, Platform] = MappingProxyType({platform.name: platform for platform in PLATFORMS})
"""The platforms by the name that the configuration and the database use."""


def recognise(feed: Feed) -> Platform:
    """The platform that made a feed, judged by its content alone."""
    return next(platform for platform in PLATFORMS if platform.recognises(feed))
