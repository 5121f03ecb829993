"""Two weeks of history (simulators.week): the same by the seed, and what is wrong where."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.week import DAYS, FORWARD, REVERSE, week

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MUCH_LATER = BEGIN + timedelta(days=60)
SILENT = BEGIN + timedelta(days=9)


@pytest.fixture(scope="module")
def found():
    return week(BEGIN, seed=3)


def used(found, meter, first, last):
    shown = [found.shows(meter, BEGIN + timedelta(days=day))[FORWARD] for day in (first, last)]
    return shown[1] - shown[0]


def test_the_same_seed_gives_the_same_history(found):
    again = week(BEGIN, seed=3)
    assert (again.shown, again.gaps, again.truth) == (found.shown, found.gaps, found.truth)
    assert week(BEGIN, seed=4).truth != found.truth


def test_without_faults_meters_show_nearly_what_went_through_the_total_meter():
    honest = week(BEGIN, seed=3, faults=False)
    for area in honest.areas:
        supply = used(honest, area.total, 0, DAYS) * area.total_ct
        sale = sum(used(honest, meter, 0, DAYS) for meter in area.customers) * area.ct
        assert 0.03 < 1 - sale / supply < 0.045
    assert all(row[-1][1] == 0 for row in honest.shown.values())
    assert honest.truth == {}
    assert list(honest.brought()) == []


def test_a_thief_hides_four_tenths(found):
    honest = week(BEGIN, seed=3, faults=False)
    thief = found.truth["theft"]
    share = used(found, thief, 0, DAYS) / used(honest, thief, 0, DAYS)
    assert 0.59 < share < 0.61


def test_only_the_meter_that_runs_backwards_has_a_reverse_register(found):
    assert [meter for meter, row in found.shown.items() if row[-1][1]] == [found.truth["reverse_running"]]


def test_few_values_are_missing_and_some_of_them_for_good(found):
    hours = [(meter, BEGIN + hour * HOUR) for meter in found.shown for hour in range(DAYS * 24)]
    first = sum(isinstance(found.ask(meter, at, at), str) for meter, at in hours) / len(hours)
    last = sum(isinstance(found.ask(meter, at, MUCH_LATER), str) for meter, at in hours) / len(hours)
    assert 0.005 < last < 0.02 < first < 0.04


def test_a_silent_concentrator_answers_nothing_and_then_from_memory(found):
    quiet = next(area for area in found.areas if area.target == found.truth["silent_concentrator"])
    meters = (quiet.total, *quiet.customers)
    assert {found.ask(meter, SILENT, SILENT + HOUR) for meter in meters} == {"timeout"}
    later = {meter: found.ask(meter, SILENT, SILENT + timedelta(hours=20)) for meter in meters}
    by_hand = set(found.truth["hand_held_filled"].split())
    assert {meter for meter, said in later.items() if said == "no_record"} == by_hand
    assert later[quiet.total] == found.shows(quiet.total, SILENT)


def test_nothing_is_known_of_instants_that_no_meter_lived_through(found):
    meter = found.areas[0].total
    for at in (BEGIN - HOUR, BEGIN + timedelta(days=DAYS + 1)):
        assert found.ask(meter, at, MUCH_LATER) == "no_record"


def test_the_technician_brings_what_the_meters_remember(found):
    brought = list(found.brought())
    assert {one.meter for one in brought} == set(found.truth["hand_held_filled"].split())
    assert {one.point for one in brought} == {FORWARD, REVERSE}
    assert all(one.value == found.shows(one.meter, SILENT)[one.point] >= one.before for one in brought)
    assert {one.at for one in brought} == {SILENT}
    assert found.walked > SILENT + timedelta(days=3)
