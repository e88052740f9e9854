"""What every store owes the tasks (`store/protocol.py`), asked of SQLite on a file and of the one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from memory_store import MemoryStore

from statustrio.errors import StoreLostError
from statustrio.events import Event
from statustrio.line import render
from statustrio.model import (
    Change,
    Component,
    Draft,
    Impact,
    Kind,
    KnownIncident,
    KnownUpdate,
    ProviderState,
    Shape,
    Shown,
    Status,
    Validators,
    Window,
)
from statustrio.store.opening import open_database
from statustrio.store.protocol import Cursor, Health, StaleError, StorageError, Store, UnsyncedError, Wanted
from statustrio.store.sqlite import SqliteStore
from statustrio.stories import Story

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACME = Wanted("acme", "Acme", "https://acme.example/feed")
BOLT = Wanted("bolt", "Bolt", "https://bolt.example/feed")
UPDATE = KnownUpdate(0, AT, "investigating", Status.INVESTIGATING, "We look into it")
INCIDENT = KnownIncident(
    "i1", Kind.INCIDENT, "Errors", Status.INVESTIGATING, (UPDATE,), first_seen_at=AT, last_seen_at=AT, open=True
)


@pytest.fixture(params=["sqlite", "memory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Gives the store as a new process would find it."""
    if request.param == "memory":
        memory = MemoryStore(render)
        yield lambda: memory
        return
    opened: list[SqliteStore] = []

    def open_again() -> Store:
        if opened:
            opened.pop().close()
        opened.append(SqliteStore(open_database(tmp_path / "test.db"), render))
        return opened[0]

    yield open_again
    with closing(opened[0]):
        pass


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    store = reopen()
    with store.group(durable=True):
        store.configure([ACME, BOLT])
    return store


def commit(
    store: Store,
    *incidents: KnownIncident,
    drafts: tuple[str, ...] = (),
    provider: str = "acme",
    renamed: tuple[tuple[str, str], ...] = (),
    **state: Any,
) -> tuple[Event, ...]:
    known = store.load_state(provider)
    return store.commit(
        Change(
            evolve(known, version=known.version + 1, **state),
            AT,
            incidents,
            tuple(Draft(name, f"key {known.version} {n}", "i1", title="Errors") for n, name in enumerate(drafts)),
            renamed,
        )
    )


@contextmanager
def undone(part: AbstractContextManager[None]) -> Iterator[None]:
    """What is done inside belongs to something that raises at its end."""
    with suppress(LookupError), part:
        yield
        raise LookupError


def seqs(store: Store) -> list[int]:
    return [logged.seq for logged in store.events_after(0, 1000)]


def test_a_group_is_stored_whole(store: Store, reopen: Callable[[], Store]) -> None:
    with store.group(durable=True):
        commit(store, INCIDENT, drafts=("incident.opened",))
        commit(store, provider="bolt", last_error="HTTP 500")
    store = reopen()
    assert store.load("acme", ()).incidents == (INCIDENT,)
    assert store.load_state("bolt").last_error == "HTTP 500"
    assert seqs(store) == [1]


def test_an_event_is_made_in_a_durable_group_or_not_at_all(store: Store) -> None:
    with pytest.raises(UnsyncedError), store.group(durable=False), store.attempt():
        commit(store, INCIDENT, drafts=("incident.opened",))
    assert (seqs(store), store.load("acme", ()).incidents) == ([], ())
    with store.group(durable=True):
        commit(store, INCIDENT, drafts=("incident.opened",))
    assert seqs(store) == [1]


def test_an_event_that_the_log_has_is_not_told_again(store: Store) -> None:
    """A page that took other ids and comes back to the old ones shows an incident that was told under them."""

    def told(incident_id: str, *keys: str) -> list[str | None]:
        known = store.load_state("acme")
        drafts = tuple(Draft("incident.updated", key, incident_id, title="Errors") for key in keys)
        with store.group(durable=True):
            change = Change(evolve(known, version=known.version + 1), AT, drafts=drafts)
            return [event.incident_id for event in store.commit(change)]

    assert told("i1", "first", "second") == ["i1", "i1"]
    assert told("i1", "second", "third", "third") == ["i1"]
    assert told("i2", "second") == ["i2"]
    assert seqs(store) == [1, 2, 3, 4]


