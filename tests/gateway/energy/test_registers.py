"""Energy of a period from registers: golden cases, exchanges, multipliers, alignment, bad values."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from config.archive import Meter
from gateway.energy.period import Span, period_of
from gateway.energy.place import intervals
from gateway.energy.record import FORWARD, Computed
from gateway.energy.registers import energy_of
from protocols.reading import Flag, Method, State
from tests.gateway.energy.conftest import SHANGHAI

D = Decimal
PEAK = "1-0:1.8.2"
ROW = {"address": "1", "protocol": "dlt645-2007", "target": "t", "mp_no": "P1"}


@pytest.fixture
def energy(meter, day):
    """The day's energy of one meter from its registers."""

    def find(*registers, place=None, point=FORWARD, period=day):
        return energy_of(place or (meter(),), point, period, {"M1": registers})

    return find


def test_t1_advance_times_multiplier(energy, meter, register, day):
    found = energy(register(0, "12345.67"), register(24, "12350.17"), place=(meter(multiplier=D(40)),))
    assert (found.energy, found.computed, found.multiplier) == (D("180.00"), Computed.READ, 40)
    assert (found.begin, found.finish, found.skew_seconds) == (D("12345.67"), D("12350.17"), 0)
    assert (found.meter, found.start, found.end, found.span) == ("M1", day.start, day.end, Span.DAY)


def test_t2_rollover(energy, register):
    found = energy(register(0, "999990.50"), register(24, "10.25"))
    assert (found.energy, found.flags) == (D("19.75"), Flag.ROLLOVER)
    assert found.finish == D("10.25")


def test_t3_a_decrease_is_not_computable(energy, register):
    found = energy(register(0, "12345.67"), register(24, "3.20"))
    assert (found.energy, found.computed, found.reason) == (None, Computed.NOT_COMPUTABLE, "decrease")
    assert found.flags == Flag.DECREASE


def test_t4_jitter_is_no_energy_and_the_base_stays(energy, register, at):
    first, second, third = register(0, "12345.67"), register(24, "12345.64"), register(48, "12346.00")
    found = energy(first, second, third)
    assert (found.energy, found.reason) == (D(0), "jitter")
    following = period_of(at(24), Span.DAY)
    assert energy(first, second, third, period=following).energy == D("0.33")


def test_a_rollover_before_the_day_is_no_flag_of_the_day(energy, register):
    found = energy(register(-24, "999990.50"), register(0, "10.25"), register(24, "11.25"))
    assert (found.energy, found.flags) == (D("1.00"), 0)


def exchange(meter, at, finals, initials, multiplier=1):
    old = meter("M0", end=at(10), final=finals)
    return old, meter("M1", begin=at(10), initial=initials, multiplier=D(multiplier))


def test_t5_exchange_inside_a_day(meter, register, at, day):
    place = exchange(meter, at, {FORWARD: D("1010.50")}, {FORWARD: D("0.20")})
    registers = {"M0": [register(0, "1000.00")], "M1": [register(24, "5.70")]}
    found = energy_of(place, FORWARD, day, registers)
    assert (found.energy, found.flags, found.meter) == (D("16.00"), Flag.EXCHANGED, "M1")
    assert (found.begin, found.finish) == (D("1000.00"), D("5.70"))


def test_t5_for_a_tariff_and_with_the_new_meters_multiplier(meter, register, at, day):
    place = exchange(meter, at, {PEAK: D("10.50")}, {PEAK: D("0.20")}, multiplier=60)
    registers = {"M0": [register(0, "10.00")], "M1": [register(24, "1.20")]}
    found = energy_of(place, PEAK, day, registers)
    assert (found.energy, found.flags) == (D("60.50"), Flag.EXCHANGED | Flag.MULT_CHANGED)


