"""The site as a browser, a program and an attacker meet it: on real sockets, over a real database."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
import trio
from attrs import evolve
from jsonschema import Draft202012Validator, FormatChecker
from structlog.testing import capture_logs
from websites import AT, Past, Served, incident, open_past, open_site

from statustrio.errors import StoreError
from statustrio.feed.parse import parse_feed
from statustrio.model import Component, Impact, Kind, KnownUpdate, Status
from statustrio.store import queries
from statustrio.store.opening import connect, file_uri
from statustrio.web import server
from statustrio.web import site as site_module
from statustrio.web.app import SECURITY
from statustrio.web.site import Readers

pytestmark = pytest.mark.slow


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "test.db"


@pytest.fixture
def past(database: Path) -> Iterator[Past]:
    with open_past(database) as past:
        yield past


PAGES = ("/", "/history", "/provider/acme", "/incident/acme/i1", "/monitor")


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_and_carries_the_security_headers(past: Past, database: Path, path: str) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        answer = await site.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert {name: answer.headers[name] for name in SECURITY} == SECURITY
    assert "Acme Cloud" in answer.text or path == "/monitor"


async def test_the_overview_tells_the_worst_first_and_what_the_vendor_said_last(past: Past, database: Path) -> None:
    past.tell(incident("small", impact=Impact.MINOR), incident("odd", impact=None), provider="bolt")
    past.tell(incident("large", impact=Impact.CRITICAL))
    past.tell(incident("over", open=False, status=Status.RESOLVED))
    async with open_site(database) as site:
        page = (await site.get("/")).text
    assert "3 things are broken now" in page
    assert page.index("Trouble large") < page.index("Trouble small") < page.index("Trouble odd")
    assert "We look into it" in page
    assert "Trouble over" not in page


async def test_a_provider_that_was_never_seen_is_not_called_fine(past: Past, database: Path) -> None:
    past.tell(event=None)
    async with open_site(database) as site:
        page = (await site.get("/")).text
    assert "Nothing is open" in page
    assert page.count("not seen yet") == 1


async def test_an_edit_is_shown_as_a_difference(past: Past, database: Path) -> None:
    past.tell(incident())
    rewritten = KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into errors", 1)
    past.tell(incident(updates=(rewritten,)), event="incident.edited")
    async with open_site(database) as site:
        page = (await site.get("/incident/acme/i1")).text
    assert "<del>it</del><ins>errors</ins>" in page


async def test_an_incident_of_any_size_is_a_page_of_a_sane_one(past: Past, database: Path) -> None:
    updates = tuple(
        KnownUpdate(n, AT + timedelta(minutes=n), "monitoring", Status.MONITORING, f"No {n}: " + "long " * 12_000)
        for n in range(120)
    )
    past.tell(incident(title="T" * 10_000, updates=updates))
    async with open_site(database) as site:
        pages = [(await site.get(f"/incident/acme/i1?page={page}")).text for page in (1, 2, 3, 4)]
        lists = [await site.get(path) for path in ("/", "/history", "/provider/acme")]
    found = [re.findall(r"No (\d+): ", page) for page in pages]
    assert [int(number) for page in found for number in page] == list(range(119, -1, -1))
    assert [("Older" in page, "Newer" in page) for page in pages[:3]] == [(True, False), (True, True), (False, True)]
    assert all(len(page) < 1_500_000 for page in pages)
    assert all(len(page.content) < 10_000 for page in lists)


@pytest.mark.parametrize("path", ["/nothing", "/provider/none", "/incident/acme/none", "/incident/none/i1"])
async def test_what_is_not_there_is_a_page_that_says_so(past: Past, database: Path, path: str) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        answer = await site.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


HOSTILE = "<script>alert(1)</script>"
OVERRIDE = "\u202egnp.exe"


async def test_what_a_page_says_is_text_and_never_markup(past: Past, database: Path) -> None:
    update = KnownUpdate(0, AT, HOSTILE, Status.INVESTIGATING, HOSTILE + OVERRIDE)
    ident = "../x?<'\"&#/%2e"
    past.tell(incident(ident, title=HOSTILE + OVERRIDE, updates=(update,), url="javascript:alert(1)"))
    async with open_site(database) as site:
        overview = (await site.get("/")).text
        address = overview.partition('href="./incident/')[2].partition('"')[0]
        pages = [overview, *[(await site.get(path)).text for path in ("/history", f"/incident/{address}")]]
        (row,) = (await site.get("/api/v1/incidents")).json()["incidents"]
    for page in pages:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert HOSTILE not in page
        assert "\u202e" not in page
        assert "javascript:" not in page
    assert (row["incident_id"], row["title"]) == (ident, HOSTILE + OVERRIDE)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", ""])
async def test_a_name_that_somebody_else_made_point_here_is_refused(past: Past, database: Path, host: str) -> None:
    past.tell(incident())
    async with open_site(database, names=("status.example.com",)) as site:
        refused = await site.get("/api/v1/incidents", headers={"Host": host})
        named = await site.get("/", headers={"Host": "status.example.com:443"})
    assert refused.status_code in (400, 421)
    assert "Trouble" not in refused.text
    assert named.status_code == 200


async def test_a_page_that_fails_is_told_and_carries_the_security_headers(
    past: Past, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a bug")

    past.tell(incident())
    async with open_site(database) as site:
        with monkeypatch.context() as broken, capture_logs() as logs:
            broken.setattr(queries, "offline_since", fail)
            answer = await site.get("/monitor")
        assert answer.status_code == 500
        assert {name: answer.headers[name] for name in SECURITY} == SECURITY
        assert [one["path"] for one in logs if one["event"] == "page.failed"] == ["/monitor"]
        assert (await site.get("/monitor")).status_code == 200


@pytest.mark.parametrize("ident", ["a/b", "a//b", "/a", "a%2Fb", "ü ☃+?#", "trailing/"])
async def test_links_lead_from_any_address(past: Past, database: Path, ident: str) -> None:
    """Also behind a proxy that puts the site below a path: none leads above it."""
    past.tell(incident(ident))
    async with open_site(database) as site:
        overview = (await site.get("/")).text
        address = overview.partition('href="./incident/')[2].partition('"')[0]
        page = await site.get(f"/incident/{address}")
    seen = httpx.URL(f"https://proxy.example/below/incident/{address}")
    style = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert str(seen.join(style)) == "https://proxy.example/below/static/style.css"


@pytest.mark.parametrize("path", ["/history/", "/static", "/provider/acme%2F"])
async def test_nobody_is_sent_to_where_we_seem_to_be(past: Past, database: Path, path: str) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        answer = await site.get(path)
    assert (answer.status_code, "location" in answer.headers) == (404, False)


async def test_open_on_a_day_means_at_any_time_of_it(past: Past, database: Path) -> None:
    day = AT.replace(hour=0)
    for ident, start, end in (
        ("before", -5, -1),
        ("into", -5, 3),
        ("within", 10, 11),
        ("out", 20, 30),
        ("after", 24, 26),
    ):
        times = {"started_at": day + timedelta(hours=start), "resolved_at": day + timedelta(hours=end)}
        past.tell(incident(ident, open=False, status=Status.RESOLVED, **times))
    async with open_site(database) as site:
        page = (await site.get(f"/history?at={day:%Y-%m-%d}")).text
        later = (await site.get(f"/history?at={day:%Y-%m-%d}&since={day:%Y-%m-%d}")).text
    assert re.findall("Trouble ([a-z]+)", page) == re.findall("Trouble ([a-z]+)", later) == ["out", "within", "into"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed(past: Past, database: Path, method: str) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        for path in (*PAGES, "/api/v1/incidents", "/api/v1/events/stream", "/static/page.js"):
            assert (await site.client.request(method, path)).status_code == 405, path


async def test_a_page_is_compressed_for_those_who_take_it(past: Past, database: Path) -> None:
    past.tell(*(incident(f"i{number}") for number in range(30)))
    async with open_site(database) as site:
        packed = await site.get("/")
        plain = await site.get("/", headers={"Accept-Encoding": "identity"})
    assert (packed.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 3


# The history and its search


async def test_the_history_is_searched_by_words_of_titles_and_updates(past: Past, database: Path) -> None:
    said = KnownUpdate(0, AT, "x", Status.RESOLVED, "Naïve caches were emptied")
    past.tell(incident("i1", title="Errors in Actions"), incident("i2", title="Slow answers", updates=(said,)))

    async with open_site(database) as site:

        async def found(query: str) -> list[str]:
            rows = (await site.get(f"/api/v1/incidents?q={query}")).json()["incidents"]
            return [row["incident_id"] for row in rows]

        await indexed(site, "actions")
        assert await found("ACT look") == ["i1"]
        assert await found("naive+emptied+slow") == ["i2"]
        assert await found("actions+emptied") == []
        for odd in ('"', "NOT", "a+OR+b", "text:look", "(", "%00", "%25", "*", "'"):
            assert await found(odd) in ([], ["i1", "i2"]), odd
        page = (await site.get("/history?q=actions")).text
        assert ("Errors in Actions" in page, "Slow answers" in page) == (True, False)


async def indexed(site: Served, word: str) -> None:
    """Wait until a word is found."""
    with trio.fail_after(10):
        while True:
            answer = await site.get(f"/api/v1/incidents?q={word}")
            if answer.status_code == 200 and answer.json()["incidents"]:
                return
            assert answer.status_code in (200, 503)
            await trio.sleep(0.02)


async def test_what_is_new_or_rewritten_is_found_and_what_was_there_before_no_longer(
    past: Past, database: Path
) -> None:
    past.tell(incident("i1", title="Errors in Actions"))
    async with open_site(database) as site:
        await indexed(site, "actions")
        past.tell(incident("i1", title="Errors in Pages", open=False, status=Status.RESOLVED))
        site.news.announce()
        await indexed(site, "pages")
        assert (await site.get("/api/v1/incidents?q=actions")).json()["incidents"] == []


async def test_a_damaged_index_is_made_anew(past: Past, database: Path) -> None:
    past.tell(incident("i1", title="Errors in Actions"))
    database.with_name("test.db.search").write_bytes(b"no database at all" * 1000)
    async with open_site(database) as site:
        await indexed(site, "actions")


async def test_where_no_index_can_be_made_the_rest_works_and_says_so(past: Past, database: Path) -> None:
    past.tell(incident())
    database.with_name("test.db.search").mkdir()
    async with open_site(database) as site:
        with capture_logs() as logs:
            page = (await site.get("/history?q=trouble")).text
            answer = await site.get("/api/v1/incidents?q=trouble")
    assert "cannot be searched by words" in page
    assert (answer.status_code, "index" in answer.json()["error"]) == (503, True)
    assert [one for one in logs if one["event"] == "task.failed"] == []


@pytest.mark.parametrize("how", ["removed", "damaged"])
async def test_an_index_that_goes_while_it_is_used_is_made_again(
    past: Past, database: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_module, "INDEX_AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(site_module, "INDEX_SECONDS", 0.1)
    past.tell(incident("i1", title="Errors in Actions"))
    index = database.with_name("test.db.search")
    async with open_site(database) as site:
        await indexed(site, "actions")
        if how == "removed":
            for path in database.parent.glob("*.search*"):
                path.unlink()
        else:
            with closing(connect(file_uri(index, "rw"))) as spoiler:
                spoiler.execute("UPDATE words_data SET block = x'00' WHERE id <> 1")
                spoiler.execute("UPDATE indexed SET digest = x''")
        past.tell(incident("i2", title="Slow answers"), event="incident.opened")
        site.news.announce()
        await indexed(site, "slow")
        await indexed(site, "actions")
        assert (await site.get("/")).status_code == 200
    assert index.exists()


async def test_a_question_that_takes_too_long_is_given_up(
    past: Past, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_module, "LONGEST_SECONDS", 0.2)
    past.tell(incident())
    readers = Readers(database)
    with pytest.raises(StoreError, match="takes too long"):
        await readers.ask(for_ever)
    assert await readers.ask(queries.last_seq) == 1
    readers.close()


async def test_a_question_ends_with_the_one_who_asked(past: Past, database: Path) -> None:
    past.tell(incident())
    readers = Readers(database)
    with trio.fail_after(3):
        with trio.move_on_after(0.1) as scope:
            await readers.ask(for_ever)
    assert scope.cancelled_caught
    readers.close()


def for_ever(connection: queries.Connection) -> None:
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    connection.execute(endless).fetchone()


# The API


async def test_the_api_lists_incidents_by_what_is_asked(past: Past, database: Path) -> None:
    past.tell(incident("i1"), incident("i2", open=False, status=Status.RESOLVED, resolved_at=AT + timedelta(hours=1)))
    past.tell(incident("i3", started_at=AT + timedelta(days=1)), provider="bolt")
    async with open_site(database) as site:

        async def ids(query: str) -> list[str]:
            return [row["incident_id"] for row in (await site.get(f"/api/v1/incidents?{query}")).json()["incidents"]]

        assert await ids("") == ["i3", "i1", "i2"]
        assert await ids("open=true") == ["i3", "i1"]
        assert await ids("provider=acme&limit=1&offset=1") == ["i2"]
        assert await ids("at=2026-11-24T12:30:00Z") == ["i1", "i2"]
        one = (await site.get("/api/v1/incidents/acme/i1")).json()
    assert (one["title"], one["updates"][0]["text"]) == ("Trouble i1", "We look into it")


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("incidents?limit=x", "limit: a number up to 1000"),
        ("incidents?limit=1001", "limit: a number up to 1000"),
        ("incidents?open=maybe", "open: true or false"),
        ("incidents?since=yesterday", "since: a time such as 2026-11-24T14:00Z"),
        ("incidents?at=0001-01-01T00:00:00%2B23:00", "at: a time such as 2026-11-24T14:00Z"),
        ("events?after=-1", "after: a number up to 1000000000000000000"),
        ("events?after=99999999999999999999", "after: a number up to 1000000000000000000"),
    ],
)
async def test_a_parameter_that_cannot_be_understood_is_named(
    past: Past, database: Path, query: str, error: str
) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        answer = await site.get(f"/api/v1/{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": error})


async def test_the_log_is_given_as_it_was_printed(past: Past, database: Path) -> None:
    past.tell(incident("i1"), incident("i2"))
    lines = [json.loads(logged.line) for logged in past.store.events_after(0, 10)]
    async with open_site(database) as site:
        assert (await site.get("/api/v1/events")).json() == {"events": lines}
        assert (await site.get("/api/v1/events?after=1&limit=1")).json() == {"events": lines[1:]}


async def test_the_status_tells_what_is_broken_and_what_cannot_be_seen(past: Past, database: Path) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        status = (await site.get("/api/v1/status")).json()
    assert (status["level"], status["not_seen"], status["last_seq"]) == ("major", ["bolt"], 1)
    assert [(one["incident_id"], one["message"]) for one in status["broken"]] == [("i1", "We look into it")]


async def test_every_path_of_the_openapi_document_answers_with_what_it_promises(past: Past, database: Path) -> None:
    past.tell(incident(components=(Component("API", "partial_outage"),)))
    past.tell(incident("m1", kind=Kind.MAINTENANCE, status=Status.SCHEDULED), event="maintenance.scheduled")
    async with open_site(database) as site:
        document = (await site.get("/api/v1/openapi.json")).json()
        schemas = document["components"]["schemas"]
        for path, methods in document["paths"].items():
            content = methods["get"]["responses"]["200"]["content"]
            if "application/json" not in content:
                continue
            answer = (await site.get(path.format(provider="acme", incident_id="i1"))).json()
            schema = content["application/json"]["schema"]
            Draft202012Validator(document | schema, format_checker=FormatChecker()).validate(answer)
            if "$ref" in schema:
                assert answer.keys() == schemas[schema["$ref"].rpartition("/")[2]]["properties"].keys()
                continue
            assert answer.keys() == schema["properties"].keys(), path
            for name, values in schema["properties"].items():
                if "$ref" in values.get("items", {}) and answer[name]:
                    promised = schemas[values["items"]["$ref"].rpartition("/")[2]]
                    assert set(promised.get("required", promised["properties"])) <= answer[name][0].keys(), path


# The stream


@asynccontextmanager
async def streamed(site: Served, **headers: str) -> AsyncIterator[trio.MemoryReceiveChannel[tuple[int, str]]]:
    """The messages of a stream: id and title."""
    send, receive = trio.open_memory_channel[tuple[int, str]](1000)
    ready = trio.Event()

    async def read() -> None:
        async with site.client.stream("GET", "/api/v1/events/stream", headers=headers, timeout=None) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            seq = 0
            async for line in answer.aiter_lines():
                ready.set()
                name, _, value = line.partition(": ")
                if name == "id":
                    seq = int(value)
                elif name == "data":
                    await send.send((seq, json.loads(value)["title"]))
        send.close()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await ready.wait()
        with trio.fail_after(10):
            yield receive
        nursery.cancel_scope.cancel()


async def test_a_stream_tells_what_comes(past: Past, database: Path) -> None:
    past.tell(incident("i1"))
    async with open_site(database) as site, streamed(site) as messages:
        past.tell(incident("i2"))
        site.news.announce()
        assert await messages.receive() == (2, "Trouble i2")


async def test_a_stream_goes_on_after_the_last_one_that_was_had(past: Past, database: Path) -> None:
    for number in range(1, 6):
        past.tell(incident(f"i{number}"))
    async with open_site(database) as site, streamed(site, **{"Last-Event-ID": "3"}) as messages:
        assert [await messages.receive() for _ in range(2)] == [(4, "Trouble i4"), (5, "Trouble i5")]
        past.tell(incident("i6"))
        site.news.announce()
        assert await messages.receive() == (6, "Trouble i6")


async def test_no_line_is_missing_or_twice_however_many_come_at_once(past: Past, database: Path) -> None:
    """More than are remembered and more than are read at once, to one who was there and one who comes late."""
    count = 2500
    async with open_site(database) as site, streamed(site) as first:
        for start in range(0, count, 50):
            past.tell(*(incident(f"i{number}") for number in range(start, start + 50)))
            site.news.announce()
        seen = [(await first.receive())[0] for _ in range(count)]
        assert seen == list(range(1, count + 1))
        async with streamed(site, **{"Last-Event-ID": "7"}) as late:
            assert [(await late.receive())[0] for _ in range(count - 7)] == list(range(8, count + 1))


@pytest.mark.parametrize("ident", ["x", "-1", "9" * 40, "99"])
async def test_a_place_that_is_none_begins_with_what_comes(past: Past, database: Path, ident: str) -> None:
    past.tell(incident("i1"))
    async with open_site(database) as site, streamed(site, **{"Last-Event-ID": ident}) as messages:
        past.tell(incident("i2"))
        site.news.announce()
        assert await messages.receive() == (2, "Trouble i2")


async def test_streams_end_with_the_daemon(past: Past, database: Path) -> None:
    past.tell(incident("i1"))
    async with open_site(database) as site, streamed(site) as messages:
        site.news.end_all()
        with pytest.raises(trio.EndOfChannel):
            await messages.receive()


async def test_an_odd_request_ends_no_connection_but_its_own(past: Past, database: Path) -> None:
    """Hypercorn fails at what comes after a websocket that it refused: that was the end of all streams."""
    odd = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    )
    past.tell(incident("i1"))
    async with open_site(database) as site, streamed(site) as messages:
        with capture_logs() as logs:
            for _ in range(3):
                one = await trio.open_tcp_stream("127.0.0.1", site.port)
                await one.send_all(odd)
                with suppress(trio.BrokenResourceError):
                    while await one.receive_some():
                        pass
                await one.aclose()
        past.tell(incident("i2"))
        site.news.announce()
        assert await messages.receive() == (2, "Trouble i2")
    assert {one["log_level"] for one in logs} <= {"debug"}


@pytest.mark.parametrize("how", ["told", "cancelled"])
async def test_who_does_not_read_cannot_keep_the_site_from_ending(past: Past, database: Path, how: str) -> None:
    long = KnownUpdate(0, AT, "x", Status.INVESTIGATING, "x" * 60_000)
    async with trio.open_nursery() as nursery, open_site(database) as site:
        deaf = [await ask_without_reading(site, "/api/v1/events/stream?after=0") for _ in range(3)]
        for number in range(300):
            past.tell(incident(f"i{number}", updates=(long,)))
        site.news.announce()
        async with streamed(site, **{"Last-Event-ID": "0"}) as messages:
            for _ in range(300):
                await messages.receive()
        ended = False

        async def read_at_last() -> None:
            await trio.sleep(5)
            for one in deaf:
                one.close()
            assert ended

        nursery.start_soon(read_at_last)
        if how == "told":
            site.end()
        else:
            site.scope.cancel()
        await site.over.wait()
        ended = True
        nursery.cancel_scope.cancel()
    for one in deaf:
        one.close()


async def ask_without_reading(site: Served, path: str) -> socket.socket:
    """A client that has room for little, and takes none of it."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await trio.to_thread.run_sync(one.connect, ("127.0.0.1", site.port))
    one.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return one


