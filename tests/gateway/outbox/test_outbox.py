"""Acceptance, custody, lanes, acknowledgement, the cap and age."""

import asyncio
import json
import secrets
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway import payload
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from gateway.finding import SlotReport
from gateway.outbox import Entry, Mark, Outbox, OutboxError, OutboxFull
from gateway.outbox import outbox as outbox_module
from gateway.payload import Audit
from protocols.reading import Event
from tests.servers.outbox_support import AT, TestClock, entry, opened, reading, store, until


def audit(text: str = "") -> Entry:
    return Entry(audits=(Audit(at=AT, actor="a", action="b", object="c", outcome="ok", detail=text),))


def on_disk(folder) -> list[payload.Batch]:
    with closing(sqlite3.connect(folder / "outbox.db")) as connection:
        return [payload.decode(body) for (body,) in connection.execute("SELECT body FROM batch ORDER BY id")]


async def test_what_append_returned_for_is_in_the_file(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1, 2, 3))
        (batch,) = on_disk(tmp_path)
        assert [row[2] for row in batch.rows] == ["0.01", "0.02", "0.03"]
        assert (batch.gateway, batch.batch, batch.epoch) == ("so-001", 1, outbox.stats.epoch)
        assert (outbox.stats.accepted, outbox.stats.pending, outbox.stats.difference) == (3, 3, 0)


async def test_batches_are_of_one_kind_and_class_and_numbered_without_gaps(tmp_path):
    event = Event(meter="m", id="1", name="n", began=None, ended=None, detail="{}", read_at=AT)
    report = SlotReport(task="t", target="l", slot=AT, due=1, present=1, outcomes=(("m", "ok"),))
    mixed = Entry(
        readings=(reading(1), reading(2, "1-0:32.7.0"), reading(3, "1-0:1.6.0"), reading(4, "0-0:1.0.0")),
        events=(event,),
        slots=(report,),
        audits=audit().audits,
    )
    async with opened(tmp_path) as outbox:
        await outbox.append(mixed)
        await outbox.append(entry(5))
        found = on_disk(tmp_path)
        claimed = {batch.number: batch for batch in await outbox.claim(10)}
        stats = outbox.stats
    assert [batch.batch for batch in found] == [1, 2, 3, 4, 5, 6]
    assert [(claimed[n].kind, claimed[n].klass, claimed[n].rows) for n in range(1, 7)] == [
        ("reading", "billing", 2),
        ("reading", "curve", 2),
        ("event", "diagnostic", 1),
        ("slot", "diagnostic", 1),
        ("audit", "diagnostic", 1),
        ("reading", "billing", 1),
    ]
    assert stats.accepted_by_class == {"billing": 3, "curve": 2, "diagnostic": 3}


def sums(span: Span) -> Aggregate:
    return Aggregate(
        node_kind="line",
        node="L1",
        side="sale",
        span=span,
        start=AT,
        end=AT,
        energy=Decimal(1),
        due=1,
        present=1,
    )