def test_an_exchange_without_its_record_is_not_computable(meter, register, at, day):
    place = meter("M0", end=at(10)), meter("M1", begin=at(10))
    registers = {"M0": [register(0, "1000.00")], "M1": [register(24, "1005.70")]}
    found = energy_of(place, FORWARD, day, registers)
    assert (found.energy, found.computed) == (None, Computed.NOT_COMPUTABLE)
    assert (found.reason, found.meter) == ("exchange_missing", "M1")


@pytest.mark.parametrize("first_day", [4, 5])
def test_the_archives_dates_alone_are_no_record_of_an_exchange(register, day, first_day):
    old = Meter(asset_no="M0", valid_to=date(2026, 5, 4), **ROW)
    new = Meter(asset_no="M1", valid_from=date(2026, 5, first_day), **ROW)
    place = intervals([old, new], [], SHANGHAI)
    registers = {"M0": [register(-24, "990.00"), register(0, "1000.00")], "M1": [register(24, "5.70")]}
    found = energy_of(place, FORWARD, day, registers)
    assert (found.computed, found.reason) == (Computed.NOT_COMPUTABLE, "exchange_missing")
    assert energy_of(place, FORWARD, day.previous(), registers).energy == D("10.00")


def test_an_exchange_record_without_this_tariff_is_not_computable(meter, register, at, day):
    place = exchange(meter, at, {FORWARD: D("1010.50")}, {FORWARD: D("0.20")})
    registers = {"M0": [register(0, "10.00")], "M1": [register(24, "1.20")]}
    assert energy_of(place, PEAK, day, registers).reason == "exchange_missing"


def test_the_day_after_an_exchange_starts_from_the_new_meter(meter, register, at):
    place = exchange(meter, at, {FORWARD: D("1010.50")}, {FORWARD: D("0.20")})
    registers = {"M0": [register(0, "1000.00")], "M1": [register(24, "5.70"), register(48, "7.70")]}
    found = energy_of(place, FORWARD, period_of(at(24), Span.DAY), registers)
    assert (found.energy, found.flags, found.computed) == (D("2.00"), 0, Computed.READ)


def test_a_multiplier_that_changes_inside_a_month_splits_it(meter, energy, register, at):
    month = period_of(at(0), Span.MONTH)
    hours = [(one - at(0)) / timedelta(hours=1) for one in (month.start, at(0), month.end)]
    place = meter(end=at(0), multiplier=D(40)), meter(begin=at(0), multiplier=D(60))
    values = [
        register(hour, value) for hour, value in zip(hours, ("100.00", "101.00", "103.00"), strict=True)
    ]
    found = energy(*values, place=place, period=month)
    assert (found.energy, found.flags, found.multiplier) == (D(40 + 120), Flag.MULT_CHANGED, 60)


def test_a_multiplier_that_changes_where_no_register_is_known_gives_nothing(meter, energy, register, at):
    place = meter(end=at(12), multiplier=D(40)), meter(begin=at(12), multiplier=D(60))
    found = energy(register(0, "100.00"), register(24, "103.00"), place=place)
    assert (found.energy, found.computed, found.reason) == (None, Computed.MISSING, "no_finish")


def test_t14_registers_beside_midnight_are_aligned(energy, meter, register):
    found = energy(register(0, 0), register(24 + 1 / 3, 1000), place=(meter(power=D(100)),))
    assert (found.energy, found.skew_seconds, found.finish) == (D("986.30"), 1200, D("986.30"))
    assert found.flags == Flag.TIME_SHIFTED


@pytest.mark.parametrize(("minutes", "there"), [(30, True), (31, False)])
def test_beyond_half_an_hour_the_register_is_missing(energy, register, minutes, there):
    found = energy(register(0, "10.00"), register(20, "14.00"), register(24 + minutes / 60, "16.00"))
    assert (found.energy is not None) is there
    assert found.reason == ("" if there else "no_finish")
    assert found.computed is (Computed.READ if there else Computed.MISSING)


def test_a_reading_of_one_side_only_is_not_stretched(energy, register):
    assert energy(register(0.1, "10.00"), register(24, "14.00")).reason == "no_begin"


