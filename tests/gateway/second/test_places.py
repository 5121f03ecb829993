from datetime import date

import pytest

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
