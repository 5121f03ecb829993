"""One slot in work."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from config.schema import Task
from drivers.order import Failure, Order, Result, Want
from gateway.ledger import LATE, OK, PARTIAL
from gateway.round import Plan, Round, outcome_of
from gateway.schedule import Cursor, Grid
from protocols.reading import Event
from tests.gateway.plant import ALL, BEGAN, POINT, meters

GRID = Grid("15m", ZoneInfo("Asia/Shanghai"))
SLOT = GRID.at(BEGAN)


def plan(count=3, every="15m", model=ALL, **task):
    grid = Grid(every, ZoneInfo("Asia/Shanghai"))
    return Plan(
        task=Task(name="t", targets=("line",), points=(POINT,), every=every, **task),
        target="line",
        meters=meters(count),
        grid=grid,
        cursor=Cursor(grid, None),
        models={("dlt645-2007", ""): model},
    )


def result(*failures, event=False):
    (meter,) = meters(1)
    made = Event(meter="M", id="1", name="", began=None, ended=None, detail="", read_at=BEGAN)
    return Result(
        order=Order(meter=meter, want=Want.LIVE, points=(POINT,)),
        failures=[(POINT, reason, "") for reason in failures],
        events=[made] if event else [],
    )


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (result(), OK),
        (result(Failure.REFUSED, event=True), PARTIAL),
        (result(Failure.REFUSED), "refused"),
        (result(Failure.UNKNOWN_POINT, Failure.TIMEOUT, event=True), "timeout"),
        (result(Failure.IO), "io"),
    ],
)
def test_outcomes(found, outcome):
    assert outcome_of(found) == outcome


def ask_all(work, now=SLOT):
    asked = []
    while (meter := work.ask(now, 0.0)) is not None:
        asked.append(meter.asset_no)
    return asked


def test_who_had_no_turn_comes_first_next_time_in_the_same_order():
    one = plan(6)
    work = Round(one, SLOT, one.meters, {})
    for meter in (work.ask(SLOT, 0.0), work.ask(SLOT, 0.0)):
        work.take(meter, OK, 0.0, open_circuit=False)
    report, never = work.close()
    assert (never, report.present) == (4, 2)
    assert [outcome for _, outcome in report.outcomes] == [OK, OK, LATE, LATE, LATE, LATE]
    assert ask_all(Round(one, GRID.after(SLOT), one.meters, {})) == ["M02", "M03", "M04", "M05", "M00", "M01"]


def test_the_dead_come_last():
    one = plan(3)
    work = Round(one, SLOT, one.meters, {})
    for _ in range(3):
        meter = work.ask(SLOT, 0.0)
        work.take(meter, "timeout" if meter.asset_no == "M00" else OK, 0.0, open_circuit=True)
    work.close()
    assert ask_all(Round(one, GRID.after(SLOT), one.meters, {})) == ["M01", "M02", "M00"]


def test_a_second_pass_follows_a_pause_and_no_third():
    one = plan(1)
    work = Round(one, SLOT, one.meters, {})
    meter = work.ask(SLOT, 0.0)
    assert not work.take(meter, "timeout", 0.0, open_circuit=False)
    assert work.ask(SLOT, 1.0) is None
    assert not work.over(SLOT)
    again = work.ask(SLOT, 2.5)
    assert again is meter
    assert work.take(again, "timeout", 3.0, open_circuit=False)
    assert work.over(SLOT)


def test_after_half_a_slot_nobody_is_tried_again():
    one = plan(1)
    work = Round(one, SLOT, one.meters, {})
    work.take(work.ask(SLOT, 0.0), "io", 0.0, open_circuit=False)
    assert work.over(SLOT + timedelta(minutes=8))
    assert not work.over(SLOT + timedelta(minutes=7))


def test_who_is_done_already_is_not_asked():
    one = plan(3)
    work = Round(one, SLOT, one.meters, {"M01": OK})
    assert ask_all(work) == ["M00", "M02"]
    assert work.present == 1


@pytest.mark.parametrize(
    ("every", "source", "model", "want", "late"),
    [
        ("15m", "auto", ALL, Want.LIVE, Want.LOAD_RECORD),
        ("15m", "load_record", ALL, Want.LOAD_RECORD, Want.LOAD_RECORD),
        ("15m", "auto", {}, Want.LIVE, None),
        ("1d", "auto", ALL, Want.FREEZE, Want.FREEZE),
        ("1d", "auto", {}, Want.LIVE, None),
        ("1d", "live", ALL, Want.LIVE, Want.FREEZE),
        ("1mo", "auto", ALL, Want.SETTLEMENT, Want.SETTLEMENT),
        ("1mo", "auto", {"daily_freeze": True}, Want.LIVE, None),
    ],
)
def test_which_memory_is_asked(every, source, model, want, late):
    one = plan(1, every, model, source=source)
    order, later = one.order(one.meters[0], SLOT), one.late_order(one.meters[0], SLOT)
    assert (order.want, order.at) == (want, None if want is Want.LIVE else SLOT)
    assert (later and later.want) == late


def test_at_midnight_who_counts_for_a_line_or_transformer_is_read_first():
    made = plan(4, "1h")
    made.counted, made.starved, made.dead = {"M02", "M01"}, ["M03"], {"M01"}
    midnight = made.grid.at(BEGAN.replace(hour=16, minute=0))
    names = [[m.asset_no for m in Round(made, slot, made.meters, {})._queue] for slot in (midnight, SLOT)]
    assert names == [["M02", "M01", "M03", "M00"], ["M03", "M00", "M02", "M01"]]


def test_meters_without_a_freeze_are_read_right_after_midnight():
    assert plan(every="1d").delay > timedelta(0)
    assert plan(every="1d", model={}).delay == timedelta(0)
    assert plan(every="1d", model={}, source="freeze").delay > timedelta(0)
