"""What a module says unasked becomes facts about our meters, and nothing about others'."""

import json

import pytest

from config.archive import Meter
from config.events import kinds_of
from drivers.carrier.reports import Reports
from drivers.surroundings import Observed, TerminalEvent
from protocols.gdw1376_2.body import decode_body
from protocols.gdw1376_2.session import NodeReport
from tests.drivers.carrier.place import START, Place, node
from tests.protocols.gdw1376_2.frames import carried


class Party:
    """Reports of a module with two meters, the second on three phases."""

    def __init__(self):
        meters = [
            Meter(asset_no=f"m{n}", address=node(n), protocol="dlt645-2007", target="cco1", wiring=wiring)
            for n, wiring in ((1, "1P"), (2, "3P4W"))
        ]
        self.place = Place(2, meters=meters)
        self.facts = self.place.facts
        self.reports = Reports("cco1", self.place.around, meters)

    def hear(self, fn, data):
        body = decode_body(0x06, fn, data, up=True)
        assert not body.error
        self.reports.hear(NodeReport(0x06, fn, body, "", 0))


def wire(*numbers):
    return b"".join(bytes.fromhex(node(n))[::-1] for n in numbers)


@pytest.mark.parametrize(
    ("device", "body", "told"),
    [
        (1, b"\x01" + wire(1, 2), [("m1", "power off"), ("m2", "power off")]),
        (1, b"\x02" + wire(2), [("m2", "power on")]),
        (0, b"\x01" + wire(1) + b"\x00" + wire(2) + b"\x01", [("m1", "power off"), ("m2", "power on")]),
        (1, b"\x01" + wire(7), []),
    ],
    ids=["off", "on", "each by its own mark", "nobody of ours"],
)
def test_power_events(device, body, told):
    party = Party()
    party.hear(5, bytes((device, 4, len(body))) + body)
    assert [(fact.event.meter, fact.event.name) for fact in party.facts] == told
    for fact in party.facts:
        assert isinstance(fact, TerminalEvent)
        is_off = fact.event.name == "power off"
        assert (fact.important, fact.event.began, fact.event.source) == (is_off, START, "cco1")
        assert (fact.event.ended is None) is is_off
        kind = "outage" if is_off else "power_on"
        assert kinds_of(fact.event.id, fact.event.name, fact.event.detail) == (kind,)
        assert json.loads(fact.event.detail)["address"] == node(int(fact.event.meter[1:]))
    assert party.reports.counters["unknown_nodes"] == (not told)
    assert party.reports.counters["report_5"] == 1


@pytest.mark.parametrize(
    ("frame", "seen"),
    [
        (carried(0x9E, "00000000567803", node(1)), ["000000005678"]),
        (carried(0x9E, "00000000567803", node(9)), []),
        (carried(0x9E, "00000000567804", node(1)), []),
        (carried(0x9E, "000000567803", node(1)), []),
        (carried(0x91, "00000000567803", node(1)), []),
        (carried(0x9E, "00000000567803", node(1))[:-2], []),
    ],
    ids=["area", "of nobody of ours", "of another kind", "too short", "a reading", "cut"],
)
def test_another_area(frame, seen):
    party = Party()
    party.hear(5, bytes((1, 2, len(frame))) + frame)
    assert [(fact.kind, fact.value) for fact in party.facts] == [("area", value) for value in seen]


def test_nodes_that_were_found_are_counted_where_they_are_strangers():
    party = Party()
    party.hear(1, b"\x02" + wire(1) + b"\x02\x00\x00" + wire(8) + b"\x02\x00\x00")
    assert party.reports.counters["nodes_found"] == 1
    assert not party.facts


def test_phases_are_told_of_meters_on_one_phase_and_only_when_they_are_news():
    party = Party()
    for number, phase in ((1, 1), (1, 1), (1, 4), (1, 0), (2, 2), (9, 1), (1, 3)):
        party.reports.phase(node(number), phase)
    assert party.facts == [Observed(meter="m1", kind="phase", value=value, at=START) for value in ("1", "3")]
