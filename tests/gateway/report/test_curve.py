from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.report.curve import curve, curve_of
from gateway.report.rows import LossRow


def days(losses):
    return [
        LossRow(
            kind="transformer", code="T1", day=date(2026, 5, 1) + timedelta(days=n), supply_kwh=Decimal(supply),
            sale_kwh=Decimal(0), loss_kwh=Decimal(str(loss)), loss_rate=Decimal(0), state="normal",
        )
        for n, (supply, loss) in enumerate(losses)
    ]  # fmt: skip


SUPPLIES = [50 + 10 * n for n in range(20)]


@pytest.mark.parametrize(
    ("loss", "says"),
    [
        (lambda e: 20 + 0.01 * e, "load without a meter"),
        (lambda e: 0.5 + 0.2 * e, "a multiplier"),
        (lambda e: 0.5 + 0.001 * e * e, "square of the load"),
    ],
)
def test_the_largest_part_says_what_to_look_for(loss, says):
    found = curve(days([(e, loss(e)) for e in SUPPLIES]))
    assert found is not None
    assert says in found.says
    parts = found.constant_kwh + found.proportional_kwh + found.ohmic_kwh
    assert parts == pytest.approx(loss(found.mean_kwh), abs=0.01)


def test_where_the_supply_hardly_varies_nothing_is_said():
    noisy = [(100 + n % 5, 5 + (n * 7 % 6) / 10) for n in range(20)]
    found = curve(days(noisy))
    assert found is not None
    assert "take more days" in found.says


def test_few_days_make_no_curve():
    assert curve_of(days([(e, e / 10) for e in SUPPLIES[:9]])) is None
    assert curve(days([(100, 5)] * 20)) is None