async def test_sums_of_days_and_months_stay_longer_than_those_of_hours(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(Entry(aggregates=tuple(sums(span) for span in Span)))
        found = [(batch.kind, batch.klass, batch.rows) for batch in await outbox.claim(10)]
    assert sorted(found) == [("aggregate", "billing", 2), ("aggregate", "curve", 2)]


async def test_answers_share_a_commit(tmp_path):
    async with opened(tmp_path, commit_seconds=0.3) as outbox, asyncio.TaskGroup() as group:
        for n in range(20):
            group.create_task(outbox.append(entry(n)))
    assert len(on_disk(tmp_path)) == 1


@pytest.mark.parametrize("hurry", [entry(1, urgent=True), entry(*range(100))])
async def test_urgent_or_a_hundred_rows_do_not_wait(tmp_path, hurry):
    async with opened(tmp_path, commit_seconds=10) as outbox, asyncio.timeout(8):
        await outbox.append(hurry)


async def test_closing_commits_what_waits(tmp_path):
    async with opened(tmp_path, commit_seconds=10) as outbox, asyncio.TaskGroup() as group:
        group.create_task(outbox.append(entry(1)))
        await asyncio.sleep(0.05)
        await outbox.close()
    assert len(on_disk(tmp_path)) == 1
    with pytest.raises(OutboxError):
        await outbox.append(entry(2))


async def test_a_caller_that_gave_up_costs_the_others_nothing(tmp_path):
    async with opened(tmp_path, commit_seconds=0.2) as outbox, asyncio.TaskGroup() as group:
        task = group.create_task(outbox.append(entry(1)))
        group.create_task(outbox.append(entry(2)))
        await asyncio.sleep(0.02)
        task.cancel()
    assert [row[2] for row in on_disk(tmp_path)[0].rows] == ["0.01", "0.02"]


async def test_a_row_too_long_for_any_batch_is_a_dead_letter(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(audit("x" * 70_000))
        await outbox.append(entry(1))
        stats = outbox.stats
    assert (stats.accepted, stats.pending, stats.dead, stats.difference) == (2, 1, 1, 0)


async def test_seven_of_ten_come_from_the_newest(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(100):
            await outbox.append(entry(n))
        first = [batch.number for batch in await outbox.claim(10)]
        assert first == [100, 99, 98, 97, 96, 95, 94, 1, 2, 3]
        rest = []
        for _ in range(20):
            (batch,) = await outbox.claim(1)
            rest.append(batch.number)
        assert sorted(number for number in rest if number < 50) == [4, 5, 6, 7, 8, 9]
        assert not set(first) & set(rest)
        assert len(await outbox.claim(100)) == 70
        assert await outbox.claim(1) == []
        outbox.release([50])
        assert [batch.id for batch in await outbox.claim(5)] == [50]


async def test_acknowledgements_merge_and_never_shrink(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(10):
            await outbox.append(entry(n))
        await outbox.claim(10)
        epoch = outbox.stats.epoch
        assert sorted(await outbox.acked(epoch, 3, [(6, 7), (9, 9)])) == [1, 2, 3, 6, 7, 9]
        assert await outbox.acked(epoch, 2) == []
        assert await outbox.acked("another", 10) == []
        assert outbox.stats.committed == 6
        assert sorted(await outbox.acked(epoch, 10)) == [4, 5, 8, 10]
        stats = outbox.stats
    assert (stats.committed, stats.pending, stats.difference, stats.batches) == (10, 0, 0, 0)


async def test_custody_closes_in_every_state_and_after_reopening(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(9):
            await outbox.append(entry(n))
        await outbox.claim(9)
        await outbox.acked(outbox.stats.epoch, 2)
        await outbox.dead(5, "payload")
        await outbox.settle([7])
        before = outbox.stats
    async with opened(tmp_path) as outbox:
        after = outbox.stats
    for stats in (before, after):
        known = (stats.accepted, stats.committed, stats.dead, stats.pending, stats.difference)
        assert known == (9, 3, 1, 5, 0)


async def test_dead_letters_keep_body_and_reason(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        (batch,) = await outbox.claim(1)
        await outbox.dead(batch.id, "payload")
        await outbox.dead(batch.id, "payload")
        assert outbox.stats.dead == 1
    with closing(sqlite3.connect(tmp_path / "outbox.db")) as connection:
        assert connection.execute("SELECT reason, body FROM dead").fetchall() == [("payload", batch.body)]


async def test_a_replay_sends_again_and_counts_nothing_twice(tmp_path):
    clock = TestClock()
    async with opened(tmp_path, clock) as outbox:
        await outbox.append(entry(1))
        clock.shift = timedelta(hours=1)
        await outbox.append(entry(2))
        bodies = [batch.body for batch in await outbox.claim(2)]
        epoch = outbox.stats.epoch
        await outbox.acked(epoch, 2)
        assert await outbox.claim(2) == []
        assert await outbox.replay(clock.now() - timedelta(minutes=30)) == 1
        assert await outbox.replay(clock.now() - timedelta(hours=2)) == 1
        # The broker may still keep the old acknowledgement: it does not count for what was not sent again.
        assert await outbox.acked(epoch, 2) == []
        again = await outbox.claim(2)
        assert sorted(batch.body for batch in again) == sorted(bodies)
        assert len(await outbox.acked(epoch, 2)) == 2
        stats = outbox.stats
    assert (stats.accepted, stats.committed, stats.pending, stats.difference) == (2, 2, 0, 0)


async def test_kept_batches_go_after_keep_days(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox_module, "_HOUSEKEEPING_SECONDS", 0.05)
    clock = TestClock()
    async with opened(tmp_path, clock, keep_days=7) as outbox:
        await outbox.append(entry(1))
        await outbox.append(entry(2))
        await outbox.claim(2)
        await outbox.acked(outbox.stats.epoch, 1)
        await asyncio.sleep(0.3)
        assert len(on_disk(tmp_path)) == 2
        clock.shift = timedelta(days=8)
        await until(lambda: len(on_disk(tmp_path)) == 1)
        assert (outbox.stats.committed, outbox.stats.pending, outbox.stats.difference) == (1, 1, 0)


async def test_with_keep_zero_days_nothing_committed_stays(tmp_path):
    async with opened(tmp_path, keep_days=0) as outbox:
        await outbox.append(entry(1))
        await outbox.claim(1)
        await outbox.acked(outbox.stats.epoch, 1)
    assert on_disk(tmp_path) == []


async def test_with_nobody_to_answer_age_drops_and_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(outbox_module, "_HOUSEKEEPING_SECONDS", 0.05)
    clock = TestClock()
    async with opened(tmp_path, clock) as outbox:
        outbox.ages = True
        await outbox.append(entry(1))
        await outbox.append(audit())
        (batch, _) = await outbox.claim(2)
        await outbox.gone_up([batch.id])
        clock.shift = timedelta(days=8)
        await until(lambda: outbox.stats.pending == 0)
        stats = outbox.stats
    assert stats.dropped == {("billing", "aged"): 1, ("diagnostic", "aged"): 1}
    assert (stats.accepted, stats.difference) == (2, 0)


async def fill(outbox: Outbox, start: int = 0) -> int:
    """Append until it is full; how many entries went in."""
    for n in range(start, start + 10_000):
        try:
            await outbox.append(entry(*range(n * 200, n * 200 + 200), point=f"1-0:{n % 90}.7.0"))
        except OutboxFull as full:
            return n - start if full.reason == "cap" else -1
    raise AssertionError("never full")


async def test_at_the_cap_readings_are_refused_and_nothing_of_them_is_lost(tmp_path):
    async with opened(tmp_path, max_bytes=1_048_576) as outbox:
        count = await fill(outbox)
        stats = outbox.stats
        assert (stats.accepted, stats.pending, stats.difference) == (count * 200, count * 200, 0)
        assert stats.full
        assert (tmp_path / "outbox.db").stat().st_size <= 1_048_576
        # States, marks and acknowledgements still get through.
        await outbox.append(Entry(saves=(("k", b"v"),), marks=(mark(),)))
        assert await outbox.load("k") == b"v"
        await outbox.claim(count)
        await outbox.acked(stats.epoch, count // 2)
        # Room is made from what is kept, and appending goes on.
        assert await fill(outbox, 5_000) > count // 4
        stats = outbox.stats
    assert stats.difference == 0
    assert stats.dropped == {}


def mark(outcome: str = "ok") -> Mark:
    return Mark(task="t", target="l", slot=AT, meter="m", outcome=outcome)


async def test_at_the_cap_diagnostics_give_way_and_are_counted(tmp_path):
    async with opened(tmp_path, max_bytes=1_048_576) as outbox:
        for _ in range(20):
            await outbox.append(audit(json.dumps(list(range(2_000)))))
        count = await fill(outbox)
        stats = outbox.stats
        assert stats.dropped == {("diagnostic", "cap"): 20}
        assert stats.pending == count * 200
        # One more diagnostic: accepted, dropped and counted, its state kept, and its caller not held up.
        await outbox.append(Entry(audits=audit(secrets.token_hex(30_000)).audits, saves=(("s", b"1"),)))
        stats = outbox.stats
        assert await outbox.load("s") == b"1"
    assert stats.dropped == {("diagnostic", "cap"): 21}
    assert (stats.accepted, stats.difference) == (count * 200 + 21, 0)


async def test_at_the_cap_dead_diagnostics_give_way_before_waiting_ones(tmp_path):
    async with opened(tmp_path, max_bytes=1_048_576) as outbox:
        for _ in range(3):
            await outbox.append(audit("x" * 70_000))  # too long for a batch: dead at once
        await outbox.append(entry(1))
        (batch,) = await outbox.claim(1)
        await outbox.dead(batch.id, "payload")
        await outbox.append(audit(secrets.token_hex(15_000)))
        await fill(outbox)
        stats = outbox.stats
    assert stats.dropped[("diagnostic", "cap")] >= 3
    assert (stats.dead, stats.difference) == (1, 0)


async def test_a_mixed_entry_at_the_cap_is_refused_as_a_whole(tmp_path):
    async with opened(tmp_path, max_bytes=1_048_576) as outbox:
        await fill(outbox)
        before = outbox.stats
        big = Entry(readings=entry(*range(300)).readings, audits=audit().audits, marks=(mark(),))
        with pytest.raises(OutboxFull):
            await outbox.append(big)
        assert await outbox.slots("t", "l", AT) == {}
        assert outbox.stats.accepted == before.accepted


async def test_the_file_is_for_its_owner_alone(tmp_path):
    async with opened(tmp_path / "deep" / "state") as outbox:
        await outbox.append(entry(1))
        for part in (tmp_path / "deep" / "state").iterdir():
            assert stat.S_IMODE(part.stat().st_mode) == 0o600, part


async def test_two_daemons_do_not_share_a_file(tmp_path):
    async with opened(tmp_path):
        with pytest.raises(OutboxError, match="in use"):
            await Outbox.open(tmp_path / "outbox.db", store(), "so-001", TestClock())
    async with opened(tmp_path):
        pass


async def test_the_pragmas_are_those_of_a_durable_file(tmp_path):
    async with opened(tmp_path, max_bytes=2_097_152) as outbox:
        values = await outbox._do(
            lambda store: {
                name: store._connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "auto_vacuum", "max_page_count", "busy_timeout")
            }
        )
    known = {
        "journal_mode": "wal",
        "synchronous": 2,
        "auto_vacuum": 2,
        "max_page_count": 512,
        "busy_timeout": 5000,
    }
    assert values == known


async def test_a_new_number_for_a_batch(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        await outbox.append(entry(2))
        await outbox.claim(2)
        await outbox.renew(1)
        await outbox.append(entry(3))
        found = {batch.batch: batch.rows[0][2] for batch in on_disk(tmp_path)}
        assert found == {2: "0.02", 3: "0.01", 4: "0.03"}
        assert outbox.stats.difference == 0


async def test_commit_times_are_counted(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(5):
            await outbox.append(entry(n))
        stats = outbox.stats
    assert stats.commits == sum(stats.commit_buckets) == 5
    assert stats.commit_seconds > 0
    assert stats.oldest is not None
    assert 0 < stats.bytes < stats.limit
