"""What is wrong with a database is found and said in words; what real pages leave behind is sound."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from pages import StatusPage
from past import AT, incident, over
from test_why import Life

from statustrio.cli.main import statustrio
from statustrio.errors import StoreError
from statustrio.line import render
from statustrio.model import Change, Draft, KnownIncident, Status
from statustrio.store.opening import open_beside, open_database
from statustrio.store.protocol import Cursor, Wanted
from statustrio.store.pruning import prune
from statustrio.store.soundness import MOST_SHOWN, find_faults
from statustrio.store.sqlite import SqliteStore
from statustrio.stories import Story, Waiting, Why


def tell(store: SqliteStore, one: KnownIncident, *names: str) -> None:
    known = store.load_state("acme")
    drafts = tuple(Draft(name, f"{known.version} {name}", one.incident_id, title=one.title) for name in names)
    with store.group(durable=True):
        store.commit(Change(evolve(known, version=known.version + 1, last_polled_at=AT), AT, (one,), drafts))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with one of everything, and every exception there is."""
    path = tmp_path / "statustrio.db"
    with closing(SqliteStore(open_database(path), render)) as store:
        store.configure([Wanted("acme", "Acme", "https://acme.example/feed")])
        store.subscribe([("out", True), ("log", True)])
        tell(store, incident("i1"), "incident.opened", "incident.updated")
        tell(store, over("i2", start=0, end=1), "incident.opened", "incident.resolved", "incident.postmortem")
        tell(store, over("i3", start=0, end=1))
        superseded = evolve(incident("i4"), status=Status.SUPERSEDED, open=False)
        tell(store, superseded, "incident.opened")
        expired = evolve(incident("i5"), status=Status.UNKNOWN, open=False, expires_at=AT)
        tell(store, expired, "incident.resolved", "incident.reopened")
        waits = Story(told=True, waiting=Waiting((2,), AT, AT + timedelta(days=1), Why.MUTE), title="x", begun_at=AT)
        store.save_stories("out", {("acme", "i1"): waits})
        store.acknowledge(Cursor("out", 3, (5, 6)))
    return path


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def invoke(path: Path, *args: str) -> Result:
    return CliRunner().invoke(statustrio, ["--db", str(path), "check", "--database", *args])


def test_a_database_as_the_daemon_leaves_it_is_sound(path: Path) -> None:
    assert list(find_faults(path)) == []
    result = invoke(path)
    assert (result.exit_code, result.stdout) == (0, f"{path}: sound\n")


FAULTS = {
    "UPDATE sqlite_sequence SET seq = 4 WHERE name = 'events'": "event 5 is above the last number that was given, 4",
    "DELETE FROM sqlite_sequence": "event 1 is above the last number that was given, 0",
    "UPDATE events SET payload = '{' WHERE seq = 2": "the line of event 2 is no JSON object",
    "UPDATE events SET payload = '[]' WHERE seq = 2": "the line of event 2 is no JSON object",
    "UPDATE events SET payload = '{}' WHERE seq = 2": "the line of event 2 is about another event: its seq",
    "UPDATE events SET seq = 99 WHERE seq = 2": "the line of event 99 is about another event: its seq",
    "UPDATE events SET provider = 'bolt' WHERE seq = 2": "the line of event 2 is about another event: its provider",
    "UPDATE events SET incident_id = NULL WHERE seq = 2": "the line of event 2 is about another event: its incident_id",
    "UPDATE events SET event = 'incident.edited' WHERE seq = 2": "event 2 is about another event: its event",
    "UPDATE incidents SET provider = 'bolt' WHERE id = 'i3'": "1 rows of `incidents` belong to no row of `providers`",
    "DELETE FROM consumers WHERE id = 'out'": "1 rows of `stories` belong to no row of `consumers`",
    "UPDATE updates SET n = 1 WHERE incident_id = 'i2'": "the updates of acme/i2 are not complete: there are 1",
    "DELETE FROM updates WHERE incident_id = 'i2'": "acme/i2 has no update",
    "UPDATE incidents SET open = 1 WHERE id = 'i3'": "acme/i3 counts as open, and its status is resolved",
    "UPDATE incidents SET open = 0 WHERE id = 'i1'": "acme/i1 does not count as open, though its status is",
    "UPDATE incidents SET status = 'resolved', open = 0 WHERE id = 'i1'": (
        "acme/i1 is resolved, but the last that was told of it is incident.opened (event 1)"
    ),
    "UPDATE incidents SET status = 'monitoring', open = 1 WHERE id = 'i2'": (
        "acme/i2 is monitoring, but the last that was told of it is incident.resolved (event 4)"
    ),
    "UPDATE consumers SET cursor = 99, beyond = '[]' WHERE id = 'log'": "the place of consumer log in the log is 99",
    "UPDATE consumers SET beyond = '[3]' WHERE id = 'out'": "what consumer out has had above its place",
    "UPDATE consumers SET beyond = '{' WHERE id = 'out'": "what consumer out has had above its place",
    "UPDATE consumers SET beyond = '[99]' WHERE id = 'out'": "what consumer out has had above its place",
    "UPDATE stories SET story = 'told'": "what consumer out was told of acme/i1 is no JSON object",
    "DELETE FROM events WHERE seq = 2": "event 2, which consumer out is to be told of later, is not in the log",
    "UPDATE updates SET at = 'noon' WHERE incident_id = 'i1'": "a time in `updates` is none: at is 'noon'",
    "UPDATE incidents SET started_at = '2026-11-24 12:00:00' WHERE id = 'i1'": "started_at is '2026-11-24 12:00:00'",
    "UPDATE providers SET last_polled_at = '2026-19-24T12:00:00Z'": "last_polled_at is '2026-19-24T12:00:00Z'",
}


