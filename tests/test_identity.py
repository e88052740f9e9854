"""Nothing is stored in files that nobody would find again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from statustrio.errors import StoreLostError
from statustrio.line import render
from statustrio.store.identity import ENDINGS
from statustrio.store.opening import hold, open_database, open_in_memory
from statustrio.store.protocol import StorageError, Wanted
from statustrio.store.sqlite import SqliteStore

ACME = Wanted("acme", "Acme", "https://acme.example")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "place" / "statustrio.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    path.parent.mkdir()
    with hold(path), closing(SqliteStore(open_database(path), render)) as store:
        write(store)
        yield store


def write(store: SqliteStore) -> None:
    with store.group(durable=False):
        store.configure([ACME])


def _removed(path: Path) -> None:
    path.unlink()


def _replaced(path: Path) -> None:
    shutil.copy(path, path.with_name("other"))
    path.with_name("other").replace(path)


def _moved_with_its_directory(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


@pytest.mark.parametrize("what", [_removed, _replaced, _moved_with_its_directory])
@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_stored_once_one_of_the_files_is_another(
    store: SqliteStore, path: Path, ending: str, what: Callable[[Path], None]
) -> None:
    what(path.with_name(path.name + ending))
    with pytest.raises(StoreLostError, match="put it back, or a backup in its place"), store.group(durable=False):
        store.configure([])
    assert store.load_state("acme").provider == "acme"
    assert store._execute("SELECT configured FROM providers").fetchone()["configured"] == 1


def test_a_link_to_the_database_may_lead_elsewhere_later(store: SqliteStore, path: Path) -> None:
    link = path.with_name("link.db")
    link.symlink_to(path)
    with closing(SqliteStore(open_database(link), render)) as linked:
        link.unlink()
        write(linked)
    write(store)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look anywhere")
def test_files_that_cannot_be_looked_at_now_are_waited_for(store: SqliteStore, path: Path) -> None:
    path.parent.chmod(0)
    try:
        with pytest.raises(StorageError, match="Permission denied"):
            write(store)
    finally:
        path.parent.chmod(0o700)
    write(store)


def test_a_database_in_memory_has_no_files() -> None:
    with closing(SqliteStore(open_in_memory(), render)) as store:
        write(store)
