"""From the spool through the review into the outbox, once."""

import asyncio
import json
from decimal import Decimal

import pytest

from gateway.dumps import importer
from gateway.dumps.register import Register
from protocols.reading import Flag, Method, Origin, State
from tests.gateway.dumps.bench import Bench
from tests.gateway.dumps.toy import archive, dump, line, meter
from tests.gateway.plant import FakeOutbox

METERS = [meter(str(1000 + n)) for n in range(40)]
KNOWN = archive(*METERS)


def rows(count=40, **given):
    return [line(str(1000 + n), **given) for n in range(count)]


async def test_rows_become_reviewed_readings(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    report = await bench.take(dump(tmp_path, *rows(39), line("1039", this="", at="", code="07")))
    assert report.committed
    assert (report.accepted, report.unread, report.states["PASSED"]) == (39, 1, 39)
    first = bench.readings()[0]
    assert (first.meter, first.point, first.value, first.unit) == (
        "1000",
        "1-0:1.8.0",
        Decimal("150.33"),
        "kWh",
    )
    assert (first.origin, first.method, first.state) == (Origin.HHU_KEYED, Method.LIVE, State.PASSED)
    assert first.at.isoformat() == "2024-05-01T08:30:00+08:00"
    assert first.source == "handheld"
    (event,) = bench.outbox.all("events")
    assert (event.meter, event.id) == ("1039", "handheld:failed")
    assert json.loads(event.detail)["ex_code"] == "07"
    (audit,) = bench.outbox.all("audits")
    assert (audit.actor, audit.action, audit.object, audit.outcome) == (
        "zhang",
        "import",
        report.receipt,
        "imported",
    )
    assert json.loads(audit.detail)["sha256"] == report.sha256
    assert bench.spool.stage(report.receipt) == "done"
    assert bench.spool.report(report.receipt)["accepted"] == 39


async def test_the_same_content_again_changes_nothing(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    path = dump(tmp_path, *rows())
    first = await bench.take(path)
    before = len(bench.outbox.entries)
    again = await bench.take(path)
    assert (again.repeated, again.accepted, again.duplicates) == (first.receipt, 0, 40)
    assert not again.committed
    assert len(bench.readings()) == 40
    assert len(bench.outbox.entries) == before


async def test_the_same_rows_in_another_file(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    await bench.take(dump(tmp_path, *rows(30)))
    report = await bench.take(dump(tmp_path, *rows(40)))
    assert (report.accepted, report.duplicates, report.committed) == (10, 30, True)
    assert len(bench.readings()) == 40
    more = await bench.take(dump(tmp_path, line("1000", this="150.34"), name="b.csv"))
    assert (more.accepted, [note.rule for note in more.notes]) == (1, ["R004"])
    last = bench.readings()[-1]
    assert (last.version, last.state, last.reason) == (2, State.SUSPECT, "R004")
    assert last.flags & Flag.DUPLICATE
    assert (await bench.take(dump(tmp_path, line("1000", this="150.35"), name="c.csv"))).accepted == 1
    assert bench.readings()[-1].version == 3


async def test_a_refused_file_leaves_nothing_and_may_come_again(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    report = await bench.take(dump(tmp_path, *rows(10), line("1020", this="x")))
    assert not report.committed
    assert not bench.readings()
    assert bench.outbox.all("audits")[0].outcome == "refused"
    again = await bench.take(dump(tmp_path, *rows(10), line("1020", this="x")))
    assert not again.repeated


async def test_doubted_rows_go_up_with_their_state(tmp_path):
    known = archive(meter("1000", ct=Decimal(40)), meter("1001"))
    bench = Bench(tmp_path, known)
    report = await bench.take(dump(tmp_path, line("1000"), line("1001", last="153.03")))
    assert report.states == {"SUSPECT": 2}
    assert [(reading.reason, reading.flags) for reading in bench.readings()] == [
        ("R011", Flag.MULT_CHANGED),
        ("H001", 0),
    ]
    assert {finding.rule for finding in bench.outbox.all("findings")} == {"R011", "H001", "H003"}
    assert bench.reviewer.base("1000", "1-0:1.8.0") is None
    again = await bench.take(
        dump(tmp_path, line("1001", at="2024-05-01 09:00", last="150.33", this="150.40"))
    )
    assert again.states == {"PASSED": 1}
    cleared = [finding for finding in bench.outbox.all("findings") if finding.state == "cleared"]
    assert {finding.rule for finding in cleared} == {"H001", "H003"}


async def test_hand_held_meets_automatic(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    await bench.take(dump(tmp_path, line("1000", this="150.33")))
    blob = bench.outbox.states["base:line"]
    assert blob
    bench.begin()
    report = await bench.take(dump(tmp_path, line("1000", this="140.33", at="2024-05-01 12:00", last="")))
    assert "R020" in report.rules


class Killed(Exception):
    """The process ends here."""


class Mortal(FakeOutbox):
    """Dies after so many entries, with the last one durable or not."""

    def __init__(self, entries, durable):
        super().__init__(0)
        self.left, self.durable = entries, durable

    async def append(self, entry):
        self.left -= 1
        if self.left or self.durable:
            await super().append(entry)
        if not self.left:
            raise Killed


@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("entries", [1, 2, 5])
async def test_a_kill_anywhere_loses_nothing_and_doubles_nothing(tmp_path, monkeypatch, entries, durable):
    monkeypatch.setattr(importer, "_CHUNK", 7)
    bench = Bench(tmp_path, KNOWN, outbox=Mortal(entries, durable))
    path = dump(tmp_path, *rows(20), line("1000", this="x"), *rows(40)[20:])
    ticket = bench.bring(path)
    with pytest.raises(Killed):
        await bench.importer.take(ticket)
    assert [one.receipt for one in bench.spool.waiting()] == [ticket.receipt]
    bench.begin()
    report = await bench.importer.take(ticket)
    assert report.committed
    assert sorted(reading.meter for reading in bench.readings()) == [m.asset_no for m in METERS]
    with Register(tmp_path / "dumps" / "register.db") as register:
        assert register.repeated(report.sha256) == ticket.receipt


class Brim(FakeOutbox):
    """Takes no readings while it is full."""

    async def append(self, entry):
        self.full = self.brim and bool(entry.readings)
        await super().append(entry)


async def test_a_full_outbox_refuses_and_the_file_may_come_again(tmp_path):
    outbox = Brim(0)
    bench = Bench(tmp_path, KNOWN, outbox=outbox)
    outbox.brim = True
    path = dump(tmp_path, *rows())
    report = await bench.take(path)
    assert [reason for reason, _ in report.refused] == ["outbox_full"]
    assert not bench.readings()
    outbox.brim = False
    assert (await bench.take(path)).committed


async def test_estimates_and_missing_intervals_pass_by_the_review(tmp_path):
    bench = Bench(tmp_path, KNOWN)
    head = "资产编号,本次示数,抄表时间,估抄标志"
    path = dump(tmp_path, "1000,150.33,2024-05-01 08:00,1", "1001,150.33,2024-05-01 08:00,0", head=head)
    report = await bench.take(path)
    assert report.states == {"ESTIMATED": 1, "PASSED": 1}
    assert bench.reviewer.base("1000", "1-0:1.8.0") is None


async def test_a_profile_that_came_with_the_file(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(
        'title = "v"\ntitle_zh = "v"\nformat = "delimited"\nheader = false\n[columns]\nasset_no = 1\nthis_read = 2\n'
        "read_time = 3\n",
        "utf-8",
    )
    path = dump(tmp_path, "1000,5.5,2024-05-01 08:00", head="1001,6.5,2024-05-01 08:00")
    bench = Bench(tmp_path, KNOWN)
    report = await bench.take(path, profile=own)
    assert (report.accepted, report.profile) == (2, "own")
    assert [one for one, _ in (await bench.take(path, profile="none")).refused] == ["profile"]


async def test_run_takes_what_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(importer, "_NAP", 0.01)
    bench = Bench(tmp_path, KNOWN)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        task = group.create_task(bench.importer.run())
        tickets = [
            bench.bring(dump(tmp_path, line("1000", this=f"15{n}.33"), name=f"{n}.csv")) for n in range(3)
        ]
        while any(bench.spool.stage(ticket.receipt) != "done" for ticket in tickets):
            await asyncio.sleep(0.01)
        task.cancel()
    assert bench.importer.counts.taken == 3
