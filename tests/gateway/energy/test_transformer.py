"""Losses in customers' transformers."""

from decimal import Decimal

import pytest

from config.archive import Meter
from gateway.energy.transformer import Losses, losses_of, low_side, transformer_loss

D = Decimal


def test_no_load_loss_stands_and_load_loss_grows_with_the_square():
    losses = Losses(D(315), D("0.48"), D("3.65"))
    idle = transformer_loss(losses, D(0), D(24))
    assert idle == D("11.52")
    half = transformer_loss(losses, D(315) * 24 * D("0.9") / 2, D(24), form=D(1))
    assert half - idle == D("3.65") / 4 * 24
    assert transformer_loss(losses, D(315) * 24 * D("0.9"), D(24), form=D(1)) - idle == D("3.65") * 24


@pytest.mark.parametrize(("capacity", "row"), [(100, (100, "0.20", "1.50")), (101, (125, "0.24", "1.80"))])
def test_the_next_usual_size(capacity, row):
    assert losses_of(D(capacity)) == Losses(*map(D, row))


def test_beyond_the_table_in_proportion():
    assert losses_of(D(3200)) == Losses(D(3200), D("3.28"), D("29.00"))


@pytest.mark.parametrize(
    ("side", "low"), [("高供低计", True), ("low", True), ("", False), ("高供高计", False)]
)
def test_which_customers_are_metered_on_the_low_side(side, low):
    meter = Meter(asset_no="M1", address="1", protocol="dlt645-2007", target="t", metering_side=side)
    assert low_side(meter) is low
