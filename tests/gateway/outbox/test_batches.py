"""Batches inside one transaction: what each step does to the table and to the books."""

import sqlite3
from contextlib import closing

import pytest

from gateway import payload
from gateway.outbox import batches, file
from gateway.outbox.batches import Draft
from gateway.outbox.custody import Custody
from gateway.outbox.store import is_disk_error
from tests.servers.outbox_support import reading


@pytest.fixture
def table(tmp_path):
    with closing(file.open_file(tmp_path / "outbox.db", 1 << 20)) as connection:
        yield connection


def draft(number: int, klass: str = "billing") -> Draft:
    rows = payload.rows_of("reading", [reading(number)])
    return Draft("reading", klass, 1, payload.encode("so-001", "e1", number, "reading", rows))


def filled(table, count: int, klass: str = "billing") -> Custody:
    books = Custody()
    batches.insert(table, books, ("e1", 1), [draft(n, klass) for n in range(1, count + 1)], 100.0)
    books.keep()
    return books


def test_both_ends_of_the_queue(table):
    filled(table, 5)
    assert [found.number for found in batches.claim(table, 2, set(), newest=True)] == [5, 4]
    assert [found.number for found in batches.claim(table, 9, {1, 3}, newest=False)] == [2, 4, 5]


def test_overlapping_ranges_free_each_batch_once(table):
    books = filled(table, 5)
    found = batches.named(table, "e1", [(1, 3), (2, 4), (9, 9)])
    batches.ack(table, books, found, 200.0)
    books.keep()
    assert (books.total("committed"), books.pending["billing"], books.difference) == (4, 1, 0)
    assert batches.named(table, "e1", [(1, 9)])[0][4] == 5


def test_only_what_was_committed_long_enough_ago_is_pruned(table):
    books = filled(table, 3)
    batches.ack(table, books, batches.named(table, "e1", [(1, 1)]), 200.0)
    batches.ack(table, books, batches.named(table, "e1", [(2, 2)]), 300.0)
    assert batches.prune(table, 250.0) > 0
    assert [row[0] for row in table.execute("SELECT number FROM batch ORDER BY number")] == [2, 3]
    assert batches.prune(table, 250.0) == 0


def test_age_drops_the_waiting_and_counts_them(table):
    books = filled(table, 3)
    assert batches.oldest(table) == 100.0
    assert batches.age(table, books, 100.0) == 0
    assert batches.age(table, books, 101.0) > 0
    books.keep()
    assert books.by("dropped") == {("billing", "aged"): 3}
    assert books.difference == 0
    assert batches.oldest(table) > 1e12


def test_only_diagnostics_are_dropped_for_room_and_no_more_than_needed(table):
    books = filled(table, 3, "diagnostic")
    batches.insert(table, books, ("e1", 4), [draft(4)], 100.0)
    books.keep()
    batches.drop_diagnostics(table, books, 1)
    books.keep()
    assert books.by("dropped") == {("diagnostic", "cap"): 1}
    batches.drop_diagnostics(table, books, 1 << 40)
    books.keep()
    assert books.by("dropped") == {("diagnostic", "cap"): 3}
    assert (books.pending["billing"], books.difference) == (1, 0)


def test_only_dead_diagnostics_are_dropped_for_room(table):
    books = filled(table, 3, "diagnostic")
    batches.insert(table, books, ("e1", 4), [draft(4)], 100.0)
    for number in (1, 2, 4):
        batches.kill(table, books, number, ("payload", 300.0))
    books.keep()
    assert batches.drop_dead(table, books, 1) > 0
    books.keep()
    assert books.by("dead") == {("diagnostic", "payload"): 1, ("billing", "payload"): 1}
    assert books.by("dropped") == {("diagnostic", "cap"): 1}
    batches.drop_dead(table, books, 1 << 40)
    books.keep()
    assert [row[0] for row in table.execute("SELECT number FROM dead")] == [4]
    assert (books.total("dead"), books.pending["diagnostic"], books.difference) == (1, 1, 0)


def test_a_dead_replay_stays_committed(table):
    books = filled(table, 1)
    batches.ack(table, books, batches.named(table, "e1", [(1, 1)]), 200.0)
    assert batches.revive(table, 100.0) == 1
    assert batches.kill(table, books, 1, ("payload", 300.0))
    books.keep()
    assert (books.total("committed"), books.total("dead"), books.difference) == (1, 0, 0)
    assert not batches.kill(table, books, 1, ("payload", 300.0))


def test_renumbering_keeps_rows_and_changes_names(table):
    filled(table, 4)
    assert batches.renumber(table, "so-001", ("e1", 2), "e2") == 2
    found = {
        (batch.epoch, batch.number): batch.body for batch in batches.claim(table, 9, set(), newest=False)
    }
    assert set(found) == {("e1", 1), ("e1", 2), ("e2", 1), ("e2", 2)}
    moved = payload.decode(found["e2", 2])
    assert (moved.epoch, moved.batch, moved.rows[0][2]) == ("e2", 2, "0.04")


def test_a_disk_error_is_told_from_damage(table):
    with pytest.raises(sqlite3.Error) as full:
        table.execute("CREATE TABLE big AS SELECT zeroblob(2000000)")
    with pytest.raises(sqlite3.Error) as wrong:
        table.execute("SELECT * FROM nowhere")
    assert is_disk_error(full.value)
    assert not is_disk_error(wrong.value)