def test_a_damaged_line_of_an_incident_does_not_stop_what_is_new(tmp_path: Path) -> None:
    connection = open_database(tmp_path / "test.db")
    with closing(SqliteStore(connection, render)) as store:
        with store.group(durable=True):
            store.configure([ACME])
            commit(store, INCIDENT, drafts=("incident.opened",))
        connection.execute("UPDATE events SET payload = '{'")
        with store.group(durable=True):
            assert [event.seq for event in commit(store, INCIDENT, drafts=("incident.updated",))] == [2]


def test_a_group_that_raises_leaves_no_trace(store: Store, reopen: Callable[[], Store]) -> None:
    store.subscribe([("out", True)])
    before = store.load_state("acme")
    with undone(store.group(durable=True)):
        commit(store, INCIDENT, drafts=("incident.opened",))
        store.commit_monitor("monitor.offline", "nobody answers", AT)
        store.acknowledge(Cursor("out", 1))
        store.save_stories("out", {("acme", "i1"): Story(told=True)})
        store.configure([BOLT, Wanted("new", "New", "https://new.example")])
    store = reopen()
    assert store.load_state("acme") == before
    assert store.load("acme", {"i1"}).incidents == ()
    assert not store.load("acme", ()).offline
    assert seqs(store) == []
    assert store.subscribe([("out", True)]) == ((Cursor("out", 0),), ())
    assert store.load_stories("out", [("acme", "i1")]) == {}


def test_an_attempt_that_raises_is_undone_alone(store: Store, reopen: Callable[[], Store]) -> None:
    with store.group(durable=True):
        commit(store, INCIDENT, drafts=("incident.opened",))
        with undone(store.attempt()), store.attempt():
            commit(store, evolve(INCIDENT, title="Worse"), drafts=("incident.edited",))
        with store.attempt():
            commit(store, provider="bolt", drafts=("incident.opened",))
    store = reopen()
    assert store.load("acme", ()).incidents == (INCIDENT,)
    assert store.load_state("acme").version == 1
    assert [(one.seq, one.event.provider) for one in store.events_after(0, 9)] == [(1, "acme"), (2, "bolt")]


def test_what_is_known_of_a_provider_comes_back_as_it_was_stored(store: Store, reopen: Callable[[], Store]) -> None:
    state = ProviderState(
        provider="acme",
        name="Acme",
        feed_url="https://acme.example/other",
        version=1,
        platform="statuspage",
        shape=Shape.TIMELINE,
        host="acme.example",
        validators=Validators('W/"ab"', "Tue, 24 Nov 2026 12:00:00 GMT"),
        body_digest="beef",
        window=Window.of((Shown("d1", "i1", AT), Shown("d2", "i2", None))),
        window_oldest=AT,
        first_success_at=AT,
        last_polled_at=AT,
        last_success_at=AT,
        not_before=AT + timedelta(hours=1),
        consecutive_failures=3,
        last_error="HTTP 503",
        last_status=503,
        unreachable_since=AT,
        gone=True,
        active_until=AT + timedelta(days=1),
        watching=True,
    )
    with store.group(durable=True):
        store.commit(Change(state, AT))
    assert reopen().load_state("acme") == state


def test_an_incident_comes_back_as_it_was_stored(store: Store, reopen: Callable[[], Store]) -> None:
    incident = evolve(
        INCIDENT,
        kind=Kind.MAINTENANCE,
        status=Status.IN_PROGRESS,
        url="https://acme.example/i1",
        impact=Impact.MAINTENANCE,
        components=(Component("API", "degraded"), Component("Wéb")),
        started_at=AT,
        updated_at=AT,
        resolved_at=AT,
        scheduled_for=AT,
        scheduled_until=AT + timedelta(hours=2),
        missing_since=AT,
        missing_polls=2,
        expires_at=AT + timedelta(days=7),
        edits=4,
        revision=5,
        updates=(UPDATE, KnownUpdate(1, None, "odd", Status.UNKNOWN, "é\n👩‍🚒", revision=2, vanished=True)),
    )
    with store.group(durable=True):
        commit(store, incident, evolve(INCIDENT, incident_id="i2", components=()))
    stored = {one.incident_id: one for one in reopen().load("acme", ()).incidents}
    assert stored == {"i1": incident, "i2": evolve(INCIDENT, incident_id="i2", components=())}


