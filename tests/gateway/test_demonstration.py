from dataclasses import replace
from decimal import Decimal

import pytest

from config.archive import Meter
from gateway import payload
from gateway.clock import SystemClock
from gateway.demonstration import Summary, Tap, accepted
from gateway.finding import SlotReport
from tests.servers.outbox_support import AT, entry, opened, reading, store

CLEAN = Summary(
    meters=1,
    meters_answering=1,
    readings_asked=5,
    readings_accepted=5,
    readings_published=5,
    readings_committed=5,
    lost=0,
    duplicates=0,
    invented=0,
    findings=0,
    findings_by_rule={},
    bus_utilisation={"line1": 0.1},
    seconds=1.0,
)


@pytest.mark.parametrize(
    "fault", [{"lost": 1}, {"duplicates": 1}, {"invented": 1}, {"readings_committed": 0}]
)
def test_a_summary_with_a_fault_is_not_ok(fault):
    assert CLEAN.ok
    assert not replace(CLEAN, **fault).ok


def batch(number, kind, *records):
    return payload.decode(payload.encode("so-001", "e1", number, kind, payload.rows_of(kind, records)))


def meter(name, target):
    return Meter(asset_no=name, address="000000000001", target=target, protocol="dlt645-2007")


def test_rows_show_the_last_total_and_a_batch_counts_once():
    one = reading(1)
    tap = Tap("so-001", [meter(one.meter, "line1"), meter("m9", "line2")], {})
    tap.take(batch(1, "reading", one))
    tap.take(batch(1, "reading", one))
    assert tap.published == 1
    assert [(row.reads, row.value) for row in tap.rows_of("line1")] == [(1, str(one.value))]
    assert [row.reads for row in tap.rows_of("line2")] == [0]


def test_a_slot_in_several_rows_was_due_once():
    tap = Tap("so-001", [], {"daily": 5})
    parts = [
        SlotReport(task="daily", target="line1", slot=AT, due=300, present=200, outcomes=(("m1", "ok"),)),
        SlotReport(
            task="daily", target="line1", slot=AT, due=300, present=200, outcomes=(("m2", "timeout"),)
        ),
    ]
    tap.take(batch(1, "slot", parts[0]))
    tap.take(batch(2, "slot", parts[1]))
    assert tap.asked == 1500


async def test_what_the_outbox_took_is_found_again_also_when_committed(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1, 2))
        (claimed,) = await outbox.claim(10)
        await outbox.acked(claimed.epoch, claimed.number)
        await outbox.settle([claimed.id])
        assert not await outbox.claim(10)
    found = await accepted(tmp_path / "outbox.db", store(), "so-001", SystemClock())
    assert sorted(found.values()) == [Decimal("0.01"), Decimal("0.02")]
