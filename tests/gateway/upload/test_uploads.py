"""The life of an upload across restarts, races and full disks (gateway.upload.uploads)."""

import asyncio
import os
import time

import pytest

from gateway.dumps.spool import Spool
from gateway.upload import uploads as module
from gateway.upload.errors import NotNow, Refused
from gateway.upload.record import Record
from gateway.upload.uploads import Limits, Store, Uploads, Who
from gateway.upload.views import Views
from tests.gateway.upload.toy import Desk, Hands, dump, house, refusing

LI = Who("li", "192.0.2.1")


def made(folder, checker=None, clock=None):
    store = Store(Record(folder / "record.jsonl"), Spool(folder / "spool"), Views(folder / "views"))
    desk = Desk(checker or refusing("header"), Views(folder / "views"))
    desk.spool = Spool(folder / "spool")
    return Uploads(store, desk, clock or Hands(), Limits(1000))


async def body(*chunks):
    for chunk in chunks:
        yield chunk


async def settled(uploads, condition):
    """Let the uploads work until a condition holds."""
    running = asyncio.create_task(uploads.run())
    try:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def state(uploads, number):
    return uploads.record.find(number).state


async def test_what_was_received_is_checked_after_a_restart(tmp_path):
    number = (await made(tmp_path).receive(body(b"abc"), "x.csv", LI)).number
    again = made(tmp_path)
    await settled(again, lambda: state(again, number) == "checked")
    assert again.record.find(number).reason == "header"
    assert not again.view(again.record.find(number))["ok"]


async def test_a_view_that_went_missing_is_made_again(tmp_path):
    uploads = made(tmp_path)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    await settled(uploads, lambda: state(uploads, number) == "checked")
    for path in (tmp_path / "views").iterdir():
        path.unlink()
    assert uploads.view(uploads.record.find(number)) is None
    assert uploads.busy(number)
    await settled(uploads, lambda: uploads.view(uploads.record.find(number)) is not None)


async def test_who_sees_a_report_may_confirm(tmp_path):
    uploads = made(tmp_path)
    upload = await uploads.receive(body(b"abc"), "x.csv", LI)
    Views(tmp_path / "views").put(upload.number, refusing("header")(tmp_path, print).as_json())
    assert uploads.report(upload) is None
    await settled(uploads, lambda: state(uploads, upload.number) == "checked")
    assert uploads.report(uploads.record.find(upload.number)) is not None


async def test_what_nobody_confirms_expires(tmp_path):
    clock = Hands()
    uploads = made(tmp_path, clock=clock)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    await settled(uploads, lambda: state(uploads, number) == "checked")
    clock.seconds = 24 * 3600 + 1
    await settled(uploads, lambda: state(uploads, number) == "expired")
    assert not list((tmp_path / "spool/held").iterdir())


async def test_a_step_that_was_taken_and_not_recorded_is_caught_up(tmp_path):
    uploads = made(tmp_path)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    await settled(uploads, lambda: state(uploads, number) == "checked")
    Spool(tmp_path / "spool").confirm(number)
    again = made(tmp_path)
    await settled(again, lambda: state(again, number) == "confirmed")


async def test_a_report_that_cannot_be_read_is_no_success(tmp_path):
    uploads = made(tmp_path)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    spool = Spool(tmp_path / "spool")
    spool.confirm(number)
    (tmp_path / "spool/in" / number).rename(tmp_path / "spool/done" / number)
    await settled(uploads, lambda: state(uploads, number) == "refused")


async def test_what_vanished_ends(tmp_path):
    uploads = made(tmp_path)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    Spool(tmp_path / "spool").withdraw(number)
    await settled(uploads, lambda: state(uploads, number) == "expired")
    with pytest.raises(Refused):
        await uploads.confirm(number, LI)