@pytest.mark.parametrize("version", [0, 2, 7], ids=["as stored", "one too far", "far off"])
def test_a_version_that_does_not_follow_is_stale_and_stores_nothing(store: Store, version: int) -> None:
    state = evolve(store.load_state("acme"), version=version, last_error="lost")
    with store.group(durable=True), pytest.raises(StaleError), store.attempt():
        store.commit(Change(state, AT, (INCIDENT,), (Draft("incident.opened", "key", "i1"),)))
    assert store.load_state("acme").version == 0
    assert store.load_state("acme").last_error is None
    assert store.load("acme", {"i1"}).incidents == ()
    assert seqs(store) == []


def test_of_two_who_decided_on_the_same_knowledge_the_second_is_stale(store: Store) -> None:
    state = store.load_state("acme")
    change = Change(evolve(state, version=1), AT)
    store.commit(change)
    with pytest.raises(StaleError):
        store.commit(change)


def test_a_provider_nobody_knows_is_stale(store: Store) -> None:
    with pytest.raises(StaleError):
        store.commit(Change(ProviderState("nobody", "Nobody", "https://x", version=1), AT))


def test_seq_grows_by_one_event_after_the_other(store: Store) -> None:
    with store.group(durable=True):
        first = commit(store, drafts=("incident.opened", "incident.updated"))
        monitor = store.commit_monitor("monitor.offline", "nobody answers", AT)
        last = commit(store, provider="bolt", drafts=("incident.opened",))
    assert [one.seq for one in (*first, monitor, *last)] == [1, 2, 3, 4] == seqs(store)


def test_a_seq_that_was_undone_was_never_given(store: Store) -> None:
    with undone(store.group(durable=True)):
        commit(store, drafts=("incident.opened",))
    assert [one.seq for one in commit(store, drafts=("incident.opened",))] == [1]


def test_the_log_is_read_in_order_after_a_seq_and_bounded(store: Store) -> None:
    commit(store, drafts=("incident.opened", "incident.updated", "incident.updated", "incident.resolved"))
    logged = store.events_after(1, 2)
    assert [one.seq for one in logged] == [2, 3]
    assert [one.event.seq for one in logged] == [2, 3]
    assert logged[0].line == render(logged[0].event)
    assert store.events_after(4, 10) == ()


def test_an_event_of_the_log_is_the_one_that_was_returned(store: Store, reopen: Callable[[], Store]) -> None:
    draft = Draft(
        event="incident.updated",
        key="key",
        incident_id="i1",
        title="Érrors",
        status=Status.IDENTIFIED,
        previous_status=Status.INVESTIGATING,
        impact=Impact.MAJOR,
        components=(Component("API", "degraded"), Component("Web")),
        message="two\nlines",
        update_at=AT,
        started_at=AT,
        updated_at=AT,
        url="https://acme.example/i1",
    )
    with store.group(durable=True):
        (event,) = store.commit(Change(evolve(store.load_state("acme"), version=1), AT, drafts=(draft,)))
    (logged,) = reopen().events_after(0, 10)
    assert logged.event == event
    assert (event.provider, event.provider_name, event.timestamp) == ("acme", "Acme", AT)


def test_a_new_provider_is_known_by_its_configuration_alone(store: Store) -> None:
    assert store.load_state("acme") == ProviderState("acme", "Acme", "https://acme.example/feed")
    assert store.load("acme", {"i1"}).incidents == ()


def test_configuring_again_changes_the_name_and_keeps_the_rest(store: Store, reopen: Callable[[], Store]) -> None:
    with store.group(durable=True):
        commit(store, INCIDENT, feed_url="https://acme.example/moved", gone=True, consecutive_failures=2)
        assert store.configure([evolve(ACME, name="Acme 2", feed_url="https://acme.example/new"), BOLT]) == ()
    store = reopen()
    state = store.load_state("acme")
    assert state.name == "Acme 2"
    assert state.feed_url == "https://acme.example/moved", "that of the last document; the poller compares"
    assert not state.gone, "a start asks once more after a 410"
    assert state.consecutive_failures == 2
    assert store.load("acme", ()).incidents == (INCIDENT,)
    assert [one.provider_name for one in commit(store, drafts=("incident.updated",))] == ["Acme 2"]


