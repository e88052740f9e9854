# ruff: noqa: INP001  a script, not a package
"""Makes `page.png`, a picture of the web page over a made-up history, in Chromium. `python docs/screenshot.py`.

It needs the extra `test` (playwright) and a Chromium of the system. The history is written by the store itself, through
what the tests have for that.
"""

from __future__ import annotations

import random
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from playwright.sync_api import sync_playwright

from statustrio.model import Component, Impact, Kind, KnownIncident, KnownUpdate, Status
from statustrio.store.protocol import Wanted

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
from websites import Past, incident, open_past, open_site  # noqa: E402  found by the line above

PICTURE = HERE / "page.png"
SIZE = {"width": 1280, "height": 860}
NOW = datetime.now(UTC).replace(second=0, microsecond=0)
NAMES = (
    "Acme Cloud", "Chatter AI", "Globex Pay", "Initech Mail", "Umbrella DNS", "Stark Storage", "Wayne Identity",
    "Hooli Search", "Vandelay Shipping", "Tyrell Maps", "Cyberdyne Builds", "Soylent Orders",
)  # fmt: skip


def slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def update(at: datetime, status: Status, text: str, number: int = 0) -> KnownUpdate:
    return KnownUpdate(number, at, str(status), status, text)


def past_trouble(dice: random.Random, number: int) -> KnownIncident:
    began = NOW - timedelta(days=dice.uniform(1, 89))
    ended = began + timedelta(minutes=dice.randrange(10, 400))
    return incident(
        f"past{number}",
        title=dice.choice(("Elevated error rates", "Slow answers", "Logins fail", "Delayed mail", "Uploads time out")),
        status=Status.RESOLVED,
        open=False,
        impact=dice.choice((Impact.MINOR, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL)),
        updates=(update(ended, Status.RESOLVED, "All is well again."),),
        started_at=began,
        updated_at=ended,
        resolved_at=ended,
        first_seen_at=began,
        last_seen_at=ended,
    )


def fill(past: Past) -> None:
    dice = random.Random(7)  # noqa: S311  the same picture each time
    past.at = NOW - timedelta(days=95)
    for name in NAMES:
        past.tell(provider=slug(name))
    past.at = NOW
    for number in range(40):
        past.tell(past_trouble(dice, number), event=None, provider=slug(dice.choice(NAMES)))
    began = NOW - timedelta(minutes=47)
    outage = incident(
        "q8r5t2m9n1b6",
        title="API requests are failing",
        status=Status.IDENTIFIED,
        impact=Impact.CRITICAL,
        components=(Component("API", "partial_outage"), Component("Dashboard", "partial_outage")),
        updates=(
            update(began, Status.INVESTIGATING, "About 4% of API requests fail; we are investigating."),
            update(
                NOW - timedelta(minutes=18),
                Status.IDENTIFIED,
                "A load balancer drops connections. We are taking it out of service.",
                1,
            ),
        ),
        started_at=began,
        updated_at=NOW - timedelta(minutes=18),
    )
    slow = incident(
        "slow",
        title="Slow answers in chat",
        impact=Impact.MINOR,
        components=(Component("Chat", "degraded_performance"),),
        updates=(
            update(NOW - timedelta(minutes=9), Status.INVESTIGATING, "Answers take longer than usual. We are looking."),
        ),
        started_at=NOW - timedelta(minutes=9),
        updated_at=NOW - timedelta(minutes=9),
    )
    work = incident(
        "work",
        kind=Kind.MAINTENANCE,
        title="Database upgrade",
        status=Status.SCHEDULED,
        impact=Impact.MAINTENANCE,
        updates=(update(NOW - timedelta(days=1), Status.SCHEDULED, "Writes pause for about a minute."),),
        started_at=NOW + timedelta(hours=20),
        updated_at=NOW - timedelta(days=1),
        scheduled_for=NOW + timedelta(hours=20),
        scheduled_until=NOW + timedelta(hours=21),
    )
    past.tell(outage, provider="acme-cloud")
    past.tell(slow, provider="chatter-ai")
    past.tell(work, provider="globex-pay", event="maintenance.scheduled")
    for name in NAMES:
        past.tell(provider=slug(name))


def take(address: str) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(address)
        page.locator("#live").get_by_text("live").wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


async def main() -> None:
    wanted = tuple(Wanted(slug(name), name, f"https://{slug(name)}.example/feed") for name in NAMES)
    with TemporaryDirectory(prefix="statustrio-screenshot-") as directory:
        database = Path(directory) / "statustrio.db"
        with open_past(database, wanted) as past:
            fill(past)
            async with open_site(database) as site:
                await trio.to_thread.run_sync(take, f"http://127.0.0.1:{site.port}/")


if __name__ == "__main__":
    trio.run(main)
