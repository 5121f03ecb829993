"""Slots polled, closed, missed and filled again, in virtual time."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from drivers.order import Priority, Want
from gateway.ledger import BACKFILLED, LATE, OK
from gateway.poller import Poller, PollStats
from protocols.reading import Flag, Method, State
from tests.gateway.plant import BEGAN, POINT, ZONE, FakeBus, FakeOutbox, LoopClock, Plant, in_virtual_time

QUARTER = 900
assert Poller
assert PollStats


def _slots(plant):
    return Counter(report.slot for report in plant.outbox.all("slots"))


@in_virtual_time
async def test_every_meter_is_asked_once_in_every_slot():
    plant = Plant(3)
    await plant.run(4 * QUARTER)
    asked = Counter(asset for asset, _ in plant.polled())
    assert asked == {"M00": 5, "M01": 5, "M02": 5}
    assert set(_slots(plant).values()) == {1}
    assert all(set(marks.values()) == {OK} for marks in plant.marks().values())
    assert len(plant.marks()) == 5
    assert plant.poller.stats.slots_missed == 0


@in_virtual_time
async def test_values_arrive_reviewed_and_with_the_slot_they_belong_to():
    plant = Plant(2)
    await plant.run(QUARTER)
    readings = plant.outbox.all("readings")
    assert {r.state for r in readings} == {State.PASSED}
    assert all(r.value == FakeBus.value(r.at) for r in readings)
    report = plant.outbox.all("slots")[0]
    assert (report.task, report.due, report.present) == ("t", 2, 2)
    assert report.outcomes == (("M00", OK), ("M01", OK))


@in_virtual_time
async def test_marks_are_in_the_entry_of_the_values():
    plant = Plant(2)
    await plant.run(QUARTER)
    for entry in plant.outbox.entries:
        assert {m.meter for m in entry.marks if m.outcome == OK} == {r.meter for r in entry.readings}


@in_virtual_time
async def test_a_dead_meter_is_tried_twice_and_the_others_are_not_held_up():
    plant = Plant(10)
    plant.bus.dead = {"M03"}
    await plant.run(10 * QUARTER - 60)
    reports = plant.outbox.all("slots")
    assert all(report.present == 9 for report in reports)
    tries = Counter(asset for asset, _ in plant.polled())
    assert tries["M03"] == 2 * len(reports)
    assert all(tries[f"M{n:02}"] == len(reports) for n in range(10) if n != 3)
    second = [
        asset
        for at, _, asset, want, _ in plant.bus.asked
        if want is Want.LIVE and at > BEGAN + timedelta(seconds=QUARTER - 60)
    ]
    assert second[9] == "M03"


@in_virtual_time
async def test_an_absent_meter_is_a_finding_after_two_slots():
    plant = Plant(2)
    plant.bus.dead = {"M01"}
    await plant.run(3 * QUARTER)
    found = [(f.rule, f.meter, f.state) for f in plant.outbox.all("findings")]
    assert found[0] == ("R003", "M01", "open")
    assert {meter for _, meter, _ in found} == {"M01"}


@in_virtual_time
async def test_an_open_circuit_is_not_tried_again_in_the_slot():
    plant = Plant(2)
    plant.bus.dead = plant.bus.open = {"M01"}
    await plant.run(QUARTER - 60)
    assert Counter(asset for asset, _ in plant.polled()) == {"M00": 1, "M01": 1}


@in_virtual_time
async def test_a_link_that_comes_back_within_the_slot_loses_nothing():
    plant = Plant(3)
    plant.bus.down = True

    def heal():
        plant.bus.down = False

    await plant.run(QUARTER - 60, (200, heal))
    (report,) = plant.outbox.all("slots")
    assert report.present == 3
    assert plant.poller.stats.missing == 0


@in_virtual_time
async def test_more_work_than_time_is_late_slots_and_never_a_queue():
    """Four times what the bus can do: slots close on time, the rest is counted, and everybody has a turn."""
    plant = Plant(40, every="1m", model={}, source="live")
    plant.bus.seconds = 6.0
    await plant.run(40 * 60)
    reports = plant.outbox.all("slots")
    assert plant.bus.most_busy == 1
    assert len(plant.sink._waiting) == 0
    assert 38 <= len(reports) <= 41
    late = sum(outcome == LATE for report in reports for _, outcome in report.outcomes)
    assert late == plant.poller.stats.slots_missed
    assert late > 1000
    turns = Counter(asset for asset, _ in plant.polled())
    assert len(turns) == 40
    assert max(turns.values()) - min(turns.values()) <= 2


@in_virtual_time
async def test_a_full_outbox_stops_the_asking_and_it_goes_on_by_itself():
    plant = Plant(30, every="1m")
    plant.bus.seconds = 0.1
    plant.outbox.full = True
    seen = []

    def drain():
        plant.outbox.full = False

    await plant.run(
        900,
        (300, lambda: seen.append(len(plant.bus.asked))),
        (500, lambda: seen.append(len(plant.bus.asked))),
        (510, lambda: seen.append(plant.sink.full)),
        (520, drain),
        (540, lambda: seen.append(plant.sink.full)),
    )
    assert seen[0] == seen[1] < 100
    assert seen[2:] == [True, False]
    assert plant.poller.stats.slots_missed > 0
    assert len(plant.outbox.all("readings")) == len(plant.polled()) + len(plant.polled(Want.LOAD_RECORD))


@in_virtual_time
async def test_missed_slots_are_filled_oldest_first_from_the_load_record():
    plant = Plant(2)
    plant.bus.down = True

    def heal():
        plant.bus.down = False

    await plant.run(30 * QUARTER, (6 * QUARTER, heal))
    filled = [at for _, at in plant.polled(Want.LOAD_RECORD) if at is not None]
    came = [r for r in plant.outbox.all("readings") if r.flags & Flag.LATE]
    assert {r.method for r in came} == {Method.CURVE}
    assert all(r.value == FakeBus.value(r.at) for r in came)
    marks = plant.marks()
    assert all(len(found) == 2 and set(found.values()) <= {OK, BACKFILLED} for found in marks.values())
    assert filled
    healed = BEGAN + timedelta(seconds=6 * QUARTER)
    after = [at for when, _, _, want, at in plant.bus.asked if want is Want.LOAD_RECORD and when > healed]
    firsts = list(dict.fromkeys(after))
    assert firsts[:3] == sorted(firsts[:3])


@in_virtual_time
async def test_a_filled_slot_is_reported_again():
    plant = Plant(2)
    plant.bus.dead = {"M01"}

    def revive():
        plant.bus.dead = set()

    await plant.run(8 * QUARTER, (QUARTER - 100, revive))
    first, second = [report for report in plant.outbox.all("slots") if _slots(plant)[report.slot] == 2][:2]
    assert (first.present, second.present) == (1, 2)
    assert second.outcomes == (("M01", BACKFILLED),)


@in_virtual_time
async def test_backfill_takes_at_most_its_share_and_never_a_live_slots_time():
    plant = Plant(20)
    plant.bus.seconds = 2.0
    plant.bus.down = True

    def heal():
        plant.bus.down = False

    await plant.run(40 * QUARTER, (20 * QUARTER, heal))
    late = [
        (at, p)
        for at, p, _, want, _ in plant.bus.asked
        if want is Want.LOAD_RECORD and p is Priority.BACKFILL
    ]
    healed = [at for at, _ in late if at > BEGAN + timedelta(seconds=20 * QUARTER + 60)]
    span = (healed[-1] - healed[0]).total_seconds()
    assert len(healed) > 50
    assert len(healed) * 2.0 / span <= 0.31
    live = [(at, asset) for at, _, asset, want, _ in plant.bus.asked if want is Want.LIVE]
    for slot in range(21, 24):
        due = BEGAN.replace(second=0) + timedelta(seconds=slot * QUARTER)
        done = [at for at, _ in live if due <= at < due + timedelta(seconds=QUARTER)]
        assert len(done) == 20
        assert (done[-1] - due).total_seconds() <= 20 * 2.0 + 2.0 + 1.5
    assert plant.bus.most_busy <= 2


def late_evening():
    """A clock that shows 23:50:30 local on 1 May."""
    clock = LoopClock()
    clock.offset = timedelta(hours=13, minutes=50)
    return clock


@in_virtual_time
async def test_a_daily_slot_is_read_from_the_freeze_of_its_midnight():
    plant = Plant(2, every="1d", clock=late_evening())
    await plant.run(1800)
    freezes = plant.polled(Want.FREEZE)
    assert not plant.polled(Want.LIVE)
    days = sorted({at for _, at in freezes})
    assert [at.astimezone(ZONE).isoformat() for at in days] == [
        "2026-05-01T00:00:00+08:00",
        "2026-05-02T00:00:00+08:00",
    ]
    assert len(freezes) == 4
    assert {(r.method, r.state) for r in plant.outbox.all("readings")} == {(Method.FREEZE, State.PASSED)}


@in_virtual_time
async def test_a_meter_without_freezes_is_read_live_at_midnight():
    plant = Plant(1, every="1d", model={}, clock=late_evening())
    await plant.run(1200)
    assert len(plant.polled(Want.LIVE)) == 2


@in_virtual_time
async def test_a_freeze_that_is_not_there_yet_is_asked_for_the_same_night():
    plant = Plant(1, every="1d", clock=late_evening())
    plant.bus.without = {("M00", Want.FREEZE)}

    def appear():
        plant.bus.without = set()

    await plant.run(600 + 2 * 3600, (600 + 1800 + 60, appear))
    midnight = plant.poller.plans[0].grid.at(plant.clock.now())
    tries = [(when - midnight).total_seconds() for when, _, _, _, at in plant.bus.asked if at == midnight]
    assert [round(t / 60) for t in tries] == [3, 30, 60]


@in_virtual_time
async def test_a_slot_that_is_taken_up_late_in_the_day_waits_for_a_link_that_comes_soon():
    plant = Plant(2, every="1d", clock=late_evening())
    plant.bus.down = True

    def heal():
        plant.bus.down = False

    await plant.run(120, (40, heal))
    assert plant.poller.stats.present == {"t": 2}
    assert {p for _, p, _, _, _ in plant.bus.asked} == {Priority.SCHEDULED}


@in_virtual_time
async def test_what_came_late_is_present_in_the_last_slot():
    plant = Plant(2, every="1d", clock=late_evening())
    plant.bus.without = {("M00", Want.FREEZE)}
    seen = []

    def appear():
        seen.append(dict(plant.poller.stats.present))
        plant.bus.without = set()

    await plant.run(600 + 2 * 3600, (600 + 1800 + 60, appear))
    assert (seen, plant.poller.stats.present) == ([{"t": 1}], {"t": 2})


@in_virtual_time
async def test_a_month_is_read_from_the_settlement_day():
    plant = Plant(1, every="1mo")
    await plant.run(3600)
    ((_, at),) = plant.polled(Want.SETTLEMENT)
    assert at.astimezone(plant.reviewer._tz).isoformat() == "2026-05-01T00:00:00+08:00"


@in_virtual_time
async def test_what_a_meter_does_not_keep_is_not_asked_for():
    plant = Plant(1, model={})
    plant.bus.dead = {"M00"}
    await plant.run(4 * QUARTER)
    assert not plant.polled(Want.LOAD_RECORD)
    assert plant.poller.stats.missing == 0


@in_virtual_time
async def test_a_restart_in_a_slot_asks_only_who_is_missing():
    outbox = FakeOutbox()
    first = Plant(4, outbox=outbox)
    await first.run(1.2)
    done = {asset for marks in first.marks().values() for asset in marks}
    assert 0 < len(done) < 4
    second = Plant(4, outbox=outbox)
    await second.run(60)
    assert {asset for asset, _ in second.polled()} == {"M00", "M01", "M02", "M03"} - done
    assert len(second.marks()) == 1


@in_virtual_time
async def test_after_a_restart_the_last_slot_is_shown_as_it_was():
    first = Plant(4, every="1d", source="live")
    await first.run(60)
    shown = first.poller.stats.present, first.poller.stats.last_slot
    assert shown[0] == {"t": 4}
    again = Plant(4, every="1d", source="live", outbox=first.outbox)
    await again.run(1)
    assert (again.poller.stats.present, again.poller.stats.last_slot) == shown
    assert not again.bus.asked


@in_virtual_time
async def test_slots_of_an_outage_are_filled_after_the_restart():
    outbox = FakeOutbox()
    await Plant(2, outbox=outbox).run(QUARTER)
    clock = type(Plant(1).base)()
    clock.offset = timedelta(hours=3)
    late = Plant(2, outbox=outbox, clock=clock)
    await late.run(4 * QUARTER)
    slots = sorted(late.marks())
    assert [b - a for a, b in pairwise(slots)] == [timedelta(minutes=15)] * (len(slots) - 1)
    assert all(len(found) == 2 for found in late.marks().values())
    assert late.polled(Want.LOAD_RECORD)


@in_virtual_time
async def test_backfill_reaches_no_further_than_it_may():
    outbox = FakeOutbox()
    await Plant(1, outbox=outbox).run(QUARTER)
    clock = type(Plant(1).base)()
    clock.offset = timedelta(days=5)
    late = Plant(1, outbox=outbox, clock=clock, backfill_days=2)
    await late.run(QUARTER)
    oldest = min(at for _, at in late.polled(Want.LOAD_RECORD))
    assert (
        timedelta(days=2) - timedelta(minutes=30)
        <= late.clock.now() - oldest
        <= timedelta(days=2, minutes=15)
    )


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_step_of_the_clock_loses_and_doubles_no_slot(step):
    @in_virtual_time
    async def run():
        plant = Plant(2)

        def jump():
            plant.base.offset = timedelta(seconds=step)

        await plant.run(16 * QUARTER, (4 * QUARTER, jump))
        slots = sorted(plant.marks())
        assert {b - a for a, b in pairwise(slots)} == {timedelta(minutes=15)}
        assert all(set(found) == {"M00", "M01"} for found in plant.marks().values())
        live = Counter(m for m in plant.polled())
        assert sum(live.values()) + len(plant.polled(Want.LOAD_RECORD)) == 2 * len(slots)
        assert plant.clock.steps == 1

    run()


@in_virtual_time
async def test_bases_are_saved_now_and_then():
    plant = Plant(2)
    await plant.run(4 * QUARTER)
    assert {"base:line", "finding:line", "cursor:t:line"} <= set(plant.outbox.states)
    assert POINT
