"""The store on SQLite: one connection, one writer, one transaction per group."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from statustrio.codec import from_data, from_json, to_json
from statustrio.errors import StoreError, StoreLostError
from statustrio.events import Event, event_id
from statustrio.model import Change, Draft, KeptBody, Known, KnownUpdate, ProviderState
from statustrio.rfc3339 import from_text, to_text
from statustrio.rules import Rule
from statustrio.store.failures import in_words, is_bug, is_damage
from statustrio.store.identity import Identity
from statustrio.store.opening import transaction
from statustrio.store.protocol import Cursor, Health, Logged, StaleError, StorageError, UnsyncedError, Wanted
from statustrio.store.queries import mutes
from statustrio.store.rows import (
    body_row,
    incident_row,
    known_incident,
    known_update,
    provider_row,
    provider_state,
    text,
    update_row,
)
from statustrio.stories import Key, Mute, Story


@cache
def _upsert(table: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    values = ", ".join(f":{column}" for column in columns)
    rest = [column for column in columns if column not in keys]
    update = ", ".join(f"{column} = excluded.{column}" for column in rest)
    # A row that would stay as it is is not written again.
    differs = " OR ".join(f"{table}.{column} IS NOT excluded.{column}" for column in rest)
    return (
        f"INSERT INTO {table} ({names}) VALUES ({values}) "  # noqa: S608  the names are those of rows.py
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {update} WHERE {differs}"
    )


class SqliteStore:
    """See `protocol.Store`. `render` makes the line that is stored for an event."""

    def __init__(self, connection: sqlite3.Connection, render: Callable[[Event], str]) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._render = render
        self._durable = True
        file = connection.execute("PRAGMA database_list").fetchone()["file"]
        self._path = Path(file)
        # One in memory has no files.
        self._identity = Identity.of(self._path) if file else Identity({})

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def group(self, *, durable: bool) -> Iterator[None]:
        with self._writing():
            # NORMAL survives the end of the process, FULL the loss of power as well.
            self._execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            with transaction(self._connection):
                self._durable = durable
                try:
                    yield
                    self._identity.check()
                finally:
                    self._durable = True

    @contextmanager
    def attempt(self) -> Iterator[None]:
        with self._writing():
            self._execute("SAVEPOINT attempt")
            try:
                yield
            except BaseException:
                # After some errors SQLite has undone the whole transaction already.
                if self._connection.in_transaction:
                    self._execute("ROLLBACK TO attempt")
                    self._execute("RELEASE attempt")
                raise
            self._execute("RELEASE attempt")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """StoreLostError where the file is damaged; StorageError where it cannot be written now."""
        try:
            with _translated():
                yield
        except StorageError as exc:
            # Waiting mends no damage, and more would be done by writing on.
            if is_damage(exc.__cause__):
                raise StoreLostError(str(in_words(exc.__cause__, self._path))) from exc
            raise
        except sqlite3.DatabaseError as exc:
            # We have none. One of a user's can fail by a column that came, and is mended by hand while we wait.
            triggers = [row["name"] for row in self._execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
            if not triggers:
                raise
            names = ", ".join(triggers)
            raise StorageError(f"{exc}; there are triggers that are not ours: mend or drop {names}") from exc

    def configure(self, wanted: Iterable[Wanted]) -> tuple[str, ...]:
        wanted = tuple(wanted)
        ids = {one.provider for one in wanted}
        known = {row["id"]: row["feed_url"] for row in self._execute("SELECT id, feed_url FROM providers")}
        gone = {url: provider for provider, url in known.items() if provider not in ids}
        warnings = tuple(
            f"{one.provider} has the feed of {gone[one.feed_url]}, which is gone from the configuration: "
            f"add `id: {gone[one.feed_url]}` to keep its history"
            for one in wanted
            if one.provider not in known and one.feed_url in gone
        )
        self._connection.executemany(
            "INSERT INTO providers (id, name, feed_url) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, configured = 1, gone = 0",
            [(one.provider, one.name, one.feed_url) for one in wanted],
        )
        self._execute(
            "UPDATE providers SET configured = 0, next_poll_at = NULL "
            "WHERE configured AND id NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(ids)),),
        )
        forgetful = [one.provider for one in wanted if not one.keeps_bodies]
        self._execute("DELETE FROM bodies WHERE provider IN (SELECT value FROM json_each(?))", (json.dumps(forgetful),))
        return warnings

    def load_state(self, provider: str) -> ProviderState:
        return provider_state(self._execute("SELECT * FROM providers WHERE id = ?", (provider,)).fetchone())

    def load(
        self, provider: str, incident_ids: Collection[str], *, subjects: bool = False, shown: Collection[str] = ()
    ) -> Known:
        # The character after the underscore bounds the ids of a subject, which its index then finds.
        meant = "i.id > j.value || '_' AND i.id < j.value || '`'" if subjects else "i.id = j.value"
        last_shown = "SELECT id FROM incidents INDEXED BY incidents_shown WHERE provider = :provider AND shown = 1"
        still_shown = "(SELECT value FROM json_each(:shown))"
        # By itself SQLite would go through all that the provider ever had; CROSS JOIN keeps the wanted ones outside.
        rows = self._execute(
            "WITH wanted (id) AS ("  # noqa: S608  as above
            "SELECT id FROM incidents INDEXED BY incidents_open WHERE provider = :provider AND open = 1 "
            f"UNION {last_shown} AND id NOT IN {still_shown} "
            f"UNION SELECT id FROM ({last_shown} AND id IN {still_shown} LIMIT 1) "
            f"UNION SELECT i.id FROM json_each(:named) j CROSS JOIN incidents i ON i.provider = :provider AND {meant}"
            ") SELECT i.* FROM wanted w CROSS JOIN incidents i ON i.provider = :provider AND i.id = w.id ORDER BY i.id",
            {"provider": provider, "named": json.dumps(list(incident_ids)), "shown": json.dumps(list(shown))},
        ).fetchall()
        ids = json.dumps([row["id"] for row in rows])
        updates: dict[str, list[KnownUpdate]] = {}
        for row in self._execute(
            "SELECT u.* FROM json_each(?) j CROSS JOIN updates u ON u.provider = ? AND u.incident_id = j.value "
            "ORDER BY u.incident_id, u.n",
            (ids, provider),
        ):
            updates.setdefault(row["incident_id"], []).append(known_update(row))
        offline = self._execute("SELECT 1 FROM monitor WHERE key = 'offline_since'").fetchone() is not None
        incidents = tuple(known_incident(row, updates.get(row["id"], ())) for row in rows)
        return Known(self.load_state(provider), incidents, offline)

    def commit(self, change: Change) -> tuple[Event, ...]:
        state = change.state
        row = provider_row(state)
        columns = ", ".join(f"{column} = :{column}" for column in row if column != "id")
        done = self._execute(
            f"UPDATE providers SET {columns} WHERE id = :id AND version = :version - 1",  # noqa: S608  as above
            row,
        )
        if done.rowcount != 1:
            raise StaleError(f"{state.provider}: version {state.version} does not follow the stored one")
        for old, new in change.renamed:
            self._execute("UPDATE incidents SET id = ? WHERE provider = ? AND id = ?", (new, state.provider, old))
            self._execute(
                "UPDATE OR REPLACE stories SET incident_id = ? WHERE provider = ? AND incident_id = ?",
                (new, state.provider, old),
            )
        self._save("incidents", ("provider", "id"), [incident_row(state.provider, one) for one in change.incidents])
        updates = [
            update_row(state.provider, one.incident_id, update) for one in change.incidents for update in one.updates
        ]
        self._save("updates", ("provider", "incident_id", "n"), updates)
        events = tuple(self._log(draft, change.at, state) for draft in self._not_told(change))
        if change.body:
            self._keep(change.body, change, events)
        return events

    def _not_told(self, change: Change) -> Iterator[Draft]:
        """The drafts that the log does not have: a page that moves to other ids and back tells its history again."""
        ids: dict[str, set[str]] = {}
        for draft in change.drafts:
            if draft.incident_id is None:
                yield draft
                continue
            if draft.incident_id not in ids:
                # A line that somebody damaged is told of elsewhere; here it must not stop what is new.
                rows = self._execute(
                    "SELECT payload ->> 'id' FROM events "
                    "WHERE provider = ? AND incident_id = ? AND json_valid(payload)",
                    (change.state.provider, draft.incident_id),
                )
                ids[draft.incident_id] = {told for (told,) in rows}
            told = ids[draft.incident_id]
            ident = event_id(change.state.provider, draft.incident_id, draft.key, draft.event)
            if ident not in told:
                told.add(ident)
                yield draft

    def _keep(self, body: KeptBody, change: Change, events: Sequence[Event]) -> None:
        seqs = [event.seq for event in events]
        row = body_row(body, change, min(seqs, default=None), max(seqs, default=None))
        names = ", ".join(row)
        values = ", ".join(f":{column}" for column in row)
        self._execute(f"INSERT INTO bodies ({names}) VALUES ({values})", row)  # noqa: S608  as above
        self._execute(
            "DELETE FROM bodies WHERE provider = :provider AND id NOT IN "
            "(SELECT id FROM bodies WHERE provider = :provider ORDER BY id DESC LIMIT :keep)",
            {"provider": change.state.provider, "keep": body.keep},
        )

    def _save(self, table: str, keys: tuple[str, ...], rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._connection.executemany(_upsert(table, tuple(rows[0]), keys), rows)

    def _log(self, draft: Draft, at: datetime, state: ProviderState | None) -> Event:
        if not self._durable:
            raise UnsyncedError(draft.event)
        (last,) = self._execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'").fetchone()
        event = Event.from_draft(
            draft,
            seq=last + 1,
            timestamp=at,
            provider=state.provider if state else None,
            provider_name=state.name if state else None,
        )
        self._execute(
            "INSERT INTO events (seq, timestamp, event, provider, incident_id, payload, rule) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (event.seq, to_text(at), event.event, event.provider, event.incident_id, self._render(event), draft.rule),
        )
        return event

    def commit_monitor(self, event: str, message: str, at: datetime) -> Event:
        offline = event == "monitor.offline"
        if offline:
            self._execute("INSERT OR REPLACE INTO monitor VALUES ('offline_since', ?)", (to_text(at),))
        else:
            self._execute("DELETE FROM monitor WHERE key = 'offline_since'")
        rule = Rule.ALL_UNCONNECTED if offline else Rule.CONNECTED_AGAIN
        return self._log(Draft(event=event, key=to_text(at), message=message, rule=rule), at, None)

    def events_after(self, seq: int, limit: int) -> tuple[Logged, ...]:
        query = "SELECT seq, payload FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        with _translated():
            return tuple(logged(row["seq"], row["payload"]) for row in self._execute(query, (seq, limit)))

    def subscribe(self, consumers: Iterable[tuple[str, bool]]) -> tuple[tuple[Cursor, ...], tuple[str, ...]]:
        consumers = tuple(consumers)
        ids = json.dumps([consumer for consumer, _ in consumers])
        gone = self._execute(
            "DELETE FROM consumers WHERE id NOT IN (SELECT value FROM json_each(?)) RETURNING id", (ids,)
        ).fetchall()
        for consumer, from_start in consumers:
            self._execute(
                "INSERT OR IGNORE INTO consumers (id, cursor) "
                "VALUES (?, iif(?, 0, (SELECT coalesce(max(seq), 0) FROM events)))",
                (consumer, from_start),
            )
        rows = {row["id"]: row for row in self._execute("SELECT * FROM consumers")}
        cursors = tuple(
            Cursor(consumer, rows[consumer]["cursor"], tuple(json.loads(rows[consumer]["beyond"])))
            for consumer, _ in consumers
        )
        return cursors, tuple(row["id"] for row in gone)

    def acknowledge(self, cursor: Cursor) -> None:
        self._execute(
            "UPDATE consumers SET cursor = ?, beyond = ? WHERE id = ?",
            (cursor.seq, json.dumps(cursor.beyond), cursor.consumer),
        )

    def events_at(self, seqs: Collection[int]) -> tuple[Logged, ...]:
        query = "SELECT seq, payload FROM events WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"
        with _translated():
            return tuple(logged(row["seq"], row["payload"]) for row in self._execute(query, (json.dumps(list(seqs)),)))

    def load_stories(self, consumer: str, keys: Collection[Key]) -> dict[Key, Story]:
        query = (
            "SELECT provider, incident_id, story FROM json_each(:keys) k CROSS JOIN stories s "
            "ON s.consumer = :consumer AND s.provider = k.value ->> 0 AND s.incident_id = k.value ->> 1"
        )
        with _translated():
            return _stories(self._execute(query, {"consumer": consumer, "keys": json.dumps(list(keys))}))

    def load_due(self, consumer: str) -> dict[Key, Story]:
        query = "SELECT provider, incident_id, story FROM stories WHERE consumer = ? AND due IS NOT NULL"
        with _translated():
            return _stories(self._execute(query, (consumer,)))

    def load_begun(self, consumer: str, since: datetime) -> dict[tuple[str, str], datetime]:
        query = (
            "SELECT provider, title, max(begun_at) AS begun_at FROM stories "
            "WHERE consumer = ? AND title IS NOT NULL AND begun_at >= ? GROUP BY provider, title"
        )
        with _translated():
            rows = self._execute(query, (consumer, to_text(since)))
            return {(row["provider"], row["title"]): from_text(row["begun_at"]) for row in rows}

    def save_stories(self, consumer: str, stories: Mapping[Key, Story]) -> None:
        rows = (
            (consumer, *key, to_json(one), text(one.due), one.title, text(one.begun_at)) for key, one in stories.items()
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO stories (consumer, provider, incident_id, story, due, title, begun_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )

    def mutes(self) -> tuple[Mute, ...]:
        with _translated():
            return mutes(self._connection)

    def set_aside(self, consumer: str, logged: Logged, reason: str, at: datetime) -> None:
        self._execute(
            "INSERT INTO dead_letters (consumer, seq, event, line, reason, set_aside_at) VALUES (?, ?, ?, ?, ?, ?)",
            (consumer, logged.seq, logged.event.event, logged.line, reason, to_text(at)),
        )

    def save_health(self, healths: Iterable[Health], now: datetime) -> None:
        self._connection.executemany(
            # A poll that wrote its own times may be later than the one these are of. Without its Z a time with
            # milliseconds sorts after the one without.
            "UPDATE providers SET next_poll_at = ?2, last_polled_at = "
            "iif(rtrim(last_polled_at, 'Z') > rtrim(?3, 'Z'), last_polled_at, coalesce(?3, last_polled_at)), "
            "last_success_at = "
            "iif(rtrim(last_success_at, 'Z') > rtrim(?3, 'Z'), last_success_at, coalesce(?3, last_success_at)) "
            "WHERE id = ?1",
            [(one.provider, text(one.next_poll_at), text(one.last_polled_at)) for one in healths],
        )
        self._execute(
            "UPDATE incidents SET open = 0 WHERE open = 1 AND expires_at IS NOT NULL AND expires_at <= ?",
            (to_text(now),),
        )


@contextmanager
def _translated() -> Iterator[None]:
    """Tell a storage that cannot work from a value or a statement it will never take: that is a bug."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        if is_bug(exc):
            raise
        raise StorageError(str(exc)) from exc
    except StoreLostError:
        raise
    except StoreError as exc:
        # Whoever reads the log waits before a damaged line, and goes on once somebody has seen to it.
        raise StorageError(str(exc)) from exc


def _stories(rows: Iterable[sqlite3.Row]) -> dict[Key, Story]:
    return {(row["provider"], row["incident_id"]): from_json(row["story"], Story) for row in rows}


def logged(seq: int, payload: str) -> Logged:
    """An event as the log holds it. StoreError where its line is none any more."""
    try:
        fields = json.loads(payload)
        del fields["level"]
        return Logged(seq, from_data(fields, Event), payload)
    except (ValueError, LookupError, TypeError) as exc:
        raise StoreError(
            f"the line of event {seq} is damaged; `statustrio check --database` says what else is, and what to do"
        ) from exc
