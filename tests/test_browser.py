"""The page in a real browser: live, after a restart of the server, by keyboard, on a phone, for a screen reader."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field
from websites import AT, Past, incident, open_past

from statustrio.counts import Counts
from statustrio.fanout import News
from statustrio.model import Impact, Kind, KnownUpdate, Status
from statustrio.web.server import bind, run_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

TOKEN_TIMEOUT = 10
SIZES = ((390, 844), (1024, 768), (1600, 900))
HOSTILE = "<script>document.title = 'taken'</script>\u202egnp.exe"


@define
class Server:
    """A site in a thread of its own, on one port from start to start."""

    database: Path
    port: int = 0
    _token: trio.lowlevel.TrioToken | None = None
    _news: News = field(factory=News)
    _stop: trio.Event | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        listener = bind("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        started = threading.Event()

        async def ready() -> str | None:
            return None

        async def main() -> None:
            self._token, self._stop = trio.lowlevel.current_trio_token(), trio.Event()
            news = self._news.subscribe("site")
            started.set()
            await run_site(listener, (), self.database, Counts(), news, ready, self._stop.wait)
            listener.close()

        self._thread = threading.Thread(target=trio.run, args=(main,))
        self._thread.start()
        assert started.wait(TOKEN_TIMEOUT)

    def _run(self, call: Callable[[], None]) -> None:
        assert self._token is not None
        trio.from_thread.run_sync(call, trio_token=self._token)

    def announce(self) -> None:
        self._run(self._news.announce)

    def stop(self) -> None:
        assert self._stop is not None
        assert self._thread is not None
        self._run(self._news.end_all)
        self._run(self._stop.set)
        self._thread.join(TOKEN_TIMEOUT)
        assert not self._thread.is_alive()


@contextmanager
def served(database: Path) -> Iterator[Server]:
    server = Server(database)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with open_past(tmp_path / "test.db") as past:
        yield past


@pytest.fixture
def server(past: Past, tmp_path: Path) -> Iterator[Server]:
    fill(past)
    with served(tmp_path / "test.db") as server:
        yield server


def fill(past: Past) -> None:
    """One of everything that the pages show."""
    past.tell(incident("i1", title="Requests fail", impact=Impact.CRITICAL), incident("i2", title=HOSTILE, impact=None))
    edited = KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into all of it", 1)
    past.tell(incident("i1", title="All requests fail", updates=(edited,)), event="incident.edited")
    planned = {"kind": Kind.MAINTENANCE, "impact": Impact.MAINTENANCE, "title": "New disks"}
    past.tell(incident("m1", status=Status.SCHEDULED, **planned), event="maintenance.scheduled")
    past.tell(incident("m2", status=Status.IN_PROGRESS, **planned), event="maintenance.started", provider="bolt")
    for number in range(60):
        over = {"status": Status.RESOLVED, "open": False, "resolved_at": AT + timedelta(hours=2)}
        past.tell(incident(f"o{number}", **over), event=None)


@contextmanager
def opened(browser: Any, server: Server, path: str = "/", **context: Any) -> Iterator[Any]:
    """A page, which at the end must have said nothing on its console."""
    with browser.new_context(**context) as context_:
        page = context_.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        yield page
        assert [one for one in said if "ERR_" not in one] == []


PAGES = ("/", "/history?q=requests", "/provider/acme", "/incident/acme/i1", "/incident/acme/i2", "/monitor", "/nothing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=[f"{width}" for width, _ in SIZES])
def test_every_page_fits_its_screen_and_excludes_nobody(
    browser: Any, server: Server, size: tuple[int, int], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    screen = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
    with browser.new_context(**screen) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"http://127.0.0.1:{server.port}{path}")
            for details in page.locator("details").all():
                details.evaluate("one => { one.open = true; }")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
            results = axe.run(page).response
            assert results["violations"] == [], (path, [one["id"] for one in results["violations"]])
            # axe cannot judge a text whose ground it does not know; of everything else it must be sure.
            assert {one["id"] for one in results["incomplete"]} <= {"color-contrast"}, path


def test_hostile_text_is_shown_and_does_nothing(browser: Any, server: Server) -> None:
    with opened(browser, server, "/incident/acme/i2") as page:
        assert page.locator("h1").inner_text() == HOSTILE.replace("\u202e", "")
        assert page.title().startswith("<script>")


def test_an_incident_appears_without_a_reload_within_a_second(browser: Any, server: Server, past: Past) -> None:
    with opened(browser, server) as page:
        playwright.expect(page.locator("#live")).to_have_text("live")
        page.evaluate("window.stays = true")
        page.locator("#find").fill("acme")
        past.tell(incident("new", title="Suddenly dark"), provider="bolt")
        server.announce()
        playwright.expect(page.locator(".card", has_text="Suddenly dark")).to_be_visible(timeout=1000)
        assert page.evaluate("window.stays"), "the page was not loaded again"
        assert page.locator("#find").input_value() == "acme", "what was typed stays"
        assert page.locator(".tile:visible").count() == 1, "and goes on filtering"
        assert page.title().startswith("4 open")


def test_a_screen_reader_hears_what_changed_once_and_nothing_else(browser: Any, server: Server, past: Past) -> None:
    with opened(browser, server) as page:
        playwright.expect(page.locator("#live")).to_have_text("live")
        page.evaluate("""() => {
            window.heard = [];
            const hear = (changes) => changes.forEach((one) => window.heard.push(one.target.textContent));
            for (const one of document.querySelectorAll("[role=status]"))
                new MutationObserver(hear).observe(one, { childList: true, characterData: true, subtree: true });
        }""")
        past.tell(incident("new", title="Suddenly dark"), provider="bolt")
        server.announce()
        playwright.expect(page.locator(".card", has_text="Suddenly dark")).to_be_visible(timeout=1000)
        more = KnownUpdate(1, AT + timedelta(hours=1), "monitoring", Status.MONITORING, "It gets lighter")
        first = incident("new").updates[0]
        past.tell(
            incident("new", title="Suddenly dark", updates=(first, more)), event="incident.updated", provider="bolt"
        )
        server.announce()
        playwright.expect(page.locator(".card", has_text="It gets lighter")).to_be_visible(timeout=1000)
        assert page.evaluate("window.heard") == [page.locator("h1").inner_text()]


def test_a_tab_that_is_not_looked_at_takes_no_connection_and_catches_up(
    browser: Any, server: Server, past: Past
) -> None:
    """Six connections are all that a browser has for the tabs of a site: the seventh tab would never open."""
    show = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with browser.new_context() as context:
        tabs = []
        for _ in range(8):
            tabs.append(context.new_page())
            tabs[-1].goto(f"http://127.0.0.1:{server.port}/", timeout=5000)
            playwright.expect(tabs[-1].locator("#live")).to_have_text("live")
            tabs[-1].evaluate(show, True)
        past.tell(incident("new", title="Suddenly dark"))
        server.announce()
        tabs[0].evaluate(show, False)
        playwright.expect(tabs[0].locator(".card", has_text="Suddenly dark")).to_be_visible(timeout=2000)
        assert tabs[1].locator(".card", has_text="Suddenly dark").count() == 0


def test_the_keyboard_stays_where_it_is_while_the_page_changes(browser: Any, server: Server, past: Past) -> None:
    with opened(browser, server, "/incident/acme/i1") as page:
        playwright.expect(page.locator("#live")).to_have_text("live")
        page.locator("summary").first.focus()
        first = KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into all of it", 1)
        more = (first, KnownUpdate(1, AT + timedelta(hours=1), "monitoring", Status.MONITORING, "It gets lighter"))
        past.tell(incident("i1", updates=more), event="incident.updated")
        server.announce()
        playwright.expect(page.locator(".timeline")).to_contain_text("It gets lighter", timeout=1000)
        assert page.evaluate("document.activeElement.textContent").startswith("Rewritten")


def test_a_page_zoomed_to_four_times_needs_no_scrolling_aside(browser: Any, server: Server) -> None:
    """WCAG 1.4.10: 1280 pixels at 400 %."""
    with browser.new_context(viewport={"width": 320, "height": 256}) as context:
        page = context.new_page()
        for path in PAGES:
            page.goto(f"http://127.0.0.1:{server.port}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_the_page_of_an_incident_goes_on_with_its_updates(browser: Any, server: Server, past: Past) -> None:
    with opened(browser, server, "/incident/acme/i1") as page:
        playwright.expect(page.locator("#live")).to_have_text("live")
        first = KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into all of it", 1)
        more = (first, KnownUpdate(1, AT + timedelta(hours=1), "resolved", Status.RESOLVED, "All is well"))
        past.tell(incident("i1", updates=more, status=Status.RESOLVED, open=False), event="incident.resolved")
        server.announce()
        playwright.expect(page.locator(".timeline")).to_contain_text("All is well", timeout=1000)


def test_after_a_restart_of_the_server_the_page_catches_up_and_misses_nothing(
    browser: Any, server: Server, past: Past
) -> None:
    with opened(browser, server) as page:
        playwright.expect(page.locator("#live")).to_have_text("live")
        page.evaluate("window.stays = true")
        server.stop()
        playwright.expect(page.locator("#live")).to_contain_text("lost")
        for number in range(5):
            past.tell(incident(f"away{number}", title=f"While away {number}"))
        server.start()
        for number in range(5):
            playwright.expect(page.locator(".card", has_text=f"While away {number}")).to_be_visible(timeout=15_000)
        past.tell(incident("back", title="Back again"))
        server.announce()
        playwright.expect(page.locator(".card", has_text="Back again")).to_be_visible(timeout=5000)
        assert page.evaluate("window.stays")


def test_the_keyboard_is_enough(browser: Any, server: Server) -> None:
    with opened(browser, server) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/incident/"))
        page.get_by_role("link", name="History").press("Enter")
        page.get_by_label("Words").fill("fail")
        page.keyboard.press("Enter")
        playwright.expect(page.locator("tbody tr")).to_have_count(1)


def test_everything_works_without_scripts_as_well(browser: Any, server: Server) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.get_by_role("link", name="All requests fail").click()
        assert page.locator("del").first.inner_text()
        page.get_by_role("link", name="History").click()
        page.get_by_role("link", name="Older").click()
        assert page.locator("tbody tr").count() > 0
