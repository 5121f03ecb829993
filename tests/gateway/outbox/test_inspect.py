"""Looking into the file beside a running daemon, and sending again from outside."""

from contextlib import closing
from datetime import timedelta

import pytest

from gateway.outbox import OutboxError, file, inspect
from tests.servers.outbox_support import AT, TestClock, entry, opened


async def filled(outbox) -> None:
    for n in range(6):
        await outbox.append(entry(n, n + 100))
    await outbox.claim(6)
    await outbox.acked(outbox.stats.epoch, 2)
    await outbox.dead(3, "payload")
    await outbox.gone_up([4])


async def test_listing_and_books_beside_a_running_daemon(tmp_path):
    path = tmp_path / "outbox.db"
    async with opened(tmp_path) as outbox:
        await filled(outbox)
        lines = {line.batch: line for line in inspect.listing(path, 10)}
        states = ["committed", "committed", "dead", "gone up", "waiting", "waiting"]
        assert [lines[n].state for n in range(1, 7)] == states
        assert lines[3].reason == "payload"
        assert len(inspect.listing(path, 2)) == 2
        books = inspect.summary(path)
        assert (books.accepted, books.committed, books.dead, books.pending, books.difference) == (
            12,
            4,
            2,
            6,
            0,
        )
        assert books.states["waiting"] == (2, 4)
        (batch,) = inspect.peek(path, 3)
        assert batch.rows[0][0] == "m2"
        assert inspect.peek(path, 3, "other") == inspect.peek(path, 99) == []


async def test_replay_from_outside_is_noticed_and_changes_no_books(tmp_path):
    clock = TestClock()
    async with opened(tmp_path, clock) as outbox:
        await filled(outbox)
        assert inspect.replay(tmp_path / "outbox.db", clock.now() + timedelta(hours=1)) == (0, 0)
        assert inspect.replay(tmp_path / "outbox.db", clock.now() - timedelta(hours=1)) == (2, 4)
        assert sorted(batch.number for batch in await outbox.claim(9)) == [1, 2]
        assert len(await outbox.acked(outbox.stats.epoch, 2)) == 2
        stats = outbox.stats
    assert (stats.accepted, stats.committed, stats.difference) == (12, 4, 0)


def test_a_file_that_is_no_outbox_is_said_so(tmp_path):
    path = tmp_path / "outbox.db"
    path.write_bytes(b"nothing of the kind" * 500)
    for look in (lambda: inspect.listing(path, 1), lambda: inspect.replay(path, AT)):
        with pytest.raises(OutboxError, match="not a database"):
            look()


def test_no_outbox_is_said_so(tmp_path):
    for look in (lambda path: inspect.listing(path, 1), inspect.summary):
        with pytest.raises(OutboxError, match="no outbox"):
            look(tmp_path / "outbox.db")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("writable", [True, False])
async def test_a_folder_that_may_not_be_written_is_looked_into(tmp_path, monkeypatch, writable):
    """Beside a daemon through its help files; without one none are made, so none are missed."""
    path = tmp_path / "outbox.db"
    monkeypatch.setattr(file.os, "access", lambda *_: writable)
    async with opened(tmp_path) as outbox:
        await filled(outbox)
        assert inspect.summary(path).accepted == 12
    assert inspect.summary(path).accepted == 12
    with closing(file.read_only(path)) as connection:
        connection.execute("SELECT count(*) FROM state").fetchall()
        assert path.with_name("outbox.db-shm").exists() == writable