async def test_there_is_an_end_to_the_connections_it_takes(
    past: Past, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    past.tell(incident())
    async with open_site(database) as site:
        held = [await trio.open_tcp_stream("127.0.0.1", site.port) for _ in range(2)]
        refused = await trio.open_tcp_stream("127.0.0.1", site.port)
        with trio.fail_after(5):
            assert await refused.receive_some() == b""
        await held.pop().aclose()
        answer = b""
        with trio.fail_after(5):
            while not answer:  # until it has seen that one has gone
                again = await trio.open_tcp_stream("127.0.0.1", site.port)
                with suppress(trio.BrokenResourceError):
                    await again.send_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    answer = await again.receive_some()
                await again.aclose()
        assert answer.startswith(b"HTTP/1.1 200")
        for one in (*held, refused):
            await one.aclose()


async def test_asking_for_the_head_of_a_stream_ends(past: Past, database: Path) -> None:
    past.tell(incident("i1"))
    async with open_site(database) as site:
        with trio.fail_after(5):
            assert (await site.client.head("/api/v1/events/stream")).status_code == 200


# For other programs


async def test_the_feed_tells_the_incidents_as_one_that_statustrio_can_follow(past: Past, database: Path) -> None:
    past.tell(incident("i1"), incident("i2"))
    over = (*incident("i1").updates, KnownUpdate(1, AT + timedelta(hours=1), "resolved", Status.RESOLVED, "Done"))
    past.tell(incident("i1", updates=over, open=False, status=Status.RESOLVED), event="incident.resolved")
    async with open_site(database) as site:
        answer = await site.get("/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = parse_feed(answer.content, url="", content_type=None)
    assert feed.is_well_formed
    assert [entry.title for entry in feed.entries] == ["Acme Cloud: Trouble i1", "Acme Cloud: Trouble i2"]
    assert "Done" in feed.entries[0].content


async def test_planned_work_is_a_calendar(past: Past, database: Path) -> None:
    planned = incident(
        "m1", kind=Kind.MAINTENANCE, status=Status.SCHEDULED, title="New disks", started_at=AT + timedelta(days=9)
    )
    past.tell(planned, event="maintenance.scheduled")
    past.tell(incident("i1"))
    async with open_site(database) as site:
        answer = await site.get("/maintenance.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:Acme Cloud: New disks" in answer.text
    assert answer.text.count("BEGIN:VEVENT") == 1


async def test_a_badge_is_the_state_of_one_provider(past: Past, database: Path) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        badges = [await site.get(f"/badge/{provider}.svg") for provider in ("acme", "bolt", "none")]
    assert [ET.fromstring(one.content).get("aria-label") for one in badges[:2]] == [
        "Acme Cloud: major trouble", "Bolt: not seen",
    ]  # fmt: skip
    assert badges[2].status_code == 404


async def test_probes_tell_alive_from_ready(past: Past, database: Path) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        assert [(await site.get(path)).text for path in ("/healthz", "/readyz")] == ["ok\n", "ok\n"]
        site.problem.append("the database takes no writes")
        ready = await site.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "the database takes no writes\n")
        assert (await site.get("/healthz")).status_code == 200
        metrics = await site.get("/metrics")
    assert metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'statustrio_open_incidents{impact="major",provider="acme"} 1.0' in metrics.text


async def test_a_database_that_is_gone_is_an_answer_and_no_end(past: Past, database: Path) -> None:
    past.tell(incident())
    async with open_site(database) as site:
        database.rename(database.with_name("elsewhere.db"))
        answer = await site.get("/api/v1/providers")
        database.with_name("elsewhere.db").rename(database)
        again = await site.get("/api/v1/providers")
    assert answer.status_code in (200, 503)
    assert again.status_code == 200


async def test_planned_work_and_quiet_pages_have_their_places(past: Past, database: Path) -> None:
    now = past.at
    planned = incident("m1", kind=Kind.MAINTENANCE, status=Status.SCHEDULED, impact=None, title="New disks")
    past.tell(evolve(planned, started_at=now + timedelta(days=900)), event="maintenance.scheduled")
    past.tell(evolve(planned, incident_id="m2", title="Old disks", status=Status.IN_PROGRESS))
    async with open_site(database) as site:
        page = (await site.get("/")).text
    assert "planned work is under way at 1 place" in page
    assert ("Old disks" in page, "New disks" in page) == (True, False)


def test_a_site_needs_no_package_of_another_host() -> None:
    """No build step, no asset from elsewhere."""
    here = Path(__file__).parent.parent / "statustrio" / "web"
    for path in (*here.glob("templates/*"), *here.glob("static/*")):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path
        assert " style=" not in text, "what the policy forbids"
        assert not {"onclick", "onload", "onerror="} & set(text.split()), path
