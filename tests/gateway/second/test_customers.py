from datetime import date

import pytest

from config.second import Second
from gateway.review.view import UNJUDGED, Hit
from gateway.second import customers
from gateway.second.view import Case, Subject

DAY = date(2026, 5, 20)


def case(**fields):
    return Case(**{"object": "M1", "subject": Subject.CUSTOMER, "day": DAY, "household": False, **fields})


def severity(verdict):
    return verdict.severity if isinstance(verdict, Hit) else verdict


@pytest.mark.parametrize(("month", "wanted"), [(4.9, 2), (5.1, None), (19.9, None), (20.1, 2)])
def test_usage_from_half_to_double(month, wanted):
    assert severity(customers.usage(case(month_daily=month, usual=10.0))) == wanted


@pytest.mark.parametrize("daily", [(100.0,), (100.0, None), (0.0, 50.0)])
def test_overnight_needs_two_days_with_energy(daily):
    assert customers.overnight(case(large=True, daily=daily)) is UNJUDGED


def test_a_home_is_never_compared_with_yesterday():
    assert customers.overnight(case(daily=(100.0, 1.0))) is UNJUDGED


@pytest.mark.parametrize(("off", "wanted"), [(2, None), (3, 1)])
def test_steady_needs_three_of_five_days(off, wanted):
    daily = (*[10.0, 11.0, 9.0, 10.0] * 7, *[10.0] * (5 - off), *[1.0] * off)
    assert severity(customers.steady(case(daily=daily))) == wanted


def test_steady_does_not_judge_a_short_history():
    assert customers.steady(case(daily=(10.0,) * 10)) is UNJUDGED


WEEK = (10.0, 11.0, 9.0, 10.0, 12.0, 13.0, 8.0)


def eight_weeks(low, days=24):
    """Energies that fell to a part of themselves so many days ago."""
    series = WEEK * 8 + WEEK[:1]
    return (*series[:-days], *(low * one for one in series[-days:]))


AREA = tuple(100.0 for _ in range(57))


@pytest.mark.parametrize(
    ("low", "peers", "wanted"),
    [
        (0.4, AREA, 1),
        (0.4, (*AREA[:-1], None), 1),
        (0.75, AREA, None),  # a quarter less is no slow fall
        (0.4, (*AREA[:29], *([45.0] * 28)), None),  # the others fell as well: season
        (0.4, (), None),  # nobody to compare with
    ],
)
def test_a_slow_fall_is_the_customers_own(low, peers, wanted):
    assert severity(customers.steady(case(daily=eight_weeks(low), peers=peers))) == wanted


def test_a_slow_fall_says_how_far():
    verdict = customers.steady(case(daily=eight_weeks(0.4), peers=AREA))
    assert (verdict.value, verdict.limit) == ("-60 % / 28 d, -51 % / area", "-30 %, -39 %")


def test_the_limits_of_a_slow_fall():
    fallen = {"daily": eight_weeks(0.4), "peers": AREA}
    assert customers.steady(case(**fallen, limits=Second(fall=0))) is None
    assert customers.steady(case(**fallen, limits=Second(peer_fall=1.5))) is None
    alone = customers.steady(case(daily=fallen["daily"], limits=Second(peer_fall=0)))
    assert (alone.value, alone.limit) == ("-60 % / 28 d", "-30 %")


@pytest.mark.parametrize("ratio", [2, 1 / 3, 60, 1 / 40])
def test_a_multipliers_step(ratio):
    daily = (*[100.0, 101.0, 99.0] * 8, *[100.0 * ratio] * 3)
    verdict = customers.multiplier(case(daily=daily, multiplier=60.0))
    assert verdict.severity == 2
    assert verdict.value == f"{ratio:.3f}"


def test_the_meters_own_multiplier_is_a_step_too():
    daily = (*[100.0, 101.0, 99.0] * 8, *[100.0 * 37] * 3)
    assert customers.multiplier(case(daily=daily)) is None
    assert severity(customers.multiplier(case(daily=daily, multiplier=37.0))) == 2


def test_a_restless_customer_says_nothing_about_multipliers():
    daily = (*[10.0, 200.0, 90.0, 30.0] * 7, 200.0, 200.0, 200.0)
    assert customers.multiplier(case(daily=daily)) is UNJUDGED


@pytest.mark.parametrize(("factor", "wanted"), [(0.91, None), (0.88, 0), (0.7, 1)])
def test_power_factor(factor, wanted):
    assert severity(customers.factor(case(factor=factor, factor_standard=0.9))) == wanted


def test_a_bad_point_makes_no_heavy_transformer():
    spikes = (50.0, 51.0, 49.0, 500.0, 50.0, 52.0, 50.0) * 6
    assert customers.load(case(capacity=100.0, load=spikes)) is None
    heavy = customers.load(case(capacity=100.0, load=(*spikes, *[90.0] * 6)))
    assert heavy.value == "6 x 90.0 %"


def test_one_point_above_capacity_is_no_overload():
    assert customers.demand(case(capacity=100.0, load=(90.0, 120.0, 90.0))) is None


@pytest.mark.parametrize(("share", "wanted"), [(0.05, None), (0.06, 1), (0.21, 2)])
def test_estimated_share(share, wanted):
    assert severity(customers.estimated(case(estimated_share=share))) == wanted


def test_next_to_nothing_is_not_a_rise_or_fall():
    assert customers.usage(case(month_daily=0.4, usual=0.1)) is None
    assert severity(customers.usage(case(month_daily=0.6, usual=0.1))) == 2


def test_where_it_takes_a_month_days_say_nothing_of_zero():
    assert customers.zero(case(usual=50.0, daily=(0.0,) * 40)) is UNJUDGED
    assert severity(customers.zero(case(usual=50.0, monthly=True, month_daily=0.0))) == 1
    assert customers.zero(case(usual=0.4, monthly=True, month_daily=0.0)) is None
    assert customers.zero(case(usual=50.0, monthly=True)) is UNJUDGED
    industry = Second(zero_days=3)
    assert customers.zero(case(usual=50.0, monthly=True, month_daily=0.0, limits=industry)) is UNJUDGED


def test_zero_days_of_the_class():
    industry = Second(zero_days=3)
    assert severity(customers.zero(case(usual=50.0, daily=(9.0, 0.0, 0.0, 0.0), limits=industry))) == 1
    assert customers.zero(case(usual=50.0, daily=(9.0, 0.0, None, 0.0), limits=industry)) is UNJUDGED
    assert customers.zero(case(usual=0.2, daily=(0.0, 0.0, 0.0), limits=industry)) is None
    assert customers.zero(case(usual=50.0, daily=(0.0,) * 3, limits=industry, active=False)) is None


def test_a_changed_shape_counts_only_while_the_energy_stays():
    profiles = (*[(1.0, 2.0, 5.0, 3.0)] * 7, *[(5.0, 3.0, 1.0, 2.0)] * 7)
    assert severity(customers.likeness(case(profiles=profiles, daily=(11.0,) * 14))) == 0
    assert customers.likeness(case(profiles=profiles, daily=(*[11.0] * 7, *[30.0] * 7))) is None
