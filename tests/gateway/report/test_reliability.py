"""Reliability by area from outages of meters, terminals and total meters."""

from datetime import timedelta
from decimal import Decimal

import pytest

from config.quality import Quality
from gateway.energy.outages import Spell
from gateway.report.places import Network, Place
from gateway.report.reliability import customer_outages, reliability
from tests.gateway.energy.conftest import DAY

NET = Network(
    {},
    {"A": Place("T1", "L1"), "B": Place("T1", "L1"), "C": Place("T2", "L1"), "D": Place("", "L1")},
    {("transformer", "T1"): ["TOTAL"], ("line", "L1"): ["GATE1", "GATE2"]},
)
TARGETS = {(7, "jzq"): ["A", "C"]}


def spell(began, hours=None):
    at = DAY.start + timedelta(hours=began)
    return Spell(at, None if hours is None else at + timedelta(hours=hours))


def hours(told, **more):
    rows = reliability(NET, customer_outages(NET, TARGETS, told, DAY), DAY, Quality(**more), ())
    return {(row.kind, row.code, row.area): row.outage_hours for row in rows if row.outage_hours}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({(7, "A"): [spell(1, 2)]}, {"T1": 2, "L1": 2}),
        ({(7, "TOTAL"): [spell(1, 2)]}, {"T1": 4, "L1": 4}),
        ({(7, "jzq"): [spell(1, 2)]}, {"T1": 2, "T2": 2, "L1": 4}),
        ({(8, "jzq"): [spell(1, 2)]}, {}),
        ({(7, "GATE1"): [spell(1, 2)]}, {}),
        ({(7, "GATE1"): [spell(1, 4)], (7, "GATE2"): [spell(3, 4)]}, {"T1": 4, "T2": 2, "L1": 8}),
        (
            {(7, "TOTAL"): [spell(1, 4)], (7, "A"): [spell(2, 4)], (7, "jzq"): [spell(0, 3)]},
            {"T1": 10, "T2": 3, "L1": 13},
        ),
        ({(7, "D"): [spell(20)]}, {"L1": 4}),
        ({(7, "STRANGER"): [spell(1, 2)]}, {}),
    ],
    ids=["own", "total", "terminal", "of-another-gateway", "one-of-two", "both", "overlapping", "open", "stranger"],
)  # fmt: skip
def test_whose_outage_counts_for_whom(told, expected):
    found = hours(told)
    whole = found.pop(("all", "", "urban"), 0)
    assert {code: figure for (_, code, _), figure in found.items()} == expected
    assert whole == expected.get("L1", 0)


def test_town_and_country_have_their_own_promise():
    told = {(7, "A"): [spell(0, 2)], (7, "B"): [spell(0, 2)], (7, "C"): [spell(0, 1)]}
    quality = Quality(rural=("T2",))
    rows = reliability(NET, customer_outages(NET, TARGETS, told, DAY), DAY, quality, ("D",))
    found = {(row.kind, row.code): row for row in rows if row.kind == "transformer"}
    assert (found["transformer", "T1"].area, found["transformer", "T2"].area) == ("urban", "rural")
    assert found["transformer", "T1"].rate == Decimal("0.916667")
    assert [(row.area, row.customers, row.affected) for row in rows if row.kind == "all"] == [
        ("rural", 1, 1),
        ("urban", 3, 2),
    ]
    assert not any(row.reached for row in rows if row.affected)
    assert [str(row.standard) for row in rows if row.kind == "all"] == ["0.99", "0.9989"]


def test_where_nobody_was_heard_of_nothing_is_judged():
    rows = reliability(NET, [], DAY, Quality(), {"A"})
    assert {(row.kind, row.code): (row.heard, row.rate, row.reached) for row in rows} == {
        ("all", ""): (1, 1, True),
        ("line", "L1"): (1, 1, True),
        ("transformer", "T1"): (1, 1, True),
        ("transformer", "T2"): (0, None, None),
    }


@pytest.mark.parametrize(
    ("quality", "place", "area"),
    [
        ({}, ("T1", "L1"), "urban"),
        ({"reliability": "rural"}, ("T1", "L1"), "rural"),
        ({"rural": ("L1",)}, ("T1", "L1"), "rural"),
        ({"rural": ("L1",), "urban": ("T1",)}, ("T1", "L1"), "urban"),
        ({"rural": ("T1",), "urban": ("L1",)}, ("T1", "L1"), "rural"),
        ({"rural": ("T1",), "urban": ("T1",)}, ("T1", ""), "urban"),
        ({"reliability": "rural", "urban": ("L1",)}, ("", "L1"), "urban"),
    ],
)
def test_an_area_is_in_town_or_in_the_country_by_its_own_code_then_its_line(quality, place, area):
    assert Quality(**quality).area(*place) == area
