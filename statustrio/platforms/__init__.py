"""The status-page platforms: one file per platform turns an entry into a reading of its incident.

A new platform is one file and one line here; the order is the order of recognition.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from statustrio.feed.parse import Feed
from statustrio.platforms import (
    aws,
    azure,
    betterstack,
    checkly,
    cstate,
    datocms,
    flashduty,
    gcp,
    generic,
    heroku,
    hund,
    incidentio,
    instatus,
    kener,
    lambstatus,
    m365,
    openstatus,
    pagerduty,
    paypal,
    slack,
    statusio,
    statusiq,
    statuspage,
    statustrio,
    xai,
)
from statustrio.platforms.platform import Platform

PLATFORMS: tuple[Platform, ...] = (
    # by a generator or a title of their own
    statustrio.PLATFORM,
    incidentio.PLATFORM,
    aws.PLATFORM,
    azure.PLATFORM,
    m365.PLATFORM,
    statusiq.PLATFORM,
    xai.PLATFORM,
    paypal.PLATFORM,
    openstatus.PLATFORM,
    kener.PLATFORM,
    cstate.PLATFORM,
    gcp.PLATFORM,
    slack.PLATFORM,
    heroku.PLATFORM,
    hund.PLATFORM,
    # by the form of their ids, links and texts; those that imitate Statuspage before it
    instatus.PLATFORM,
    flashduty.PLATFORM,
    lambstatus.PLATFORM,
    statuspage.PLATFORM,
    statusio.PLATFORM,
    pagerduty.PLATFORM,
    checkly.PLATFORM,
    betterstack.PLATFORM,
    datocms.PLATFORM,
    generic.PLATFORM,
)
"""All platforms; `generic` takes any feed and comes last."""

BY_NAME: Mapping[str, Platform] = MappingProxyType({platform.name: platform for platform in PLATFORMS})
"""The platforms by the name that the configuration and the database use."""


def recognise(feed: Feed) -> Platform:
    """The platform that made a feed, judged by its content; where that does not say, by its address."""
    platform = next(platform for platform in PLATFORMS if platform.recognises(feed))
    if platform is not generic.PLATFORM:
        return platform
    return next((one for one in PLATFORMS if one.address and one.address.match(feed.url)), platform)
