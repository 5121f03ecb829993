"""A search at every speed and in both generations, in virtual time."""

import pytest

import drivers
from config.schema import Target
from drivers.errors import LinkLost
from gateway.survey import Survey, survey
from tests.drivers.line import FakeMeter, bcd, line
from tests.drivers.modbus_line import Unit, modbus_line
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
    assert shown[-1][:2] == (6, 6)


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


def modbus(monkeypatch, *units, link="tcp://h:1", is_rtu=False, protocols=None, numbers=range(1, 20)):
    """Survey of a link with these Modbus units."""
    made = []

    def make(name, gate, wire, url):
        made.append(modbus_line(*units, is_rtu=is_rtu))
        made[-1]._gate = gate
        return made[-1]

    monkeypatch.setitem(drivers.LINKS, link.partition(":")[0], make)
    target = Target(name="scan", driver="meter", link=link)
    shown = []

    def show(state: Survey):
        shown.append((state.protocol, state.pattern))

    return virtually(survey(target, [0], protocols, show, numbers)), shown


@pytest.mark.parametrize("is_rtu", [False, True])
def test_modbus_units_are_found_by_their_numbers(monkeypatch, is_rtu):
    units = [
        Unit(3, {(3, 0): 1}),
        Unit(7, {}),
        Unit(9, {(4, 0): 1}, delay=5),
    ]  # the second refuses, the third sleeps
    name = "modbus-rtu" if is_rtu else "modbus-tcp"
    found, shown = modbus(monkeypatch, *units, is_rtu=is_rtu, protocols=[name])
    assert [(one.address, one.protocol, one.baud) for one in found] == [("3", name, 0), ("7", name, 0)]
    assert (name, "19") in shown


def test_nothing_but_reading_is_sent_in_a_search(monkeypatch):
    found, _ = modbus(monkeypatch, Unit(3, {(3, 0): 1}), protocols=["modbus-tcp"])
    assert found  # through the gate of the search


def test_equipment_that_hangs_up_at_a_strange_question_is_asked_in_the_next_protocol(monkeypatch):
    """As a Modbus TCP server does that gets a frame of DL/T 645."""
    link = modbus_line(Unit(3, {(3, 0): 1}))
    answer = link.script

    def script(sent):
        if sent[:1] in (b"\xfe", b"\x68"):
            link.cut()
            return []
        return answer(sent)

    link.script = script

    def make(name, gate, wire, url):
        link._gate = gate
        return link

    monkeypatch.setitem(drivers.LINKS, "tcp", make)
    target = Target(name="scan", driver="meter", link="tcp://h:1")
    found = virtually(survey(target, [0], ["dlt645-2007", "modbus-tcp"], lambda state: None, range(1, 5)))
    assert [one.address for one in found] == ["3"]
