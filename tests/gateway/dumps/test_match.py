"""Whose row it is."""

from dataclasses import replace

import pytest

from config.profiles import load_profile
from gateway.dumps.match import Matcher, Unmatched
from protocols.dumps.record import Row, Status
from tests.gateway.dumps.toy import archive, meter

SPEC = load_profile("delimited")
CODE = "3430001000000123456789"
KNOWN = archive(
    meter("123456789", "11", cons_no="0077"),
    meter("0042", "12", cons_no="88"),
    meter("A7", "13", cons_no="88"),
)


def row(**given):
    return Row(line=1, offset=0, point="1-0:1.8.0", unit="kWh", status=Status.READ, **given)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"asset_no": "123456789"}, "123456789"),
        ({"asset_no": "0000123456789"}, "123456789"),
        ({"asset_no": "42"}, "0042"),
        ({"comm_addr": "13"}, "A7"),
        ({"cons_no": "77"}, "123456789"),
    ],
)
def test_found(given, found):
    assert Matcher(KNOWN, SPEC).find(row(**given)).asset_no == found


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"asset_no": CODE}, "meter_unknown"),
        ({"asset_no": "a7"}, "meter_unknown"),
        ({"cons_no": "88"}, "meter_ambiguous"),
        ({"comm_addr": "99"}, "meter_unknown"),
    ],
)
def test_not_found(given, reason):
    with pytest.raises(Unmatched) as error:
        Matcher(KNOWN, SPEC).find(row(**given))
    assert error.value.reason == reason


def test_bar_codes_only_as_the_profile_says():
    assert Matcher(KNOWN, replace(SPEC, barcode_tail=9)).asset(CODE).asset_no == "123456789"
    assert Matcher(KNOWN, replace(SPEC, barcode_slice=(14, 9))).asset(CODE).asset_no == "123456789"
    with pytest.raises(Unmatched):
        Matcher(KNOWN, replace(SPEC, barcode_tail=9, barcode_length=20)).asset(CODE)


def test_leading_zeros_may_count():
    with pytest.raises(Unmatched):
        Matcher(KNOWN, replace(SPEC, leading_zeros=False)).asset("42")


def test_two_that_differ_by_zeros_only():
    both = archive(meter("042", "1"), meter("42", "2"))
    assert Matcher(both, SPEC).asset("42").address.endswith("2")
    with pytest.raises(Unmatched) as error:
        Matcher(both, SPEC).asset("0042")
    assert error.value.reason == "meter_ambiguous"
