"""What only the store of one file does (gateway.master.stores.sqlite)."""

import sqlite3
from contextlib import closing

import pytest

from gateway.master.stores.base import BadUrl, StoreError, StoreGone
from gateway.master.stores.sqlite import SqliteStore
from tests.gateway.master.make import NOW, batch, reading


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:file.db"])
def test_an_address_without_a_path(url):
    with pytest.raises(BadUrl, match="sqlite:///path"):
        SqliteStore(url, 0)


def test_a_file_of_a_newer_program_is_left_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "m.db")) as db:
        db.execute("PRAGMA user_version = 9999")
    with pytest.raises(StoreError, match="newer"):
        SqliteStore(f"sqlite:///{tmp_path}/m.db", 0).connect()
    with closing(sqlite3.connect(tmp_path / "m.db")) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_folder_that_is_not_there_may_come_back(tmp_path):
    store = SqliteStore(f"sqlite:///{tmp_path}/away/m.db", 0)
    with pytest.raises(StoreGone, match=r"away/m\.db: unable to open"):
        store.connect()
    with pytest.raises(StoreGone):
        store.write([batch(1, reading())], NOW)
    (tmp_path / "away").mkdir()
    with closing(store):
        store.connect()
        assert store.write([batch(1, reading())], NOW).rows == 1


def test_commits_survive_a_crash_of_the_machine(tmp_path):
    with closing(SqliteStore(f"sqlite:///{tmp_path}/m.db", 0)) as store:
        store.connect()
        assert store._open.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._open.execute("PRAGMA journal_mode").fetchone() == ("wal",)
