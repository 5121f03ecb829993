"""What events say to the rules: by data, once each, never from before a meter's time or after now."""

from datetime import date, timedelta

import pytest

from config.events import kinds_of
from gateway.review.findings import Book
from gateway.review.rules import BY_ID
from gateway.review.signals import covers, faults, parameters, signals
from gateway.review.witness import Witness
from protocols.dlt645.catalogue import lookup
from protocols.dlt645.status import words
from protocols.reading import Event
from tests.gateway.review.test_reviewer import START, Bench, Wall, meter


def event(ident, *, detail="{}", began=START - timedelta(hours=1), name="something", asset="M1"):
    return Event(
        meter=asset, id=ident, name=name, began=began, ended=None, detail=detail, read_at=START, source="t"
    )


@pytest.fixture
def witness():
    known = meter(valid_from=date(2026, 4, 1))
    return Witness(Book(), Wall(), {"M1": known}.get)


def told(witness, one):
    return [(f.rule, f.state, f.severity) for f in witness.take(one)]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (event("03300D01"), [("R059", "confirmed", 2)]),
        (event("03350001"), [("R059", "confirmed", 2)]),
        (event("03300001"), [("R011", "confirmed", 2)]),
        (event("gdw1376.1:ERC8"), [("R011", "confirmed", 2)]),
        (event("gdw1376.1:ERC9", detail='{"flag": "41", "state": "began"}'), [("R044", "confirmed", 2)]),
        (event("gdw1376.1:ERC9", detail='{"flag": "C1", "state": "began"}'), [("R047", "confirmed", 2)]),
        (event("gdw1376.1:ERC10", detail='{"flag": "81"}'), [("R040", "confirmed", 2)]),
        (
            event("gdw1376.1:ERC13", detail='{"flag": "11"}'),
            [("R011", "confirmed", 2), ("R010", "confirmed", 1)],
        ),
        (event("gdw1376.1:ERC29"), [("R022", "confirmed", 3)]),
        (event("gdw1376.1:ERC14"), []),
        (event("03050001"), []),
        (event("03300D01", began=None), []),
        (event("03300D01", began=START + timedelta(hours=1)), []),
        (event("03300D01", began=START - timedelta(days=90)), []),
    ],
    ids=lambda value: value.id if isinstance(value, Event) else "",
)
def test_an_event_opens_the_finding_of_its_rule(witness, one, expected):
    assert told(witness, one) == expected


def test_the_same_event_counts_once(witness):
    assert told(witness, event("03300D01"))
    assert told(witness, event("03300D01")) == []
    assert witness.dropped == 1


def test_what_is_over_clears(witness):
    assert told(witness, event("gdw1376.1:ERC10", detail='{"flag": "41", "state": "began"}'))
    over = event("gdw1376.1:ERC10", detail='{"flag": "41", "state": "ended"}', began=START)
    assert told(witness, over) == [("R043", "cleared", 2)]


def test_equipment_that_is_no_meter_stands_for_itself(witness):
    (finding,) = witness.take(event("gdw1376.1:ERC31", asset="jzq:7"))
    assert (finding.meter, finding.source) == ("jzq:7", "t")


def test_the_tables_name_what_there_is():
    assert {one.rule for one in signals()} <= set(BY_ID)
    records = [one.events.ident.replace("??", "01") for one in signals() if "??" in one.events.ident]
    assert {lookup("2007", ident).category for ident in records} == {"event_record"}
    assert all(kinds_of(ident) for ident in records)
    own = [point for point in parameters() | covers() if point.startswith("dlt645-2007:")]
    assert all(lookup("2007", point.rpartition(":")[2]) for point in own)
    assert all(lookup("1997", point.rpartition(":")[2]) for point in parameters() if "1997" in point)
    known = {bit for bit, *_ in words()["C020"]}
    assert {fault.bit for fault in faults()["dlt645-1997:C020"]} <= known


def test_a_changed_parameter_is_told_once_and_clears():
    bench = Bench()
    states = [
        [(f.rule, f.state) for f in bench.one(value, point="0-0:96.2.0", hours=24)[1]]
        for value in ("3", "3", "4", "4", "4")
    ]
    assert states == [[], [], [("R011", "confirmed")], [("R011", "cleared")], []]


def test_a_fault_bit_is_told_by_name():
    bench = Bench()
    reading, (finding,) = bench.one("4", point="0-0:96.5.1")
    assert (finding.rule, finding.severity, finding.value) == ("R010", 1, "clock battery low")
    assert reading.state == "PASSED"


def test_a_tariff_that_was_asked_and_did_not_come():
    bench = Bench()
    _, findings = bench.read({"1-0:1.8.0": "100.00", "1-0:1.8.1": "50.00", "1-0:1.8.2": None})
    assert [(f.rule, f.value) for f in findings] == [("R012", "1 missing")]
