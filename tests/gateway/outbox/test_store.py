"""Epochs: a new outbox, a copy, a restored part, a rollback; and files that are damaged or from tomorrow."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from gateway import payload
from gateway.outbox import Outbox, OutboxError
from tests.servers.outbox_support import TestClock, entry, opened, store


async def test_a_clean_restart_keeps_the_epoch_and_the_numbers(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        epoch = outbox.stats.epoch
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(2))
        assert (outbox.stats.epoch, outbox.stats.highest) == (epoch, 2)


async def test_a_copied_folder_begins_a_new_epoch(tmp_path):
    async with opened(tmp_path / "a") as outbox:
        await outbox.append(entry(1))
        epoch = outbox.stats.epoch
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    async with opened(tmp_path / "b") as outbox:
        await outbox.append(entry(2))
        assert outbox.stats.epoch != epoch
        # What waited keeps its name: the master knows it from the original, or will take it from either.
        found = await outbox.claim(9)
        names = sorted((batch.epoch == epoch, batch.number) for batch in found)
        assert names == [
            (False, 1),
            (True, 1),
        ]
        assert outbox.stats.difference == 0
    async with opened(tmp_path / "a") as outbox:
        assert outbox.stats.epoch == epoch


@pytest.mark.parametrize("how", ["older file", "no token"])
async def test_a_restored_part_begins_a_new_epoch(tmp_path, how):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        epoch = outbox.stats.epoch
    old = (tmp_path / "outbox.db").read_bytes()
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(2))
        assert outbox.stats.epoch == epoch
    if how == "older file":
        (tmp_path / "outbox.db").write_bytes(old)  # in place: the same inode
    else:
        (tmp_path / "outbox.db.token").unlink()
    async with opened(tmp_path) as outbox:
        assert outbox.stats.epoch != epoch


async def rolled_back(tmp_path, appended_since: int):
    """An outbox whose master knows more of its epoch than it does itself: the whole disk was set back."""
    async with opened(tmp_path) as outbox:
        for n in range(3):
            await outbox.append(entry(n))
        await outbox.claim(3)
        epoch = outbox.stats.epoch
        await outbox.acked(epoch, 2)
    async with opened(tmp_path) as outbox:
        assert outbox.stats.epoch == epoch
        for n in range(appended_since):
            await outbox.append(entry(100 + n))
    return epoch


@pytest.mark.parametrize("appended_since", [0, 5, 20])
async def test_a_rollback_is_seen_in_the_masters_acknowledgement(tmp_path, appended_since):
    """What was numbered after the rollback is not freed by what the master got under those numbers before."""
    epoch = await rolled_back(tmp_path, appended_since)
    async with opened(tmp_path) as outbox:
        assert outbox.stats.epoch == epoch
        # Number 3 was sent before the disk was set back: there it is the same batch.
        assert await outbox.acked(epoch, 12) == [3]
        stats = outbox.stats
        assert stats.epoch != epoch
        assert (stats.pending, stats.committed, stats.difference) == (appended_since, 3, 0)
        claimed = await outbox.claim(50)
        assert {batch.epoch for batch in claimed} <= {stats.epoch}
        assert sorted(batch.number for batch in claimed) == list(range(1, 1 + appended_since))
        for batch in claimed:
            found = payload.decode(batch.body)
            assert (found.epoch, found.batch) == (batch.epoch, batch.number)
        await outbox.append(entry(500))
        assert outbox.stats.highest == 1 + appended_since
        # The acknowledgement of the old epoch says nothing any more, that of the new one does.
        assert await outbox.acked(epoch, 50) == []
        assert len(await outbox.acked(stats.epoch, appended_since)) == appended_since


async def test_an_acknowledgement_of_what_was_sent_is_no_rollback(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(3):
            await outbox.append(entry(n))
        await outbox.claim(3)
        await outbox.append(entry(3))
        epoch = outbox.stats.epoch
    async with opened(tmp_path) as outbox:
        assert len(await outbox.acked(epoch, 3)) == 3
        assert outbox.stats.epoch == epoch


DAMAGE = {
    "no database": lambda data: b"not a database" * 1000,
    "cut": lambda data: data[: len(data) // 2 - 100],
    "zero page": lambda data: data[:4096] + bytes(4096) + data[8192:],
    "first page": lambda data: bytes(4096) + data[4096:],
    "scribble": lambda data: data[:-3000] + b"\xff" * 2900 + data[-100:],
}


@pytest.mark.parametrize("how", DAMAGE)
async def test_a_damaged_file_is_set_aside_with_a_word_and_work_goes_on(tmp_path, how):
    async with opened(tmp_path) as outbox:
        for n in range(40):
            await outbox.append(entry(*range(n * 100, n * 100 + 100)))
        epoch = outbox.stats.epoch
    path = tmp_path / "outbox.db"
    data = DAMAGE[how](path.read_bytes())
    path.write_bytes(data)
    with capture_logs() as told:
        async with opened(tmp_path) as outbox:
            stats = outbox.stats
            assert (stats.corruptions, stats.accepted, stats.difference) == (1, 0, 0)
            assert stats.epoch != epoch
            await outbox.append(entry(1))
    assert [line["kept"].rpartition("-")[0] for line in told] == [f"{path}.corrupt"]
    aside = [
        found
        for found in tmp_path.iterdir()
        if ".corrupt-" in found.name and not found.name.endswith(("wal", "shm"))
    ]
    # Beyond the header, where SQLite counts that it opened the file.
    assert [found.read_bytes()[100:] for found in aside] == [data[100:]]
    async with opened(tmp_path) as outbox:
        assert (outbox.stats.corruptions, outbox.stats.pending) == (1, 1)


async def test_damage_that_shows_while_running_costs_no_entry_that_waits(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(40):
            await outbox.append(entry(*range(n * 100, n * 100 + 100)))

        def spoil(store) -> None:
            store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            store._connection.execute("PRAGMA shrink_memory").close()
            data = bytearray((tmp_path / "outbox.db").read_bytes())
            data[4096:] = b"\xff" * (len(data) - 4096)
            with (tmp_path / "outbox.db").open("r+b") as file:
                file.write(data)

        await outbox._do(spoil)
        epoch = outbox.stats.epoch
        for n in range(5):
            await outbox.append(entry(n))
        stats = outbox.stats
        assert stats.corruptions == 1
        assert stats.epoch != epoch
        assert (stats.pending, stats.difference) == (5, 0)


async def test_a_file_of_tomorrow_is_refused_and_not_touched(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA user_version=2")
    data = path.read_bytes()
    with pytest.raises(OutboxError, match="schema 2"):
        await Outbox.open(path, store(), "so-001", TestClock())
    assert path.read_bytes() == data
    assert not [
        found for found in tmp_path.iterdir() if "corrupt" in found.name or found.name.endswith("-wal")
    ]


async def test_a_folder_that_cannot_be_used_is_said_so(tmp_path):
    (tmp_path / "outbox.db").mkdir()
    with pytest.raises(OutboxError):
        await Outbox.open(tmp_path / "outbox.db", store(), "so-001", TestClock())
