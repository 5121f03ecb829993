"""Meter exchanges: complete ones are recorded with all registers, others are told to a person."""

import re
from decimal import Decimal

from config.archive import Exchange
from gateway.dumps.exchanges import append, fresh_of
from gateway.dumps.recorded import EXCHANGES, with_recorded
from protocols.reading import Flag, State
from tests.gateway.dumps.bench import Bench
from tests.gateway.dumps.toy import NOW, archive, dump, meter

HEAD = "资产编号,示数类型,本次示数,抄表时间,旧表止码,新表起码,换表时间,新表号"
KINDS = ("总", "尖", "峰", "平", "谷")
OLD, NEW = meter("OLD", "1", mp_no="MP1", ct=Decimal(40)), meter("NEW", "2", mp_no="MP1")


def rows(kinds=KINDS):
    told = {
        kind: ("5.70", "1010.50", "0.20") if kind == "总" else ("1.43", "252.63", "0.05") for kind in kinds
    }
    stem, end = "2024-05-01 08:30", "2024-04-20 10:00,NEW"
    return [
        f"OLD,{kind},{this},{stem},{final},{initial},{end}" for kind, (this, final, initial) in told.items()
    ]


async def test_a_complete_exchange(tmp_path):
    bench = Bench(tmp_path, archive(OLD, NEW))
    report = await bench.take(dump(tmp_path, *rows(), head=HEAD))
    assert (report.exchanges, report.accepted) == (1, 5)
    (made,) = bench.archive.exchanges
    assert (made.mp_no, made.old_asset, made.new_asset, made.ct) == ("MP1", "OLD", "NEW", Decimal(40))
    assert made.at.isoformat() == "2024-04-20T10:00:00+08:00"
    points = {"1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2", "1-0:1.8.3", "1-0:1.8.4"}
    assert set(made.old_finals) == set(made.new_initials) == points
    assert made.old_finals["1-0:1.8.0"] == Decimal("1010.50")
    readings = bench.readings()
    assert {reading.meter for reading in readings if reading.value == Decimal("5.70")} == {"NEW"}
    finals = [reading for reading in readings if reading.meter == "OLD"]
    assert {reading.point for reading in finals} == points
    assert all(reading.flags & Flag.EXCHANGED and reading.state is State.PASSED for reading in finals)
    assert {event.id for event in bench.outbox.all("events")} == {"handheld:exchange"}
    table = (tmp_path / "dumps" / EXCHANGES).read_text("utf-8")
    assert table.splitlines()[0].startswith("mp_no,old_asset,new_asset,at,ct,pt,old:1-0:1.8.0")


async def test_without_all_tariffs_the_period_is_not_computable(tmp_path):
    bench = Bench(tmp_path, archive(OLD, NEW))
    report = await bench.take(dump(tmp_path, *rows(KINDS[:4]), head=HEAD))
    assert report.exchanges == 0
    assert not bench.archive.exchanges
    assert [note.rule for note in report.notes] == ["H008"]
    assert "old:1-0:1.8.4" in report.notes[0].value
    assert "H008" in {finding.rule for finding in bench.outbox.all("findings")}


async def test_a_meter_with_one_register(tmp_path):
    bench = Bench(tmp_path, archive(meter("OLD", "1", tariffs=0), NEW))
    assert (await bench.take(dump(tmp_path, *rows(("总",)), head=HEAD))).exchanges == 1


async def test_a_new_meter_that_the_archive_does_not_know_yet(tmp_path):
    bench = Bench(tmp_path, archive(OLD))
    path = dump(tmp_path, *(re.sub(",[0-9.]*,2024-05-01 08:30,", ",,,", row) for row in rows()), head=HEAD)
    report = await bench.take(path)
    assert (report.exchanges, report.unread) == (1, 5)
    assert bench.archive.exchanges[0].new_asset == "NEW"
    assert {reading.meter for reading in bench.readings()} == {"OLD"}


def test_the_archives_own_go_first(tmp_path):
    one = Exchange(
        mp_no="MP1", old_asset="OLD", new_asset="NEW", at=NOW, old_finals={"1-0:1.8.0": Decimal(5)},
        new_initials={"1-0:1.8.0": Decimal("0.1")},
    )  # fmt: skip
    assert fresh_of(tmp_path, [one]) == [one]
    append(tmp_path, [one])
    assert not fresh_of(tmp_path, [one])
    assert with_recorded(archive(OLD), tmp_path).exchanges == (one,)
    own = archive(OLD, exchanges=(one,))
    assert with_recorded(own, tmp_path) is own
    (tmp_path / EXCHANGES).write_text("nonsense\n1\n")
    assert not with_recorded(archive(OLD), tmp_path).exchanges