def test_a_provider_that_is_gone_and_comes_back_has_its_history(store: Store) -> None:
    commit(store, INCIDENT, drafts=("incident.opened",))
    store.save_health([Health("acme", AT + timedelta(minutes=1))], AT)
    assert store.configure([BOLT]) == ()
    assert store.load_state("acme").next_poll_at is None
    assert store.load_state("acme").version == 1
    assert store.configure([ACME, BOLT]) == ()
    assert store.load("acme", ()).incidents == (INCIDENT,)
    assert seqs(store) == [1]


def test_a_new_provider_with_the_url_of_one_that_is_gone_is_warned_of(store: Store) -> None:
    (warning,) = store.configure([evolve(ACME, provider="acme-inc"), BOLT])
    assert "add `id: acme` to keep its history" in warning
    assert "acme-inc" in warning
    assert store.configure([evolve(ACME, provider="acme-inc"), BOLT]) == (), "said once"


def test_two_providers_may_share_a_url(store: Store) -> None:
    assert store.configure([ACME, BOLT, evolve(ACME, provider="twin")]) == ()


def test_a_consumer_of_a_new_database_begins_at_its_first_event(store: Store) -> None:
    assert store.subscribe([("out", False), ("log", True)]) == ((Cursor("out", 0), Cursor("log", 0)), ())


def test_a_consumer_new_to_a_database_with_events_begins_after_the_newest(store: Store) -> None:
    commit(store, drafts=("incident.opened", "incident.updated"))
    cursors, gone = store.subscribe([("out", False), ("log", True)])
    assert cursors == (Cursor("out", 2), Cursor("log", 0))
    assert gone == ()


def test_a_consumer_keeps_its_place(store: Store, reopen: Callable[[], Store]) -> None:
    commit(store, drafts=("incident.opened", "incident.updated", "incident.updated", "incident.resolved"))
    with store.group(durable=False):
        store.subscribe([("out", False), ("log", True)])
        store.acknowledge(Cursor("log", 1, (3, 4)))
    assert reopen().subscribe([("log", True), ("out", True)])[0] == (Cursor("log", 1, (3, 4)), Cursor("out", 4))


def test_a_consumer_no_longer_configured_loses_its_place_and_its_stories(store: Store) -> None:
    store.subscribe([("out", True), ("log", True), ("old", True)])
    store.acknowledge(Cursor("out", 7, (9,)))
    store.save_stories("out", {("acme", "i1"): Story(told=True)})
    assert store.subscribe([("log", True)])[1] in (("out", "old"), ("old", "out"))
    assert store.subscribe([("log", True), ("out", True)]) == ((Cursor("log", 0), Cursor("out", 0)), ())
    assert store.load_stories("out", [("acme", "i1")]) == {}


def test_an_acknowledgement_of_a_consumer_that_was_dropped_brings_it_not_back(store: Store) -> None:
    store.subscribe([("out", True)])
    store.subscribe([])
    store.acknowledge(Cursor("out", 5))
    assert store.subscribe([("out", True)]) == ((Cursor("out", 0),), ())


def test_a_story_belongs_to_a_consumer_and_an_incident(store: Store, reopen: Callable[[], Store]) -> None:
    story = Story(told=True, impact=Impact.MAJOR, components=("API", "Web"), matched=True)
    with store.group(durable=False):
        store.subscribe([("out", True), ("log", True)])
        store.save_stories("out", {("acme", "i1"): Story()})
        store.save_stories("out", {("acme", "i1"): story})
    store = reopen()
    assert store.load_stories("out", [("acme", "i1")]) == {("acme", "i1"): story}
    assert store.load_stories("log", [("acme", "i1")]) == {}
    assert store.load_stories("out", [("bolt", "i1")]) == {}
    assert store.load_stories("out", [("acme", "i2")]) == {}


def test_health_moves_times_without_a_version(store: Store) -> None:
    soon = AT + timedelta(minutes=1)
    commit(store, last_polled_at=AT, last_success_at=AT, first_success_at=AT)
    store.save_health([Health("acme", soon + timedelta(minutes=1), soon), Health("bolt", soon)], soon)
    state = store.load_state("acme")
    assert (state.version, state.last_polled_at, state.last_success_at) == (1, soon, soon)
    assert state.next_poll_at == soon + timedelta(minutes=1)
    bolt = store.load_state("bolt")
    assert (bolt.last_polled_at, bolt.last_success_at, bolt.next_poll_at) == (None, None, soon)


