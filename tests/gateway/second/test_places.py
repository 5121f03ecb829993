from datetime import date

import pytest

from config.second import Second
from gateway.review.view import UNJUDGED, Hit
from gateway.second import places
from gateway.second.view import Case, Subject


def case(**fields):
    return Case(object="transformer:T1", subject=Subject.TRANSFORMER, day=date(2026, 5, 20), **fields)


def severity(verdict):
    return verdict.severity if isinstance(verdict, Hit) else verdict


@pytest.mark.parametrize(("count", "energy", "wanted"), [(0.99, 0.99, None), (0.97, 1, 1), (1, 0.94, 2)])
def test_completeness_by_the_worse_of_both(count, energy, wanted):
    assert severity(places.complete(case(coverage_count=count, coverage_energy=energy))) == wanted


@pytest.mark.parametrize(("rate", "wanted"), [(0.07, None), (0.08, 1), (0.13, 2), (None, UNJUDGED)])
def test_loss_of_an_area(rate, wanted):
    assert severity(places.area_loss(case(rate=rate))) == wanted


@pytest.mark.parametrize(("rate", "wanted"), [(0.09, None), (0.11, 1), (0.16, 2)])
def test_loss_of_a_line(rate, wanted):
    assert severity(places.line_loss(case(rate=rate))) == wanted


@pytest.mark.parametrize(
    ("rate", "bound", "wanted"), [(-0.009, None, None), (-0.012, None, 2), (-0.012, 0.02, None)]
)
def test_negative_loss_beyond_the_meters_accuracy(rate, bound, wanted):
    assert severity(places.negative(case(rate=rate, bound=bound))) == wanted


BEFORE = (0.03, 0.031, 0.029, 0.03, 0.032, 0.03, 0.028)


@pytest.mark.parametrize(
    ("recent", "wanted"),
    [
        ((0.03, 0.06, 0.03), None),
        ((0.03, 0.06, 0.06), 1),
        ((0.06, None, 0.07), 1),
        ((0.06, 0.03, -0.01), None),  # once up, once down: no new level
        ((0.06, None, None), UNJUDGED),
    ],
)
def test_a_change_lasts_two_of_three_days(recent, wanted):
    assert severity(places.moved(case(rates=(*BEFORE, *recent)))) == wanted


QUIET = (0.030, 0.033, 0.028, 0.031, 0.027, 0.032, 0.029) * 3


@pytest.mark.parametrize(
    ("recent", "wanted"),
    [
        ([0.055] * 10, 1),  # the median has followed it
        ([-0.005] * 10, 1),
        ([0.03 + 0.003 * day for day in range(1, 11)], 1),  # it crept
        ([0.045] * 10, None),  # less than the least change: season
        ([0.03] * 7 + [0.031, 0.03, 0.031], None),
        ([None] * 6 + [0.055] * 4, None),  # too few days are known
    ],
)
def test_a_level_that_stays_is_a_change_when_the_median_has_followed(recent, wanted):
    assert severity(places._level(case(rates=(*QUIET, *recent)))) == wanted
    assert severity(places.moved(case(rates=(*QUIET, *recent)))) in {wanted, 1}


def test_a_level_needs_two_weeks_of_reference_and_its_limits():
    level = [0.055] * 10
    assert places.moved(case(rates=(*QUIET[:13], *level))) is None
    verdict = places.moved(case(rates=(*QUIET, *level)))
    assert (verdict.value, verdict.limit) == ("+2.50 points, cusum 117.0", "8")
    without = Second(loss_cusum=0)
    assert places.moved(case(rates=(*QUIET, *level), limits=without)).value.startswith("+2.50 points, ewma")
    assert places.moved(case(rates=(*QUIET, *level), limits=Second(loss_cusum=0, loss_ewma=0))) is None


def test_which_side_jumped():
    verdict = places.shifted(case(daily=(100.0, 101.0), sale_daily=(95.0, 140.0)))
    assert verdict.value == "sale +47.4 %"
    assert places.shifted(case(daily=(100.0, None), sale_daily=(0.0, 9.0))) is UNJUDGED


def test_months_may_lie_further_apart_than_days():
    assert severity(places.synchronous(case(skew_seconds=1_000))) == 1
    assert places.synchronous(case(skew_seconds=1_000, monthly=True)) is None


def test_a_suspect_counts_where_the_loss_is_abnormal():
    assert places.culprit(case(culprit=9.0)) is UNJUDGED
    assert severity(places.culprit(case(culprit=9.0, area_abnormal=True))) == 2
    assert severity(places.culprit(case(culprit=6.0, area_abnormal=True))) == 1
    assert places.culprit(case(culprit=4.0, area_abnormal=True)) is None


def test_members_that_are_silent_and_strangers_are_named():
    fields = {"expected_members": 30, "seen_members": 30, "silent": ["H7"], "strangers": ["X9"]}
    assert places.members(case(**fields)).value == "30 +X9 -H7"
    many = [f"H{n}" for n in range(9)]
    assert places.members(case(expected_members=30, seen_members=21, silent=many)).value == (
        "21 -H0 -H1 -H2 -H3 -H4 (4 more)"
    )
    assert places.members(case(expected_members=30, seen_members=30)) is None
