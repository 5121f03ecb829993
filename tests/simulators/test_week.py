"""Two weeks of history (simulators.week): the same by the seed, and what is wrong where."""

from datetime import UTC, datetime, timedelta

from simulators.week import DAYS, REVERSE, week

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def test_the_same_seed_gives_the_same_history():
    assert week(BEGIN, seed=3) == week(BEGIN, seed=3)
    assert week(BEGIN, seed=3).truth != week(BEGIN, seed=4).truth


def test_every_meter_says_every_hour_once_and_only_faults_show():
    honest = week(BEGIN, seed=3, faults=False)
    meters = sum(1 + len(area.customers) for area in honest.areas)
    assert len({(one.meter, one.at) for one in honest.said}) == len(honest.said) == meters * (DAYS * 24 + 1)
    assert {one.how for one in honest.said} == {"wired"}
    assert all(dict(one.values)[REVERSE] == 0 for one in honest.said)
    assert (honest.truth, honest.silent) == ({}, {})


def test_only_the_meter_that_runs_backwards_has_a_reverse_register():
    found = week(BEGIN, seed=3)
    assert {one.meter for one in found.said if dict(one.values)[REVERSE]} == {found.truth["reverse_running"]}


def test_the_night_of_the_silent_concentrator_comes_later_and_some_of_it_by_hand():
    found = week(BEGIN, seed=3)
    late = [one for one in found.said if one.read_at - one.at > timedelta(minutes=5)]
    assert {one.meter[:2] for one in late} == {"T3"}
    assert {one.meter for one in late if one.how == "hand"} == set(found.truth["hand_held_filled"].split())
