"""The way into the outbox: entries share commits, within bounds, and nothing is lost when it is full."""

import asyncio
from dataclasses import fields

from gateway.outbox.entry import Entry, Mark
from gateway.sink import Sink, cursor_key, read_cursor
from protocols.reading import Reading
from tests.gateway.plant import BEGAN, FakeOutbox, LoopClock, in_virtual_time


def entry(n, rows=1):
    reading = Reading(meter=f"M{n}", point="p", value=None, unit="", at=BEGAN, read_at=BEGAN)
    return Entry(readings=(reading,) * rows)


@in_virtual_time
async def test_what_arrives_during_a_commit_shares_the_next():
    outbox = FakeOutbox(seconds=1.0)
    sink = Sink(outbox, LoopClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.run())
        for n in range(20):
            await sink.room()
            sink.put(entry(n))
            await asyncio.sleep(0.01)
        await sink.drain()
        task.cancel()
    assert [r.meter for r in outbox.all("readings")] == [f"M{n}" for n in range(20)]
    assert len(outbox.entries) == 2


@in_virtual_time
async def test_sharing_a_commit_leaves_nothing_out():
    outbox = FakeOutbox()
    sink = Sink(outbox, LoopClock())
    lists = [one.name for one in fields(Entry) if one.name not in {"urgent", "marks"}]
    mark = Mark(task="t", target="l", slot=BEGAN, meter="M1", outcome="ok")
    sink.put(Entry(marks=(mark,)))
    for name in lists:
        sink.put(Entry(**{name: ((name, b""),)}))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.run())
        await sink.drain()
        task.cancel()
    assert outbox.all("marks") == [mark]
    for name in lists:
        assert (name, b"") in outbox.all(name)


@in_virtual_time
async def test_a_full_outbox_holds_the_producer_and_keeps_everything():
    outbox = FakeOutbox()
    outbox.full = True
    sink = Sink(outbox, LoopClock())
    put = []

    async def produce():
        for n in range(500):
            await sink.room()
            sink.put(entry(n))
            put.append(n)
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.run())
        producer = group.create_task(produce())
        await asyncio.sleep(100)
        assert len(put) < 40
        assert sink.full
        outbox.full = False
        await producer
        await sink.drain()
        task.cancel()
    assert not sink.full
    assert [r.meter for r in outbox.all("readings")] == [f"M{n}" for n in range(500)]


@in_virtual_time
async def test_one_commit_takes_no_more_than_so_many_rows():
    outbox = FakeOutbox()
    sink = Sink(outbox, LoopClock())
    for n in range(10):
        sink.put(entry(n, rows=200))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.run())
        await sink.drain()
        task.cancel()
    assert [len(found.readings) for found in outbox.entries] == [400] * 5


@in_virtual_time
async def test_nothing_is_not_written():
    sink = Sink(FakeOutbox(), LoopClock())
    sink.put(Entry())
    await sink.drain()


def test_cursors_are_read_back():
    assert read_cursor(None) == (None, None)
    text = f'{{"since":"{BEGAN.isoformat()}","done":"{BEGAN.isoformat()}"}}'
    assert read_cursor(text.encode()) == (BEGAN, BEGAN)
    assert cursor_key("t", "line") == "cursor:t:line"
