"""Polling over a bus that is worth several orders in its queue, in virtual time."""

from collections import Counter
from datetime import timedelta

from drivers.order import Priority, Want
from gateway.ledger import BACKFILLED, LATE, OK
from tests.gateway.plant import BEGAN, Plant, in_virtual_time

QUARTER = 900


@in_virtual_time
async def test_so_many_meters_are_in_flight_and_each_once():
    plant = Plant(20)
    plant.bus.batch = 8
    await plant.run(2 * QUARTER)
    assert plant.bus.most_busy == 8
    assert Counter(asset for asset, _ in plant.polled()) == {f"M{n:02}": 3 for n in range(20)}
    assert all(set(marks.values()) == {OK} for marks in plant.marks().values())
    assert {report.present for report in plant.outbox.all("slots")} == {20}


@in_virtual_time
async def test_a_slot_is_not_over_while_answers_are_on_their_way():
    plant = Plant(8)
    plant.bus.batch, plant.bus.seconds = 8, 20.0
    await plant.run(QUARTER - 60)
    (report,) = plant.outbox.all("slots")
    assert report.present == 8


@in_virtual_time
async def test_an_answer_after_the_slots_end_counts_for_its_slot():
    plant = Plant(8, every="1m", source="live")
    plant.bus.batch, plant.bus.seconds = 8, 20.0
    await plant.run(200)
    late = [report for report in plant.outbox.all("slots") if LATE in dict(report.outcomes).values()]
    assert late
    marks = plant.marks()[late[0].slot]
    assert list(marks.values()).count(OK) > 3
    assert not plant.polled(Want.LOAD_RECORD)


@in_virtual_time
async def test_backfill_goes_together_and_takes_no_more_than_its_share():
    plant = Plant(20)
    plant.bus.batch, plant.bus.seconds, plant.bus.down = 8, 2.0, True

    def heal():
        plant.bus.down = False

    await plant.run(30 * QUARTER, (10 * QUARTER, heal))
    healed = BEGAN + timedelta(seconds=10 * QUARTER + 60)
    late = [at for at, p, _, _, _ in plant.bus.asked if p is Priority.BACKFILL and at > healed]
    assert len(late) > 50
    # The asking of a batch comes before its time: its own is left out.
    assert (len(late) - 8) * 2.0 / (late[-1] - late[0]).total_seconds() <= 0.31
    assert all(set(found.values()) <= {OK, BACKFILLED} for found in plant.marks().values())
