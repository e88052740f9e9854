"""Where a document is read, and how much of it; what it means is test_reading's and test_scan's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing
from attrs import define, evolve, field
from documents import atom, entry

from statustrio import reader
from statustrio.config import ProviderConfig
from statustrio.errors import FeedError
from statustrio.fetch import Fetched
from statustrio.model import ProviderState, Validators, Window
from statustrio.reader import GLANCE_BYTES, INLINE_BYTES, LARGE_BYTES, Parsers, Reader

URL = "https://page.example/history.atom"
CONFIG = ProviderConfig("page", "Page", URL)


@define(eq=False)
class Noted(Parsers):
    """Parses like the real one, and notes what was to be parsed aside."""

    sizes: list[int] = field(factory=list)

    async def run(self, size: int, parse: Callable[[], Any]) -> Any:
        self.sizes.append(size)
        return await super().run(size, parse)


def page(*names: str, size: int = 2 * INLINE_BYTES) -> Fetched:
    text = "We are investigating. " * (size // 22 // 3)
    return Fetched(atom(*(entry(f"[Resolved] {name}", id=name, summary=text) for name in names)), Validators(), URL)


async def seen(document: Fetched, parsers: Parsers | None = None) -> ProviderState:
    """What is known of a provider after this document was recorded."""
    state = ProviderState("page", "Page", URL)
    read = await Reader(parsers or Parsers())(document, CONFIG, state)
    return evolve(state, platform=read.platform, window=Window.of(read.window), trace=read.trace)


@pytest.mark.parametrize("size", [2 * INLINE_BYTES, 2 * GLANCE_BYTES], ids=["on the loop", "in a thread"])
async def test_a_document_known_before_is_read_by_what_is_new_in_it(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Known from the store alone: the process may be another one."""
    state = await seen(page("a", "b", "c", size=size))
    monkeypatch.setattr(reader, "read_document", None)
    parsers = Noted()
    document = await Reader(parsers)(page("a", "c", "b", size=size), CONFIG, state)
    assert {shown.digest for shown in document.window} == {shown.digest for shown in state.window}
    assert bool(parsers.sizes) == (size > GLANCE_BYTES)


async def test_what_is_too_much_for_the_loop_goes_to_a_thread() -> None:
    state = await seen(page("a"))
    parsers = Noted()
    document = await Reader(parsers)(page("b", "c", size=6 * INLINE_BYTES), CONFIG, state)
    assert len(document.readings) == 2
    assert parsers.sizes == [len(page("b", "c", size=6 * INLINE_BYTES).body)]


async def test_a_state_without_a_trace_is_read_whole() -> None:
    state = evolve(await seen(page("a", "b")), trace=None)
    document = await Reader(Parsers())(page("a", "b"), CONFIG, state)
    assert (document.readings, document.window) == ((), tuple(state.window))


async def test_what_is_no_feed_says_so() -> None:
    with pytest.raises(FeedError, match="HTML"):
        await Reader(Parsers())(Fetched(b"<html></html>", Validators(), URL), CONFIG, await seen(page("a")))


async def test_bodies_that_wait_for_a_parser_are_packed_and_read_all_the_same() -> None:
    parsers = Parsers()
    waiting = page("a", "b", "c")
    size = len(waiting.body)
    answers = []

    async def read() -> None:
        answers.append(await Reader(parsers)(waiting, CONFIG, ProviderState("page", "Page", URL)))

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            limiter = parsers._limiter(size)
            await limiter.acquire_on_behalf_of("another")
            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            assert len(waiting._body) < size / 10
            assert len(waiting.body) == size
            limiter.release_on_behalf_of("another")
    assert len(answers[0].window) == 3


def spinning(begun: list[threading.Thread]) -> Callable[..., Any]:
    """A reader that never ends; it notes the threads in which it began."""

    def spin(*_: object, **__: object) -> Any:
        begun.append(threading.current_thread())
        while True:
            pass

    return spin


@pytest.mark.parametrize("size", [INLINE_BYTES // 2, 6 * INLINE_BYTES], ids=["small", "larger"])
async def test_a_document_that_is_read_for_ever_is_a_failed_poll_and_its_thread_ends(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    begun: list[threading.Thread] = []
    monkeypatch.setattr(reader, "read_document", spinning(begun))
    monkeypatch.setattr(reader, "READ_SECONDS", 0.1)
    parsers = Parsers()
    with trio.fail_after(5):
        with pytest.raises(FeedError, match="the document cannot be read: that takes longer than"):
            await Reader(parsers)(page("a", size=size), CONFIG, ProviderState("page", "Page", URL))
        assert not parsers.must_wait(size)
        while parsers._threads.borrowed_tokens:
            await trio.sleep(0.01)
    assert begun.count(threading.main_thread()) == (size <= INLINE_BYTES), "on the loop, if at all, only for a moment"
    assert len(begun) == 1 + (size <= INLINE_BYTES)


async def test_what_takes_a_moment_too_long_on_the_loop_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "INLINE_SECONDS", 1e-6)
    document = await Reader(Parsers())(page("a", size=INLINE_BYTES // 2), CONFIG, ProviderState("page", "Page", URL))
    assert len(document.readings) == 1


async def test_a_reader_that_is_cancelled_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[threading.Thread] = []
    monkeypatch.setattr(reader, "read_document", spinning(begun))
    parsers = Parsers()
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(Reader(parsers), page("a"), CONFIG, ProviderState("page", "Page", URL))
            while not begun:
                await trio.sleep(0.01)
            nursery.cancel_scope.cancel()
        while parsers._threads.borrowed_tokens:
            await trio.sleep(0.01)


async def test_large_documents_wait_for_large_ones_only() -> None:
    parsers = Parsers()
    large = parsers._limiter(LARGE_BYTES + 1)
    await large.acquire_on_behalf_of("a large one")
    assert parsers.must_wait(LARGE_BYTES + 1)
    assert not parsers.must_wait(LARGE_BYTES)
    assert not parsers.must_wait(INLINE_BYTES)
    large.release_on_behalf_of("a large one")