async def test_only_one_of_two_words_counts(tmp_path):
    async with house(tmp_path) as place, place.signed_in() as client:
        number = await client.checked(dump("1001"))
        answers = await asyncio.gather(
            *(client.post(f"/uploads/{number}/{word}") for word in ("confirm", "withdraw") * 3)
        )
        assert [answer.status for answer in answers].count(303) == 1
        events = [event["event"] for event in Record.events(place.places.record)]
        assert len(events) == 3


async def test_the_record_slow_as_a_bad_disk_tells_each_step_once(tmp_path, monkeypatch):
    """While a step is being written, whoever follows the uploads does not tell it again."""
    put = Record.put

    def slow(self, *arguments, **given):
        time.sleep(0.15)
        return put(self, *arguments, **given)

    async with house(tmp_path) as place, place.signed_in() as client:
        numbers = [await client.checked(dump(asset)) for asset in ("1001", "1002")]
        monkeypatch.setattr(Record, "put", slow)
        for number, word in zip(numbers, ("withdraw", "confirm"), strict=True):
            assert (await client.post(f"/uploads/{number}/{word}")).status == 303
        events = [(event["number"], event["event"]) for event in Record.events(place.places.record)]
        assert events[4:] == [(numbers[0], "withdrawn"), (numbers[1], "confirmed")]


async def test_a_body_that_breaks_off_leaves_nothing(tmp_path):
    async def broken():
        yield b"abc"
        raise ConnectionResetError

    uploads = made(tmp_path)
    with pytest.raises(Refused):
        await uploads.receive(broken(), "x.csv", LI)
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]
    assert not uploads.record.newest(1)
    assert (await uploads.receive(body(b"abc"), "x.csv", LI)).size == 3


async def test_a_full_disk_is_told(tmp_path, monkeypatch):
    from gateway.dumps import spool

    def full(_handle):
        raise OSError(28, os.strerror(28))

    uploads = made(tmp_path)
    monkeypatch.setattr(spool.os, "fsync", full)
    with pytest.raises(NotNow):
        await uploads.receive(body(b"abc"), "x.csv", LI)
    monkeypatch.undo()
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


async def test_the_collector_keeps_its_part_of_the_disk(tmp_path, monkeypatch):
    uploads = made(tmp_path)
    monkeypatch.setattr(Views, "free", lambda _self: 1000 + Limits().reserve_bytes - 1)
    with pytest.raises(NotNow, match="disk"):
        await uploads.receive(body(b"abc"), "x.csv", LI)
    monkeypatch.setattr(Views, "free", lambda _self: 1000 + Limits().reserve_bytes)
    await uploads.receive(body(b"abc"), "x.csv", LI)


async def test_not_more_than_four_bodies_at_once(tmp_path):
    uploads, go = made(tmp_path), asyncio.Event()

    async def slow():
        await go.wait()
        yield b"abc"

    async with asyncio.timeout(20):
        tasks = [asyncio.create_task(uploads.receive(slow(), "x.csv", Who(str(n), ""))) for n in range(4)]
        while uploads._receiving < 4:
            await asyncio.sleep(0.01)
        with pytest.raises(NotNow):
            await uploads.receive(body(b"abc"), "x.csv", LI)
        go.set()
        await asyncio.gather(*tasks)
    assert (await uploads.receive(body(b"abc"), "x.csv", LI)).size == 3


async def test_not_more_than_so_many_wait(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_HELD", 2)
    uploads = made(tmp_path)
    for number in range(2):
        await uploads.receive(body(b"abc"), "x.csv", Who(str(number), ""))
    with pytest.raises(NotNow):
        await uploads.receive(body(b"abc"), "x.csv", LI)


async def test_the_check_tells_how_far_it_is(tmp_path):
    import threading

    from gateway.dumps.report import Report

    go = threading.Event()

    def slow(path, progress):
        progress(4000)
        go.wait(20)
        return Report(file=path.name)

    uploads = made(tmp_path, slow)
    number = (await uploads.receive(body(b"abc"), "x.csv", LI)).number
    await settled(uploads, lambda: uploads.progress.get(number) == 4000 and (go.set() or True))
