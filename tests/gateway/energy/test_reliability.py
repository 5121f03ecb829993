"""Reliability of supply from outages."""

from datetime import timedelta
from decimal import Decimal

from gateway.energy.period import Span, period_of
from gateway.energy.reliability import RURAL, URBAN, Outage, reliability_of
from tests.gateway.energy.conftest import DAY

D = Decimal
MONTH = period_of(DAY.start, Span.MONTH)


def outage(customer, begin, hours):
    ended = None if hours is None else DAY.start + timedelta(hours=begin + hours)
    return Outage(customer, DAY.start + timedelta(hours=begin), ended)


def test_customer_hours_against_what_was_promised():
    found = reliability_of(100, [outage(f"C{n}", 8, 8) for n in range(10)], MONTH)
    assert (found.outage_hours, found.affected, found.rate) == (80, 10, D("0.998925"))
    assert found.reaches(URBAN)
    worse = reliability_of(100, [outage(f"C{n}", 8, 9) for n in range(10)], MONTH)
    assert (worse.reaches(URBAN), worse.reaches(RURAL)) == (False, True)


def test_outages_that_overlap_count_once():
    found = reliability_of(
        1, [outage("C", 1, 3), outage("C", 2, 1), outage("C", 3, 2), outage("C", 10, 1)], DAY
    )
    assert (found.outage_hours, found.affected) == (5, 1)


def test_an_outage_counts_inside_the_period_only_and_may_last():
    found = reliability_of(1, [outage("C", -5, 6), outage("C", 22, None), outage("C", 30, 1)], DAY)
    assert (found.outage_hours, found.rate) == (3, D("0.875"))


def test_without_customers_or_outages():
    assert reliability_of(0, [], DAY) is None
    assert reliability_of(5, [outage("C", -5, 2)], DAY).rate == 1
