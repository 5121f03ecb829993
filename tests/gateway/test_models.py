"""A meter's model is what the archive names, or its protocol's own."""

import pytest

from config.archive import Meter
from gateway.models import model_of


def meter(**kwargs):
    return Meter(asset_no="a", address="1", target="t", **kwargs)


def test_the_protocols_own_model_is_the_default():
    assert model_of(meter(protocol="dlt645-2007"))["protocol"] == "dlt645-2007"
    assert model_of(meter(protocol="dlt645-1997"))["protocol"] == "dlt645-1997"


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="none-such"):
        model_of(meter(protocol="dlt645-2007", model="none-such"))
