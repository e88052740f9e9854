"""All that is fuzzed, by name."""

from __future__ import annotations

from fuzz.pages import PAGES
from fuzz.site import REQUESTS
from fuzz.target import Target
from fuzz.texts import CONFIGURATIONS, LISTS, TIMES

TARGETS: dict[str, Target] = {target.name: target for target in (PAGES, CONFIGURATIONS, LISTS, TIMES, REQUESTS)}