@pytest.mark.parametrize("statement", FAULTS)
def test_each_fault_is_said_in_words_with_what_to_do(path: Path, statement: str) -> None:
    execute(path, statement)
    faults = list(find_faults(path))
    assert any(FAULTS[statement] in fault.what for fault in faults), faults
    result = invoke(path)
    assert result.exit_code == 1
    assert FAULTS[statement] in result.stdout
    advice = next(fault.advice for fault in faults if FAULTS[statement] in fault.what)
    assert f"\n  {advice.replace('FILE', str(path))}\n" in result.stdout
    assert result.stderr == ""


def test_of_many_alike_a_few_are_shown_and_the_rest_is_counted(path: Path) -> None:
    execute(path, "UPDATE events SET payload = '{'")
    faults = [fault.what for fault in find_faults(path)]
    assert faults[MOST_SHOWN] == "and 3 more like the last one"
    assert len(faults) == MOST_SHOWN + 1


def test_the_advice_mends_what_it_says_it_does(path: Path) -> None:
    execute(
        path,
        "DELETE FROM sqlite_sequence",
        "UPDATE consumers SET beyond = 'x', cursor = 99 WHERE id = 'log'",
        "UPDATE events SET payload = '' WHERE seq = 6",
    )
    for fault in find_faults(path):
        command = fault.advice.partition("`sqlite3 FILE ")[2].partition("`")[0]
        execute(path, *command.strip('"').split("; "))
    assert list(find_faults(path)) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT cursor FROM consumers ORDER BY id").fetchall() == [(8,), (3,)]
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (7,)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
def test_a_damaged_file_is_said_to_be_damaged(path: Path, place: float) -> None:
    with closing(SqliteStore(open_database(path), render)) as store:
        for number in range(60):
            tell(store, incident(f"x{number}"), *["incident.opened"] * 5)
    whole = bytearray(path.read_bytes())
    at = int(len(whole) * place) // 4096 * 4096
    whole[at : at + 8192] = b"\xff" * 8192
    path.write_bytes(whole)
    result = invoke(path)
    assert result.exit_code == 1
    assert "the file is damaged: " in result.stdout
    assert f"sqlite3 {path} .recover" in result.stdout


def test_a_file_cut_off_is_said_to_be_damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * 4096])
    result = invoke(path)
    assert (result.exit_code, result.stdout.partition(":")[0]) == (1, "the file is damaged")


LABELS = (
    "Investigating", "Identified", "Monitoring", "Resolved", "Postmortem", "Update", "Scheduled", "In progress",
    "Completed", "Cancelled", "Whatever",
)  # fmt: skip


def change(page: StatusPage, chance: random.Random) -> None:
    """What a page can do to its incidents: post, rewrite, relabel, date back, take down, show fewer or more."""
    if not page.troubles or chance.random() < 0.25:
        page.open(f"Trouble {chance.randrange(5)}")
        return
    one = chance.choice(page.troubles[:3])
    minute, _, text = one.updates[-1]
    match chance.randrange(7):
        case 0:
            page.edit(one, f"edited {page.minute}")
        case 1:
            one.updates[-1] = (minute, chance.choice(LABELS), text)
        case 2:
            one.updates.insert(0, (max(0, one.updates[0][0] - 2), chance.choice(LABELS), "early"))
        case 3:
            page.troubles.remove(one)
        case 4:
            page.length = chance.choice([0, 1, 2, 3, 25])
        case _:
            page.post(one, chance.choice(LABELS), f"text {page.minute}")
    page.render()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_page_does_and_whatever_is_forgotten_meanwhile_the_database_is_sound(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "test.db"
    with closing(SqliteStore(open_database(path), render)) as store, closing(open_beside(path)) as beside:
        store.configure([Wanted("acme", "Acme", "https://acme.example/history.atom")])
        life = Life(tmp_path, store)
        for _ in range(60):
            change(life.page, chance)
            life.poll(minutes=chance.choice([1, 5, 20, 4000]))
            store.save_health([], life.now)
            if chance.random() < 0.2:
                before = life.now - timedelta(minutes=chance.choice([0, 10, 10_000]))
                list(prune(beside, before, life.now, pause=lambda _: None))
        assert list(find_faults(path)) == []


def test_where_nothing_can_be_looked_at_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database yet"):
        list(find_faults(tmp_path / "none.db"))
    (tmp_path / "notes").write_text("mine " * 1000)
    result = invoke(tmp_path / "notes")
    assert isinstance(result.exception, StoreError)
    assert "is no database" in str(result.exception)
    assert (tmp_path / "notes").read_text() == "mine " * 1000


def test_it_is_a_question_of_its_own(path: Path) -> None:
    result = invoke(path, "--probe")
    assert result.exit_code == 2
    assert "two questions" in result.stderr
