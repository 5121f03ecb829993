"""Links and the loops that join them to protocol sessions.

`LINKS` is the table of link kinds by scheme, `DRIVERS` that of collection techniques.
`make_link` is the only way to a link, and it asks for a gate.
"""

from collections.abc import Callable
from importlib import import_module

from config.link import LinkUrl, parse_link
from drivers.calling import Dials, through_modem
from drivers.driver import Driver
from drivers.link import RADIO_FRAME, Gate, Link, Wire
from drivers.meter import MeterDriver
from drivers.surroundings import Surroundings

__all__ = [
    "DRIVERS", "LINKS", "Driver", "Gate", "Link", "LinkUrl", "Surroundings", "Wire", "make_driver", "make_link",
    "parse_link", "wire_of",
]  # fmt: skip

_MakeLink = Callable[[str, Gate, Wire, LinkUrl], Link]


def _link(module: str, name: str) -> _MakeLink:
    """Imported only where a target has such a link: a gateway on the network alone carries no serial ports."""

    def make(channel: str, gate: Gate, wire: Wire, url: LinkUrl) -> Link:
        kind: _MakeLink = getattr(import_module(f"drivers.links.{module}"), name)
        return kind(channel, gate, wire, url)

    return make


LINKS: dict[str, _MakeLink] = {
    "serial": _link("serial", "SerialLink"),
    "tcp": _link("tcp", "TcpLink"),
    "rtutcp": _link("tcp", "TcpLink"),
    "tcp-listen": _link("listen", "ListenLink"),
    "radio": _link("radio", "RadioLink"),
    "modem": _link("modem", "ModemLink"),
    "replay": _link("replay", "ReplayLink"),
}


def _meter(link: Link, place: Surroundings) -> Driver:
    return MeterDriver(link, tz=place.tz, now=place.now, model=place.model)


def _modbus(link: Link, place: Surroundings) -> Driver:
    """Imported only where a target needs it: a gateway without Modbus does not carry pymodbus in memory."""
    from drivers.modbus import ModbusDriver

    return ModbusDriver(link, tz=place.tz, now=place.now, model=place.model)


def _terminal(link: Link, place: Surroundings) -> Driver:
    """Imported only where there are terminals."""
    from drivers.terminal.driver import TerminalDriver

    return TerminalDriver(link, place)


def _ertu(link: Link, place: Surroundings) -> Driver:
    """Imported only where there are ERTUs."""
    from drivers.ertu.driver import ErtuDriver

    return ErtuDriver(link, place)


def _carrier(link: Link, place: Surroundings) -> Driver:
    """Imported only where there are carrier modules."""
    from drivers.carrier.driver import CarrierDriver

    return CarrierDriver(link, place)


DRIVERS: dict[str, Callable[[Link, Surroundings], Driver]] = {
    "meter": _meter,
    "modbus": _modbus,
    "concentrator": _terminal,
    "terminal": _terminal,
    "carrier": _carrier,
    "ertu": _ertu,
}

# A packet network and a converter's own buffering add this to every answer (seconds).
_TCP_LATENCY = 0.2
_PACKETS = frozenset({"tcp", "rtutcp", "tcp-listen"})


def wire_of(link: str, *, baud: int | None = None, latency_ms: int = 0) -> Wire:
    """What a link costs in time. `baud` is the speed behind a TCP converter; a serial link carries its own.

    Raises ValueError for a text that is no link.
    """
    url = parse_link(link)
    # Both sides of a radio are keyed before they speak.
    latency = (latency_ms + 2 * url.key_up_ms + url.turnaround_ms) / 1000
    latency += _TCP_LATENCY if url.scheme in _PACKETS else 0.0
    longest = RADIO_FRAME if url.scheme == "radio" else 0
    return Wire(baud=url.baud or baud or 0, bits=url.bits, latency=latency, longest=longest)


def make_link(name: str, link: str, gate: Gate, *, baud: int | None = None, latency_ms: int = 0) -> Link:
    """A link of the kind that the text names, not yet open; raises ValueError for a text that is no link."""
    url = parse_link(link)
    return LINKS[url.scheme](name, gate, wire_of(link, baud=baud, latency_ms=latency_ms), url)


def make_driver(name: str, link: Link, place: Surroundings) -> Driver:
    """The driver of a collection technique on a link, with the telephone before it where the link is a modem."""
    driver = DRIVERS[name](link, place)
    return through_modem(driver, link, place.tz, place.now) if isinstance(link, Dials) else driver