@pytest.mark.parametrize("later", [timedelta(minutes=1), timedelta(milliseconds=500)], ids=["minute", "half a second"])
def test_health_never_moves_a_time_backwards(store: Store, later: timedelta) -> None:
    commit(store, last_polled_at=AT + later, last_success_at=AT + later)
    store.save_health([Health("acme", None, AT)], AT)
    state = store.load_state("acme")
    assert (state.last_polled_at, state.last_success_at) == (AT + later, AT + later)
    store.save_health([Health("acme", None, None)], AT)
    assert store.load_state("acme").last_polled_at == AT + later


def test_a_failed_poll_is_later_than_the_success_before_it(store: Store) -> None:
    failed = AT + timedelta(minutes=2)
    commit(store, last_polled_at=failed, last_success_at=AT)
    store.save_health([Health("acme", None, AT + timedelta(minutes=1))], failed)
    state = store.load_state("acme")
    assert (state.last_polled_at, state.last_success_at) == (failed, AT + timedelta(minutes=1))


def test_an_incident_whose_time_has_come_no_longer_counts_as_open(store: Store) -> None:
    expiring = evolve(INCIDENT, expires_at=AT + timedelta(minutes=1), shown=False)
    lasting = evolve(INCIDENT, incident_id="i2")
    commit(store, expiring, lasting)
    store.save_health([], AT + timedelta(seconds=59))
    assert set(store.load("acme", ()).incidents) == {expiring, lasting}
    store.save_health([], AT + timedelta(minutes=1))
    assert store.load("acme", ()).incidents == (lasting,)
    (expired,) = (one for one in store.load("acme", {"i1"}).incidents if one.incident_id == "i1")
    assert expired == evolve(expiring, open=False), "its status stays"


def test_detection_gets_named_open_and_shown_incidents_whole(store: Store) -> None:
    def one(incident_id: str, **fields: Any) -> KnownIncident:
        return evolve(INCIDENT, incident_id=incident_id, **fields)

    commit(
        store,
        one("open", shown=False),
        one("named", open=False, shown=False),
        one("shown", open=False),
        one("past", open=False, shown=False),
    )
    commit(store, one("other"), provider="bolt")
    loaded = {known.incident_id: known for known in store.load("acme", {"named", "stranger"}).incidents}
    assert loaded == {
        "open": one("open", shown=False),
        "named": one("named", open=False, shown=False),
        "shown": one("shown", open=False),
    }


def test_of_what_is_still_shown_one_is_enough(store: Store) -> None:
    """The rest of the window says nothing that detection needs, and a page shows some hundred."""
    closed = evolve(INCIDENT, open=False)
    commit(store, *(evolve(closed, incident_id=one) for one in ("i1", "i2", "gone")))
    commit(store, evolve(INCIDENT, incident_id="open"))
    commit(store, evolve(closed, incident_id="i1"), provider="bolt")
    shown = {"i1", "i2", "open", "never"}

    def loaded(*named: str) -> set[str]:
        return {one.incident_id for one in store.load("acme", named, shown=shown).incidents}

    assert loaded("i1", "i2") == {"i1", "i2", "gone", "open"}
    for named in ((), ("never",)):
        signs = loaded(*named) - {"gone", "open"}
        assert len(signs) == 1
        assert signs < {"i1", "i2"}


def test_updates_are_rewritten_and_added(store: Store) -> None:
    rewritten = evolve(UPDATE, text="We looked", revision=1)
    further = KnownUpdate(1, AT, "resolved", Status.RESOLVED, "Done")
    commit(store, INCIDENT)
    commit(store, evolve(INCIDENT, updates=(rewritten, further)))
    (known,) = store.load("acme", ()).incidents
    assert known.updates == (rewritten, further)


def test_offline_is_known_until_online(store: Store, reopen: Callable[[], Store]) -> None:
    assert not store.load("acme", ()).offline
    with store.group(durable=True):
        store.commit_monitor("monitor.offline", "nobody answers", AT)
    store = reopen()
    assert store.load("acme", ()).offline
    with store.group(durable=True):
        event = store.commit_monitor("monitor.online", "they answer", AT)
    assert not reopen().load("acme", ()).offline
    assert (event.provider, event.message, event.seq) == (None, "they answer", 2)


