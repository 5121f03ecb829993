"""A search at every speed and in both generations, in virtual time."""

import pytest

import drivers
from config.schema import Target
from drivers.errors import LinkLost
from gateway.survey import Survey, survey
from tests.drivers.line import FakeMeter, bcd, line
from tests.drivers.toy import virtually


def collide(replies):
    """Frames at the same moment spoil each other."""
    if len(replies) < 2:
        return replies
    return [(replies[0][0], bytes(a | b for a, b in zip(replies[0][1][4:], replies[1][1][4:], strict=True)))]


def search(monkeypatch, by_baud, link="serial:/dev/x", bauds=(2400, 9600), protocols=None):
    """Survey with a link for each speed; what was shown, and what was found."""
    shown = []

    def make(name, gate, wire, url):
        if url.baud not in by_baud:
            raise LinkLost("no such speed")
        made = line(*by_baud[url.baud], mangle=collide)
        script = made.script
        made.script = lambda sent: script(sent) if by_baud[url.baud] else []
        made._gate = gate
        return made

    monkeypatch.setitem(drivers.LINKS, link.partition(":")[0], make)
    target = Target(name="scan", driver="meter", link=link)

    def show(state: Survey):
        shown.append((state.done, state.rounds, state.baud, state.protocol))

    return virtually(survey(target, list(bauds), protocols, show)), shown


def test_meters_at_two_speeds(monkeypatch):
    meters = {2400: [FakeMeter("000000000112", {"00010000": bcd("00000001")})], 9600: []}
    found, shown = search(monkeypatch, meters)
    assert [(one.address, one.protocol, one.baud) for one in found] == [("000000000112", "dlt645-2007", 2400)]
    assert shown[-1][:2] == (4, 4)


def test_several_at_once_are_told_apart(monkeypatch):
    addresses = ["000000000112", "000000000212", "000000000234", "990000000034"]
    meters = {0: [FakeMeter(address, {"00010000": bcd("00000001")}) for address in addresses]}
    found, _ = search(monkeypatch, meters, "tcp://h:1", [0], ["dlt645-2007"])
    assert sorted(one.address for one in found) == sorted(addresses)


def test_an_unknown_protocol_is_a_value_error(monkeypatch):
    with pytest.raises(ValueError, match="dlms"):
        search(monkeypatch, {0: []}, "tcp://h:1", [0], ["dlms"])


def test_a_link_that_cannot_be_opened_is_lost(monkeypatch):
    with pytest.raises(LinkLost):
        search(monkeypatch, {})
