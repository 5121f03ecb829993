"""Energies of a customer's days as the rules see them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.energy.period import Span, period_of
from gateway.master.process.feeds import daily
from gateway.master.process.feeds.daily import DailyEnergies
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.roll import Entry, Roll

CELLS = ["", "in service", "", "1P", 6, 2, "1", "1", 0, "", None, None, "2", None, None, None, "", None]


def part(energy: Decimal | None, capacity: str | None = None) -> Customers:
    cells = [*CELLS]
    cells[15] = capacity
    return Customers(Roll({7: Entry(7, "A", cells)}), {7: energy, 9: Decimal(1)}, 1)


@pytest.fixture
def around(monkeypatch) -> Around:
    past = {7: {10: (Decimal(2), "read"), 20: (Decimal(6), "estimated")}}
    monkeypatch.setattr(daily, "daily", lambda *given: past)
    return Around(None, period_of(datetime(2026, 10, 3, tzinfo=UTC), Span.DAY), {}, [10, 20])


def test_days_estimates_and_the_usual_energy_are_told(around):
    assert DailyEnergies().customers(around, part(Decimal(3))) == {
        7: {"daily": (2.0, 6.0, 3.0), "estimates_in_row": 0, "usual": 4.0}
    }


def test_a_day_without_energy_goes_on_a_row_of_estimates(around):
    assert DailyEnergies().customers(around, part(None))[7]["estimates_in_row"] == 2


def test_without_days_before_only_a_capacity_is_worth_judging(around):
    around.days = []
    assert DailyEnergies().customers(around, part(Decimal(3))) == {}
    assert DailyEnergies().customers(around, part(Decimal(3), "50"))[7]["daily"] == (3.0,)
