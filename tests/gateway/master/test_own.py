"""Findings that only the master can make (gateway.master.own)."""

from datetime import timedelta

import pytest

from gateway.master import own
from gateway.master.rows import shift
from tests.gateway.master.make import MIDNIGHT, NOW, batch, reading

MICROS = (MIDNIGHT - shift(0)) // timedelta(microseconds=1)


def difference(old, new):
    return MICROS, "M1", "1-0:1.8.0", *old, *new


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ((150, 2), (15, 1), False),
        ((150, 2), (151, 2), True),
        ((-5, 1), (-50, 2), False),
        ((-5, 1), (5, 1), True),
        ((None, 0), (None, 0), False),
        ((None, 0), (0, 0), True),
        ((0, 0), (None, 0), True),
    ],
)
def test_only_another_number_differs(old, new, differs):
    assert own.differs(difference(old, new)) is differs


def test_another_value_names_both():
    found = own.twice(difference((150, 2), (99, 0)))
    when = "2026-03-01T16:00:00.000000+00:00"
    assert found[:8] == (f"R004:M1:1-0:1.8.0:{when}", when, "R004", "M1", "1-0:1.8.0", 2, "99", "1.50")


def test_a_missing_value_is_a_dash():
    assert own.twice(difference((None, 0), (5, 1)))[6:8] == ("0.5", "-")


def test_a_clash_is_one_finding_per_batch_number():
    one, two = batch(7, reading("1.00")), batch(7, reading("2.00"))
    assert own.clash(one, NOW)[0] == own.clash(two, NOW)[0] == "M001:so-001:e1:7"
    assert own.clash(one, NOW)[6] != own.clash(two, NOW)[6]


def test_a_claim_names_meter_and_gateway():
    found = own.claim("M1", "so-002", MIDNIGHT)
    assert found[0] == "M002:M1:so-002"
    assert (found[2], found[3], found[5], found[9]) == ("M002", "M1", 2, "so-002")