def test_a_renamed_incident_keeps_its_updates_and_its_stories(store: Store) -> None:
    store.subscribe([("out", True)])
    commit(store, INCIDENT, evolve(INCIDENT, incident_id="i2"))
    commit(store, INCIDENT, provider="bolt")
    store.save_stories("out", {("acme", "i1"): Story(told=True)})
    moved = evolve(INCIDENT, incident_id="new", title="Moved")
    commit(store, moved, renamed=(("i1", "new"),))
    assert {one.incident_id: one for one in store.load("acme", {"i1"}).incidents} == {
        "new": moved,
        "i2": evolve(INCIDENT, incident_id="i2"),
    }
    assert store.load("bolt", ()).incidents == (INCIDENT,)
    assert store.load_stories("out", [("acme", "new")]) == {("acme", "new"): Story(told=True)}
    assert store.load_stories("out", [("acme", "i1")]) == {}


def test_a_seq_is_not_given_again_after_its_event_was_deleted(tmp_path: Path) -> None:
    for expected in ([1, 2], [3, 4]):
        with closing(open_database(tmp_path / "test.db")) as connection:
            store = SqliteStore(connection, render)
            store.configure([ACME])
            events = commit(store, drafts=("incident.opened", "incident.updated"))
            assert [event.seq for event in events] == expected
            connection.execute("DELETE FROM events")


def test_a_damaged_file_is_a_storage_that_cannot_work(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with closing(SqliteStore(open_database(path), render)) as store:
        store.configure([ACME])
        for _ in range(100):
            commit(store, drafts=("incident.opened",) * 5)
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half] + b"\xff" * half)
    with closing(SqliteStore(open_database(path), render)) as store, pytest.raises(StorageError, match="malformed"):
        store.events_after(0, 1000)


def test_a_trigger_of_a_user_that_fails_is_waited_for_and_named(tmp_path: Path) -> None:
    """Its table was as wide as the log until a migration gave the log another column."""
    with closing(open_database(tmp_path / "test.db")) as connection:
        store = SqliteStore(connection, render)
        store.configure([ACME])
        connection.execute("CREATE TABLE mine (seq, timestamp, event, provider, incident_id, payload)")
        copy = "INSERT INTO mine SELECT * FROM events WHERE seq = new.seq"
        connection.execute(f"CREATE TRIGGER copies AFTER INSERT ON events BEGIN {copy}; END")
        for _ in range(2):
            failed = pytest.raises(StorageError, match=r"7 values.* mend or drop copies")
            with failed, store.group(durable=True), store.attempt():
                commit(store, drafts=("incident.opened",))
        connection.execute("DROP TRIGGER copies")
        with store.group(durable=True), store.attempt():
            commit(store, drafts=("incident.opened",))
        assert seqs(store) == [1]


def test_writing_to_a_damaged_file_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    with closing(SqliteStore(open_database(path), render)) as store:
        store.configure([ACME])
    whole = bytearray(path.read_bytes())
    whole[4096 : 3 * 4096] = b"\xff" * (2 * 4096)
    path.write_bytes(whole)
    with closing(SqliteStore(open_database(path), render)) as store:
        lost = pytest.raises(StoreLostError, match="put a backup in its place")
        with lost, store.group(durable=True):
            store.configure([ACME])


def test_a_damaged_line_holds_up_who_reads_the_log_until_it_is_mended(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "test.db")) as connection:
        store = SqliteStore(connection, render)
        store.configure([ACME])
        commit(store, drafts=("incident.opened", "incident.updated"))
        connection.execute("UPDATE events SET payload = '{' WHERE seq = 1")
        with pytest.raises(StorageError, match="the line of event 1 is damaged"):
            store.events_after(0, 10)
        connection.execute("DELETE FROM events WHERE seq = 1")
        assert seqs(store) == [2]


def test_all_incidents_of_a_subject_are_loaded_where_ids_are_of_subjects(store: Store) -> None:
    ids = ("s3_100", "s3_200", "s3-eu_300", "s3", "s_3_400")
    with store.group(durable=True):
        commit(store, *(evolve(INCIDENT, incident_id=one, open=False, shown=False) for one in ids))
    assert {one.incident_id for one in store.load("acme", {"s3", "none"}, subjects=True).incidents} == set(ids[:2])
    assert {one.incident_id for one in store.load("acme", {"s_3"}, subjects=True).incidents} == {"s_3_400"}
    assert {one.incident_id for one in store.load("acme", {"s3"}).incidents} == {"s3"}
