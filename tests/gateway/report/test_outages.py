"""Outages one by one."""

from datetime import timedelta

from gateway.energy.outages import Spell
from gateway.report.outages import outage_rows
from gateway.report.places import Network, Place, Wanted
from tests.gateway.energy.conftest import DAY

PLACES = {"A": Place("T1", "L1"), "B": Place("T2", "L1"), "TOTAL": Place("T1", "L1")}
NET = Network(PLACES, {"A": PLACES["A"], "B": PLACES["B"]}, {("transformer", "T1"): ["TOTAL"]})
TARGETS = {(7, "jzq"): ["A", "B"]}


def spell(began, ended=None):
    return Spell(*(None if at is None else DAY.start + timedelta(hours=at) for at in (began, ended)))


TOLD = {
    (7, "TOTAL"): [spell(5, 6)],
    (7, "A"): [spell(-2, 1), spell(20)],
    (7, "jzq"): [spell(2, 3)],
    (7, "STRANGER"): [spell(4, 5)],
    (8, "jzq"): [spell(2, 3)],
}


def shown(network=NET, **wanted):
    asked = Wanted(**{name: frozenset(codes) for name, codes in wanted.items()})
    return [
        (row.object, row.told_by, float(row.hours), row.customers)
        for row in outage_rows(network, TARGETS, TOLD, DAY, asked)
    ]


def test_who_told_it_how_long_it_was_and_for_whom_it_counts():
    assert shown() == [
        ("A", "customer", 1, 1),
        ("jzq", "terminal", 1, 2),
        ("jzq", "", 1, 0),
        ("STRANGER", "", 1, 0),
        ("TOTAL", "total meter", 1, 1),
        ("A", "customer", 4, 1),
    ]


def test_times_are_local_and_an_open_end_stays_open():
    rows = outage_rows(NET, TARGETS, {(7, "A"): [spell(20)]}, DAY, Wanted())
    assert (rows[0].began.tzinfo, rows[0].ended) == (DAY.start.tzinfo, None)
    assert (rows[0].transformer, rows[0].line) == ("T1", "L1")


def test_of_what_was_asked_for():
    assert {name for name, *_ in shown(NET.within({"B"}), transformers=["T2"])} == {"jzq"}
