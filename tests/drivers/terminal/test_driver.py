"""The driver of terminals against a simulated one that has wire code of its own."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from config.archive import Meter
from drivers.order import Failure, Order, Want
from drivers.surroundings import ArchiveCompared, Kept
from drivers.terminal.driver import TerminalDriver
from protocols.reading import Method, Origin, State
from protocols.session import Effect
from simulators.faults import Faults
from simulators.terminal import Entry
from tests.drivers.terminal.place import FORWARD, MIDNIGHT, START, TZ, Place, meters_of
from tests.drivers.toy import virtually


def one(result):
    (reading,) = result.readings
    return reading


def test_a_daily_freeze_is_of_the_midnight_after_its_date():
    place = Place(3)
    found = virtually(place.read())
    assert set(found) == {"m1", "m2", "m3"}
    for pn in (1, 2, 3):
        reading = one(found[f"m{pn}"])
        assert reading.value == Decimal(place.register(pn, datetime(2026, 3, 10))) / 100
        assert (reading.at, reading.method, reading.origin) == (MIDNIGHT, Method.FREEZE, Origin.TERMINAL)
        assert (reading.state, reading.reason, reading.source) == (State.RAW, "", "jzq1")
    assert place.terminal.asked["0D"] == 1


def test_on_a_radio_answers_are_asked_for_that_fit_its_frames():
    place = Place(60)
    place.link.wire = replace(place.link.wire, longest=255)
    place.driver = TerminalDriver(place.link, place.around)
    answers = []
    respond = place.terminal.respond

    def noted(data):
        pieces = respond(data)
        answers.append(sum(len(piece.data) for piece in pieces))
        return pieces

    place.terminal.respond = noted
    found = virtually(place.read())
    assert all(one(result).state is State.RAW for result in found.values())
    assert 128 < max(answers) <= 255


def test_only_what_the_archive_of_the_terminal_confirms_is_taken_for_the_meters():
    place = Place(3)
    place.terminal.points[2].entry = Entry(pn=2, address="000000000099")
    found = virtually(place.read())
    assert one(found["m1"]).state is State.RAW
    assert (one(found["m2"]).state, one(found["m2"]).reason) == (State.SUSPECT, "archive_unverified")
    (fact,) = [fact for fact in place.facts if isinstance(fact, ArchiveCompared)]
    assert fact.verified == {1: "000000000001", 3: "000000000003"}
    assert fact.differences == ("pn 2 address: 000000000099 / 000000000002",)
    assert place.kept.verified.keys() == {1, 3}


def test_a_confirmation_counts_for_the_days_that_are_set_and_is_not_asked_for_again():
    known = Kept(verified={1: ("000000000001", START - timedelta(days=6))})
    place = Place(1, kept=known)
    assert one(virtually(place.read())["m1"]).state is State.RAW
    assert not place.terminal.asked["0A"]
    old = Kept(verified={1: ("000000000001", START - timedelta(days=8))})
    place = Place(1, kept=old)
    assert one(virtually(place.read())["m1"]).state is State.RAW
    assert place.terminal.asked["0A"] == 1


def test_an_archive_that_is_not_told_leaves_values_suspect():
    place = Place(2)
    place.terminal.refuses.add(0x0A)
    found = virtually(place.read())
    assert {one(result).reason for result in found.values()} == {"archive_unverified"}


def test_a_point_that_belonged_to_another_meter_then_is_not_asked_for_its_past():
    meters = meters_of(2)
    meters[0] = replace(meters[0], valid_from=date(2026, 3, 11))
    place = Place(2, meters=meters, settings={"forward_share": 0})
    found = virtually(place.read())
    assert found["m1"].readings == ()
    assert "belonged to another meter" in found["m1"].failures[0][2]
    assert one(found["m2"])


def test_months_and_reading_days_and_demands_with_their_time():
    place = Place(1)
    first = datetime(2026, 3, 1, tzinfo=TZ)
    found = virtually(place.read(want=Want.SETTLEMENT, at=first, points=(FORWARD, "1-0:1.6.0")))["m1"]
    values = {reading.point: reading for reading in found.readings}
    assert values[FORWARD].value == Decimal(place.register(1, datetime(2026, 3, 1))) / 100
    assert values[FORWARD].at == first
    assert datetime(2026, 2, 1, tzinfo=TZ) <= values["1-0:1.6.0"].at <= first
    assert not found.failures
    day = datetime(2026, 3, 5, tzinfo=TZ)
    found = virtually(Place(1).read(want=Want.SETTLEMENT, at=day))["m1"]
    assert one(found).at == day


def test_curve_points_are_taken_at_their_own_time():
    at = datetime(2026, 3, 10, 7, 45, tzinfo=TZ)
    place = Place(2)
    found = virtually(place.read(want=Want.LOAD_RECORD, at=at, points=(FORWARD, "1-0:32.7.0")))
    values = {reading.point: reading for reading in found["m2"].readings}
    assert values[FORWARD].at == at
    assert values[FORWARD].method is Method.CURVE
    assert values["1-0:32.7.0"].at == at
    register = place.terminal.points[2].meter.electric.register(1, 0, datetime(2026, 3, 10, 7, 45))
    assert values[FORWARD].value == Decimal(register) / 100


def test_live_values_hold_at_the_time_at_which_the_terminal_read_them():
    place = Place(1, three_phase=True)
    found = virtually(place.read(want=Want.LIVE, at=None, points=(FORWARD, "1-0:32.7.0", "1-0:13.7.0")))["m1"]
    values = {reading.point: reading for reading in found.readings}
    assert values.keys() == {FORWARD, "1-0:32.7.0", "1-0:13.7.0"}
    assert abs(values[FORWARD].at - START) < timedelta(minutes=10)
    assert values[FORWARD].read_at >= START


def test_what_the_terminal_lacks_is_found_out_without_asking_for_the_rest_again():
    place = Place(9, plc_loss=1.0)
    for pn in (2, 7):
        place.terminal.points[pn].memory.gaps.add(datetime(2026, 3, 9))
    found = virtually(place.read())
    assert [name for name, result in found.items() if result.failures] == ["m2", "m7"]
    assert found["m2"].failures[0][1] is Failure.NO_RECORD
    told = [pn for pn, fn in place.said if fn == 161]
    assert sorted(told) == [1, 3, 4, 5, 6, 8, 9]


def test_a_denied_group_is_split_until_the_ones_that_have_it_are_found():
    place = Place(8, plc_loss=1.0)
    place.terminal.all_or_none = True
    place.terminal.points[3].memory.gaps.add(datetime(2026, 3, 9))
    found = virtually(place.read())
    assert [name for name, result in found.items() if result.failures] == ["m3"]


def test_the_meter_itself_is_asked_through_the_terminal_for_what_is_missing():
    place = Place(3)
    place.terminal.points[2].memory.gaps.add(datetime(2026, 3, 9))
    found = virtually(place.read())
    reading = one(found["m2"])
    assert (reading.origin, reading.at, reading.state) == (Origin.PLC, MIDNIGHT, State.RAW)
    assert reading.value == Decimal(place.register(2, datetime(2026, 3, 10))) / 100
    assert place.terminal.asked["10"] >= 1
    assert one(found["m1"]).origin is Origin.TERMINAL


def test_a_meter_is_asked_for_nothing_that_the_terminal_has_given():
    place = Place(1)
    live = ("1-0:1.8.0", "0-0:1.0.0", "gdw1376.1:0C-F17")
    given = virtually(place.read(want=Want.LIVE, at=None, points=live[:1]))["m1"]
    assert not place.terminal.asked["10"]
    result = virtually(place.read(want=Want.LIVE, at=None, points=live))["m1"]
    assert [reading.point for reading in result.readings].count("1-0:1.8.0") == 1
    assert one(given).origin is Origin.TERMINAL
    origins = {reading.point: reading.origin for reading in result.readings}
    assert origins["1-0:1.8.0"] is Origin.TERMINAL
    assert {point for point, _, _ in result.failures} == {"gdw1376.1:0C-F17"}
    assert place.terminal.asked["inner 11"] == 1


def test_no_meter_is_asked_through_the_terminal_where_that_is_turned_off():
    place = Place(2, settings={"forward_share": 0})
    place.terminal.points[2].memory.gaps.add(datetime(2026, 3, 9))
    found = virtually(place.read())
    assert found["m2"].failures[0][1] is Failure.NO_RECORD
    assert not place.terminal.asked["10"]


def test_many_frames_of_one_answer_come_together():
    place = Place(60, frame_bytes=255, settings={"frame_bytes": 2048})
    found = virtually(place.read())
    assert all(one(result).value is not None for result in found.values())
    assert place.terminal.asked["0D"] < 4


def test_lost_and_damaged_answers_are_asked_again_and_none_is_taken_wrongly():
    place = Place(
        40, faults=Faults(seed=3, lost=0.1, damaged=0.1, noisy=0.2, twice=0.1), settings={"frame_bytes": 400}
    )
    found = virtually(place.read(retries=6))
    for pn in range(1, 41):
        reading = one(found[f"m{pn}"])
        assert reading.value == Decimal(place.register(pn, datetime(2026, 3, 10))) / 100
    assert place.driver.counters["retries"] > 0


def test_a_silent_terminal_fails_everything_after_two_questions():
    place = Place(100, faults=Faults(lost=1.0))
    found = virtually(place.read(retries=1))
    assert {result.failures[0][1] for result in found.values()} == {Failure.TIMEOUT}
    assert len(found) == 100
    # The archive and two chunks, each twice.
    assert len(place.link.sent) <= 20


def test_what_comes_first_waits_for_one_chunk_only():
    place = Place(100)
    found = virtually(place.read(hurry=lambda: True))
    assert 0 < len(found) < 100


def test_a_point_no_fn_gives_says_so():
    place = Place(1)
    found = virtually(place.read(points=("1-0:99.99.0",)))
    assert found["m1"].failures[0][1] is Failure.UNKNOWN_POINT


def test_points_that_no_fn_gives_do_not_cost_the_others():
    found = virtually(Place(1).read(points=("1-0:99.99.0", FORWARD)))["m1"]
    assert one(found).point == FORWARD
    assert [(point, reason) for point, reason, _ in found.failures] == [
        ("1-0:99.99.0", Failure.UNKNOWN_POINT)
    ]


def test_a_meter_without_a_measuring_point_is_not_taken_for_the_terminal():
    meters = meters_of(2)
    meters[1] = replace(meters[1], point_no=None)
    found = virtually(Place(2, meters=meters).read())
    assert found["m2"].failures[0][1] is Failure.UNKNOWN_POINT
    assert one(found["m1"])


def test_the_clock_is_set_only_where_the_switch_is_on():
    order = Order(meter=meters_of(1)[0], want=Want.TIME_SET, points=())
    place = Place(1, drift_seconds=120)
    found = virtually(place.read(order))
    assert found["m1"].failures[0][1] is Failure.GATE
    assert place.terminal.ahead == timedelta(seconds=120)
    place = Place(1, drift_seconds=120, allow={Effect.TIME_SET})
    assert not virtually(place.read(order))["m1"].failures
    assert abs(place.terminal.ahead) < timedelta(seconds=2)


def test_the_clock_of_the_terminal_itself_is_read_like_a_meters():
    itself = Meter(asset_no="jzq1", address="33010065", protocol="gdw1376.1", target="jzq1", point_no=0)
    order = Order(meter=itself, want=Want.LIVE, points=("0-0:1.0.0",))
    place = Place(1, drift_seconds=120)
    reading = one(virtually(place.read(order))["jzq1"])
    assert 119 <= reading.value <= 121
    assert reading.state is State.RAW
    assert not place.terminal.asked["0A"]


def test_a_freeze_of_the_terminal_and_of_the_meter_are_one_row():
    place = Place(1)
    stored = one(virtually(place.read())["m1"])
    gone = Place(1)
    gone.terminal.points[1].memory.gaps.add(datetime(2026, 3, 9))
    carried = one(virtually(gone.read())["m1"])
    assert carried.origin is not stored.origin
    same = replace(carried, origin=stored.origin, read_at=stored.read_at)
    assert same == replace(stored, version=same.version, flags=same.flags)
