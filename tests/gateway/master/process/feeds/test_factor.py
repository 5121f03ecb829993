"""Power factors of a month from what its registers say."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.energy.period import Span, period_of
from gateway.master.process.energies import Kept
from gateway.master.process.feeds.factor import PowerFactors
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.roll import Entry, Roll

MONTH = period_of(datetime(2026, 3, 1, tzinfo=UTC), Span.MONTH)
POINTS = [f"1-0:{kind}.8.{tariff}" for kind in (1, 3, 4, 5, 6, 7, 8) for tariff in range(3)]


class Store:
    def ask(self, name, rows):
        assert (name, rows) == ("point_ids", [])
        return list(enumerate(POINTS))


def kept(value: int, computed: str = "read") -> Kept:
    return Kept(value, 0, value, (0, 0, 0, "1", computed, "FREEZE", "", "PASSED"))


def found(energies: dict[str, int | Kept], *, standard: str | None = "0.90", capacity: str | None = None):
    cells = [
        "",
        "in service",
        "",
        "",
        6,
        2,
        "1",
        "1",
        0,
        "",
        None,
        None,
        "",
        None,
        None,
        capacity,
        "",
        standard,
    ]
    given = {
        (7, POINTS.index(f"1-0:{point}")): one if isinstance(one, Kept) else kept(one)
        for point, one in energies.items()
    }
    part = Customers(Roll({7: Entry(7, "A", cells)}), {7: Decimal(1)}, POINTS.index("1-0:1.8.0"), given)
    got = PowerFactors().customers(Around(Store(), MONTH, {}), part).get(7)
    return got and (got["factor"], got["factor_standard"], got["factor_at_peak"])


@pytest.mark.parametrize(
    ("energies", "wanted"),
    [
        ({"1.8.0": 1000, "3.8.0": 400, "4.8.0": 100}, 0.8944),
        ({"1.8.0": 1000, "5.8.0": 300, "8.8.0": 100}, 0.9285),
        ({"1.8.0": 1000, "5.8.0": 300, "8.8.0": 100, "6.8.0": 50, "7.8.0": 50}, 0.8944),
        ({"1.8.0": 1000, "3.8.0": 400, "4.8.0": 0, "5.8.0": 900, "8.8.0": 900}, 0.9285),
    ],
)
def test_reactive_energy_is_forward_and_reverse_else_that_of_the_quadrants(energies, wanted):
    assert found(energies) == (wanted, 0.9, False)


def test_without_both_parts_of_the_reactive_energy_nothing_is_said():
    assert found({"1.8.0": 1000, "3.8.0": 400}) is None
    assert found({"1.8.0": 1000, "5.8.0": 400}) is None
    assert found({"3.8.0": 400, "4.8.0": 0}) is None


def test_what_was_estimated_has_no_power_factor():
    assert found({"1.8.0": kept(1000, "estimated"), "3.8.0": 400, "4.8.0": 0}) is None


def test_only_customers_with_a_standard_have_one():
    assert found({"1.8.0": 1000, "3.8.0": 900, "4.8.0": 0}, standard=None) is None
    assert found({"1.8.0": 1000, "3.8.0": 900, "4.8.0": 0}, standard=None, capacity="99") is None


PEAK = {"1.8.2": 100, "3.8.2": 80, "4.8.2": 0}
WHOLE = {"1.8.0": 1000, "3.8.0": 100, "4.8.0": 0}


def test_from_a_hundred_kva_on_the_peak_counts_too():
    assert found(WHOLE | PEAK, capacity="100") == (0.7809, 0.9, True)
    assert found(WHOLE | PEAK, capacity="99") == (0.995, 0.9, False)
    assert found(PEAK, standard=None, capacity="100") == (0.7809, 0.9, True)


def test_a_sharp_tariff_counts_with_the_peak():
    sharp = {"1.8.1": 100, "3.8.1": 0, "4.8.1": 0}
    assert found(WHOLE | PEAK | sharp, capacity="100") == (0.9285, 0.9, True)
    assert found(WHOLE | PEAK | {"1.8.1": 100}, capacity="100") == (0.995, 0.9, False)
