"""The driver of ERTUs against a simulated one that has wire code of its own."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from drivers.errors import LinkLost
from drivers.ertu.events import events_of
from drivers.order import Failure, Order, Want
from drivers.surroundings import ClockShown, TerminalEvent
from protocols.iec102.asdu import Asdu
from protocols.points import CLOCK
from protocols.reading import Method, Origin, State
from protocols.session import Effect
from simulators.faults import Faults
from tests.drivers.ertu.place import FORWARD, MIDNIGHT, REVERSE, START, TZ, Place, local, meters_of
from tests.drivers.toy import virtually


def one(result):
    (reading,) = result.readings
    return reading


def value(place, first, register, at):
    return Decimal(place.ties[first].total(register, local(at))) / 100


def why(result):
    return {(reason, detail) for _, reason, detail in result.failures}


def test_a_daily_freeze_of_three_tie_meters_is_one_question():
    place = Place()
    found = virtually(place.read(points=(FORWARD, REVERSE)))
    for first in (1, 5, 9):
        result = found[f"t{first}"]
        assert [reading.value for reading in result.readings] == [
            value(place, first, 0, MIDNIGHT), value(place, first, 1, MIDNIGHT)
        ]  # fmt: skip
        assert {reading.at for reading in result.readings} == {MIDNIGHT}
        reading = result.readings[0]
        assert (reading.method, reading.origin, reading.state) == (Method.FREEZE, Origin.TERMINAL, State.RAW)
        assert (reading.unit, reading.source, reading.reason) == ("kWh", "station", "")
        assert not result.failures
    assert place.ertu.asked == {120: 1, 103: 1}


def test_a_load_record_and_a_settlement_come_from_the_same_archive():
    place = Place()
    at = datetime(2026, 3, 10, 7, 45, tzinfo=TZ)
    curve = one(virtually(place.read(want=Want.LOAD_RECORD, at=at))["t5"])
    assert (curve.value, curve.at, curve.method) == (value(place, 5, 0, at), at, Method.CURVE)
    first = datetime(2026, 3, 1, tzinfo=TZ)
    month = virtually(place.read(want=Want.SETTLEMENT, at=first, points=("1-0:1.8.0*1",)))["t5"]
    assert (one(month).point, one(month).value, one(month).at) == (FORWARD, value(place, 5, 0, first), first)
    assert one(month).method is Method.SETTLEMENT
    assert not month.failures


def test_a_live_value_is_the_last_total_with_the_instant_it_holds():
    place = Place()
    reading = one(virtually(place.read(want=Want.LIVE, at=None))["t9"])
    at = datetime(2026, 3, 10, 8, 30, tzinfo=TZ)
    assert (reading.value, reading.at, reading.method) == (value(place, 9, 0, at), at, Method.LIVE)


def test_a_value_of_another_instant_is_not_taken():
    place = Place(profile="standard")
    place.ertu.gaps.add(local(MIDNIGHT))
    found = virtually(place.read())
    assert found["t1"].readings == ()
    assert why(found["t1"]) == {(Failure.NO_RECORD, "the ERTU denies it: no such period")}
    # An ERTU that gives the period before it instead.
    place = Place()
    ends = place.ertu._ends
    place.ertu._ends = lambda span: [at - timedelta(minutes=15) for at in ends(span)]
    found = virtually(place.read())
    assert found["t1"].readings == ()
    assert why(found["t1"]) == {(Failure.NO_RECORD, "the ERTU has none of 2026-03-10 00:00")}


def test_a_site_that_stamps_the_begin_of_a_period(own):
    place = Place(profile=own("begin", stamp_minutes=15))
    reading = one(virtually(place.read())["t1"])
    assert (reading.at, reading.value) == (MIDNIGHT, value(place, 1, 0, MIDNIGHT - timedelta(minutes=15)))
    reading = one(virtually(place.read(want=Want.LIVE, at=None))["t1"])
    assert reading.at == datetime(2026, 3, 10, 8, 30, tzinfo=TZ)


def test_a_live_value_is_not_of_the_future():
    place = Place()
    ends = place.ertu._ends
    place.ertu._ends = lambda span: [*ends(span), local(START) + timedelta(minutes=53)]
    assert one(virtually(place.read(want=Want.LIVE, at=None))["t1"]).at == datetime(
        2026, 3, 10, 8, 30, tzinfo=TZ
    )


def test_totals_between_periods_are_not_asked_for():
    place = Place()
    found = virtually(place.read(want=Want.LOAD_RECORD, at=MIDNIGHT + timedelta(minutes=5)))
    assert why(found["t1"]) == {(Failure.NO_RECORD, "totals are kept every 15 minutes")}
    assert place.ertu.asked[120] == 0


def test_a_value_that_the_ertu_calls_invalid_is_suspect():
    place = Place()
    place.ertu.invalid.add((5, local(MIDNIGHT)))
    found = virtually(place.read(points=(FORWARD, REVERSE)))
    assert [(r.state, r.reason) for r in found["t5"].readings] == [
        (State.SUSPECT, "status_invalid"), (State.RAW, "")
    ]  # fmt: skip
    assert {r.state for r in found["t1"].readings} == {State.RAW}


def test_the_meaning_of_a_status_is_the_sites():
    place = Place(profile="shandong", good=0x80, bad=0x00, record=31)
    place.ertu.invalid.add((5, local(MIDNIGHT)))
    found = virtually(place.read())
    assert one(found["t1"]).state is State.RAW
    assert one(found["t5"]).state is State.SUSPECT
    assert one(virtually(Place(good=0x80).read())["t1"]).state is State.SUSPECT


def test_tariffs_come_from_a_question_of_their_own():
    place = Place(profile="shandong", good=0x80)
    points = (FORWARD, *(f"1-0:1.8.{n}" for n in range(1, 5)))
    result = virtually(place.read(points=points))["t1"]
    total, *tariffs = (reading.value for reading in result.readings)
    assert total == sum(tariffs) == value(place, 1, 0, MIDNIGHT)
    assert place.ertu.asked == {120: 1, 170: 1, 103: 1}


def test_answers_of_many_frames_are_put_together():
    place = Place(range(1, 61, 4), frame_objects=5)
    found = virtually(place.read(points=(FORWARD, REVERSE)))
    assert len(found) == 15
    assert all(len(result.readings) == 2 for result in found.values())


def test_meters_far_apart_are_asked_for_apart():
    place = Place((1, 101))
    assert len(virtually(place.read())) == 2
    assert place.ertu.asked[120] == 2


@pytest.mark.parametrize(
    ("cause", "failure", "questions"),
    [(13, Failure.NO_RECORD, 5), (14, Failure.REFUSED, 1), (16, Failure.REFUSED, 1), (17, Failure.NO_RECORD, 5),
     (18, Failure.NO_RECORD, 1)],
)  # fmt: skip
def test_denials_have_their_reasons(cause, failure, questions):
    place = Place()
    place.ertu.denied[120] = cause
    found = virtually(place.read())
    assert {reason for result in found.values() for _, reason, _ in result.failures} == {failure}
    assert place.ertu.asked[120] == questions


def test_a_meter_that_is_not_there_does_not_cost_the_others():
    place = Place((1, 9), meters=meters_of((1, 5, 9)))
    deny = place.ertu._history

    def only_whole(asked):
        low, high = asked.body[:2]
        if all(any(t.first <= n < t.first + 4 for t in place.ertu.meters) for n in range(low, high + 1)):
            deny(asked)
        else:
            place.ertu._mirror(asked, 17)

    place.ertu._history = only_whole
    found = virtually(place.read())
    assert one(found["t1"]).value == value(place, 1, 0, MIDNIGHT)
    assert one(found["t9"]).value == value(place, 9, 0, MIDNIGHT)
    assert why(found["t5"]) == {(Failure.NO_RECORD, "the ERTU denies it: no such object")}


def test_a_wrong_record_address_is_the_profiles_fault():
    found = virtually(Place(record=31).read())
    assert why(found["t1"]) == {(Failure.REFUSED, "the ERTU denies it: unknown record address")}


# -- the link --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_lost_answers_cost_time_and_no_value(seed):
    place = Place(faults=Faults(seed=seed, lost=0.3), frame_objects=3)
    found = virtually(place.read(points=(FORWARD, REVERSE), retries=9))
    assert all(len(result.readings) == 2 for result in found.values())
    assert (
        place.ertu.repeats == place.driver.counters["retries"] - place.ertu.resets + 1 or place.ertu.repeats
    )
    assert place.ertu.asked[120] == 1


def test_a_lost_answer_is_repeated_and_not_the_next():
    place = Place(frame_objects=4)
    lost = []

    def swallow(sent):
        # The first answer with data.
        if place.ertu._said[7:8] == b"\x02" and not lost:
            lost.append(sent)
            return True
        return False

    place.swallow = swallow
    found = virtually(place.read())
    assert [one(found[name]).value for name in ("t1", "t5", "t9")] == [
        value(place, first, 0, MIDNIGHT) for first in (1, 5, 9)
    ]
    again = [frame for _, frame in place.link.sent if frame == lost[0]]
    assert place.ertu.repeats == 1
    assert len(again) >= 2


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fault", ["damaged", "short", "noisy", "twice", "late"])
def test_a_bad_line_gives_no_wrong_value(fault, seed):
    faults = Faults(seed=seed, late_seconds=3.0, **{fault: 0.25})
    place = Place(faults=faults, frame_objects=3)
    found = virtually(place.read(points=(FORWARD, REVERSE), retries=5))
    for first in (1, 5, 9):
        for reading, register in zip(found[f"t{first}"].readings, (0, 1), strict=False):
            wanted = 0 if reading.point == FORWARD else 1
            assert reading.value == value(place, first, wanted, MIDNIGHT), register
    assert place.ertu.mischief.counts[fault]


def test_a_silent_ertu_is_asked_once():
    place = Place((1, 101, 201))
    place.ertu.mischief.frozen = True
    found = virtually(place.read(retries=2))
    assert {reason for result in found.values() for _, reason, _ in result.failures} == {Failure.TIMEOUT}
    assert place.functions == [0, 0, 0]
    assert why(found["t201"]) == {(Failure.TIMEOUT, "not asked: the ERTU is silent")}


def test_wrong_checksums_are_refused_unless_the_profile_takes_them(lenient):
    place = Place(spoilt=1)
    found = virtually(place.read(retries=1))
    assert why(found["t1"]) == {(Failure.CHECKSUM, "answers with wrong checksums")}
    assert place.driver.counters["checksum"]
    place = Place(spoilt=1, profile=lenient)
    assert one(virtually(place.read())["t1"]).value == value(place, 1, 0, MIDNIGHT)
    assert place.driver.counters["forgiven"]


def test_a_restart_in_the_middle_is_survived():
    place = Place(frame_objects=4)
    restarted = []

    def after(sent):
        if place.ertu._said[7:8] == b"\x02" and not restarted:
            restarted.append(sent)
            place.ertu.restart()

    place.after = after
    found = virtually(place.read())
    assert restarted
    assert [one(found[name]).value for name in ("t1", "t5", "t9")] == [
        value(place, first, 0, MIDNIGHT) for first in (1, 5, 9)
    ]
    assert place.ertu.resets == 2
    (event,) = [fact.event for fact in place.facts if isinstance(fact, TerminalEvent)]
    assert (event.id, event.meter) == ("iec102:restart", "station")


def test_an_ertu_that_was_restarted_between_two_questions_answers_at_once():
    place = Place()
    virtually(place.read())
    place.ertu.restart()
    assert one(virtually(place.read(retries=0))["t1"])
    assert place.driver.counters["retries"] == 0
    assert place.ertu.resets == 2


def test_a_question_that_was_left_behind_does_not_end_the_next():
    place = Place()

    async def both():
        await place.link.open()
        orders = place.orders()
        place.after = lambda sent: place.link.cut() if place.ertu._said[7:8] == b"\x78" else None
        with pytest.raises(LinkLost):
            await place.read(*orders)
        place.after = lambda sent: None
        await place.link.open()
        return await place.read(want=Want.LOAD_RECORD, at=MIDNIGHT + timedelta(hours=1))

    found = virtually(both())
    at = MIDNIGHT + timedelta(hours=1)
    assert one(found["t1"]).value == value(place, 1, 0, at)
    assert one(found["t1"]).at == at


def test_an_ertu_that_does_not_say_when_it_is_over():
    place = Place(ends=False)
    found = virtually(place.read())
    assert one(found["t1"]).value == value(place, 1, 0, MIDNIGHT)
    assert not found["t1"].failures


def test_e5_and_other_widths(widths):
    place = Place(profile=widths[0], widths=widths[1], single=True)
    assert one(virtually(place.read())["t9"]).value == value(place, 9, 0, MIDNIGHT)


def test_a_slow_line_is_given_its_time():
    place = Place(baud=1200, think=1.5)
    assert one(virtually(place.read())["t1"]).value == value(place, 1, 0, MIDNIGHT)
    assert place.driver.counters["retries"] == 0


# -- clocks and what is said unasked -----------------------------------------------------------------------------


def test_the_clock_of_the_ertu_is_told_now_and_then():
    place = Place(drift_seconds=95)
    virtually(place.read())
    (fact,) = [fact for fact in place.facts if isinstance(fact, ClockShown)]
    assert (fact.target, fact.seconds) == ("station", 95)
    virtually(place.read())
    assert place.ertu.asked[103] == 1


def test_the_clock_is_a_point_too():
    place = Place(drift_seconds=-40)
    found = virtually(place.read(want=Want.LIVE, at=None, points=(FORWARD, CLOCK)))
    clock = next(reading for reading in found["t1"].readings if reading.point == CLOCK)
    assert clock.value == -40
    assert not found["t1"].failures
    place.ertu.mischief.frozen = True
    found = virtually(place.read(want=Want.LIVE, at=None, points=(CLOCK,)))
    assert {reason for _, reason, _ in found["t1"].failures} == {Failure.TIMEOUT}


def time_order(place):
    return Order(meter=place.meters[0], want=Want.TIME_SET, points=())


def test_the_time_is_set_only_under_its_switch():
    place = Place(drift_seconds=100)
    result = virtually(place.read(time_order(place)))["t1"]
    assert [reason for _, reason, _ in result.failures] == [Failure.GATE]
    assert not place.ertu.changes
    place = Place(drift_seconds=100, allow=[Effect.TIME_SET])
    result = virtually(place.read(time_order(place)))["t1"]
    assert not result.failures
    assert place.ertu.changes == {128: 1}
    assert abs(place.ertu.ahead) < timedelta(seconds=1)
    assert [fact.seconds for fact in place.facts] == [100, 0]


def test_a_time_that_was_lost_is_not_sent_later():
    place = Place(drift_seconds=100, allow=[Effect.TIME_SET])
    place.swallow = lambda sent: sent[0] == 0x68 and sent[7] == 128
    result = virtually(place.read(time_order(place)))["t1"]
    assert [reason for _, reason, _ in result.failures] == [Failure.TIMEOUT]
    assert len([sent for _, sent in place.link.sent if sent[0] == 0x68 and sent[7] == 128]) == 1


def test_a_denied_time_is_said():
    place = Place(allow=[Effect.TIME_SET])
    place.ertu.denied[128] = 14
    result = virtually(place.read(time_order(place)))["t1"]
    assert why(result) == {(Failure.REFUSED, "the ERTU denies it: no such type")}


def test_what_is_said_unasked_is_an_event():
    place = Place()
    place.ertu.report(129, 0x03)
    found = virtually(place.read())
    assert one(found["t1"])
    (event,) = [fact.event for fact in place.facts if isinstance(fact, TerminalEvent)]
    assert (event.id, event.name, event.detail) == (
        "iec102:SP129", "single point 129", '{"on": true, "quality": 1}'
    )  # fmt: skip
    assert event.began == START
    strange = Asdu(type=99, body=b"x")
    assert (
        list(events_of(strange, "station", place.driver._stations["station"].dialogue.dialect, place.around))
        == []
    )


# -- what is not asked -------------------------------------------------------------------------------------------


def test_what_the_profile_has_not_is_said():
    place = Place()
    result = virtually(place.read(points=(FORWARD, "1-0:9.8.0")))["t1"]
    assert one(result).point == FORWARD
    ((point, reason, _),) = result.failures
    assert (point, reason) == ("1-0:9.8.0", Failure.UNKNOWN_POINT)


def test_the_past_of_a_meter_that_hung_there_before():
    meters = meters_of((1, 5))
    meters[0] = replace(meters[0], valid_from=date(2026, 3, 11))
    place = Place((1, 5), meters=meters)
    found = virtually(place.read())
    assert found["t1"].readings == ()
    assert "belonged to another meter" in found["t1"].failures[0][2]
    assert one(found["t5"])


def test_a_meter_without_a_place_is_not_asked():
    meters = [replace(meters_of((1,))[0], point_no=None), *meters_of((254,))]
    found = virtually(Place((1,), meters=meters).read())
    assert {reason for result in found.values() for _, reason, _ in result.failures} == {
        Failure.UNKNOWN_POINT
    }


def test_something_more_urgent_goes_before():
    place = Place((1, 101, 201))
    found = virtually(place.read(hurry=lambda: True))
    assert list(found) == ["t1"]
    assert place.driver.holding == "station"


def test_one_order_alone():
    place = Place()

    async def alone():
        await place.link.open()
        return await place.driver.run(place.orders()[0], place.target, 2)

    assert one(virtually(alone())).value == value(place, 1, 0, MIDNIGHT)