def test_a_spurious_zero_is_no_base(energy, register, at):
    registers = register(-24, "53700.00"), register(0, 0), register(24, "53700.50"), register(48, "53701.00")
    assert energy(*registers).reason == "decrease"
    assert energy(*registers, period=period_of(at(24), Span.DAY)).energy == D("0.50")


def test_a_zero_without_anything_before_is_no_base_where_the_leap_is_too_large(energy, register):
    found = energy(register(0, 0), register(24, "53700.50"))
    assert (found.energy, found.reason) == (None, "decrease")


def test_a_zero_is_no_base_where_the_archive_does_not_say_what_the_meter_can_count(energy, register, meter):
    bare = (meter(power=None),)
    for first in ((), (register(-48, "12340.00"),)):
        found = energy(*first, register(0, 0), register(24, "12345.67"), place=bare)
        assert (found.computed, found.reason) == (Computed.NOT_COMPUTABLE, "decrease")
    accepted = register(0, 0, state=State.ACCEPTED), register(24, "12345.67")
    assert energy(*accepted, place=bare).energy == D("12345.67")
    assert energy(register(0, 0), register(24, "3.50"), place=bare).energy == D("3.50")


def test_zeros_one_after_the_other_are_no_base_either(energy, register, at):
    values = register(0, 0), register(24, 0), register(48, "53700.50"), register(72, "53701.00")
    assert energy(*values, period=period_of(at(24), Span.DAY)).reason == "decrease"
    assert energy(*values, period=period_of(at(48), Span.DAY)).energy == D("0.50")


def test_a_new_meter_begins_at_zero(energy, register):
    assert energy(register(0, 0), register(24, "3.50")).energy == D("3.50")


def test_a_lower_value_waits_for_two_that_agree(energy, register, at):
    high, low = register(0, "12345.67"), [register(24, "3.20"), register(48, "4.20"), register(72, "5.20")]
    second = period_of(at(24), Span.DAY)
    assert energy(high, *low[:2], period=second).reason == "decrease"
    found = energy(high, *low, period=second)
    assert (found.energy, found.computed) == (D("1.00"), Computed.READ)
    assert energy(high, *low).reason == "decrease"


def test_lower_values_that_do_not_agree_confirm_nothing(energy, register, at):
    values = register(0, "12345.67"), register(24, "3.20"), register(48, "2.20"), register(72, "5.20")
    assert energy(*values, period=period_of(at(48), Span.DAY)).reason == "decrease"


def test_a_person_confirms_a_lower_value_at_once(energy, register, at):
    values = register(0, "12345.67"), register(24, "3.20", state=State.ACCEPTED), register(48, "4.20")
    assert energy(*values, period=period_of(at(24), Span.DAY)).energy == D("1.00")


def test_three_that_agree_expose_one_value_that_was_too_high(energy, register):
    values = register(0, "100.00"), register(12, "9999.00"), register(24, "110.00")
    assert energy(*values, register(36, "115.00"), register(48, "120.00")).energy == D("10.00")


def test_worst_state_and_estimated_registers(energy, register):
    read = register(0, "10.00", state=State.ACCEPTED)
    made = register(24, "12.00", state=State.ESTIMATED, method=Method.LIN)
    assert energy(read, register(24, "12.00")).worst is State.PASSED
    found = energy(read, made)
    assert (found.worst, found.computed, found.method) == (State.ESTIMATED, Computed.ESTIMATED, Method.LIN)


def test_a_place_without_a_meter_in_the_period(meter, at, day):
    found = energy_of((meter(begin=at(24)),), FORWARD, day, {})
    assert (found.computed, found.reason) == (Computed.MISSING, "not_installed")


def test_registers_may_come_in_any_order(energy, register, at):
    values = register(-24, "90.00"), register(0, "100.00"), register(24, "99.00"), register(48, "101.00")
    for order in permutations(values):
        assert energy(*order).reason == "decrease"
        assert energy(*order, period=period_of(at(-24), Span.DAY)).energy == D("10.00")
