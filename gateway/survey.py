"""Looking for meters on a link at every speed and in every protocol: for `meterd scan`."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from config.schema import SendSwitches, Target
from drivers import make_link, parse_link
from drivers.discovery import Discovery
from drivers.errors import LinkLost
from drivers.link import Link
from drivers.meter import timing_of
from drivers.pump import Pump
from drivers.units import UNITS, UnitSearch
from gateway.buses import gate_of
from protocols import PROTOCOLS

__all__ = ["Found", "Survey", "survey"]

# How long a unit has to answer (s) where nobody said it: units are asked one by one.
_UNIT_SECONDS = {"modbus-tcp": 0.1, "modbus-rtu": 0.2}
# What is looked for where nobody said it, by kind of link.
_USUAL = {"tcp": ("dlt645-2007", "dlt645-1997", "modbus-tcp", "modbus-rtu")}
_SERIAL = ("dlt645-2007", "dlt645-1997", "modbus-rtu")


@dataclass(frozen=True, slots=True)
class Found:
    """A meter that answered; `baud` is 0 where the link has no speed to choose."""

    address: str
    protocol: str
    baud: int


@dataclass(slots=True)
class Survey:
    """How far a search is: `done` of `rounds` (a speed and a protocol each), `found` meters."""

    rounds: int
    done: int = 0
    found: int = 0
    protocol: str = ""
    baud: int = 0
    pattern: str = ""


async def survey(
    target: Target,
    bauds: Sequence[int],
    protocols: Sequence[str] | None,
    show: Callable[[Survey], None],
    units: Iterable[int] = UNITS,
) -> list[Found]:
    """Every meter found, each once; raises LinkLost, ValueError for an unknown protocol.

    `units` are the numbers that Modbus units are looked for under.
    """
    usual = _USUAL.get(parse_link(target.link).scheme, _SERIAL)
    names = list(protocols) if protocols else list(usual)
    if unknown := set(names) - set(_SEARCHES):
        raise ValueError(f"{min(unknown)}: expected {', '.join(_SEARCHES)}")
    search = _Search(target, Survey(rounds=len(bauds) * len(names)), show, tuple(units))
    for baud in bauds:
        await search.at_speed(baud, names)
    return list(search.found.values())


class _Search:
    """One search in progress."""

    def __init__(
        self, target: Target, state: Survey, show: Callable[[Survey], None], units: tuple[int, ...]
    ) -> None:
        self.found: dict[tuple[str, str], Found] = {}
        self.units = units
        self.target = target
        self._state = state
        self._show = show

    async def at_speed(self, baud: int, protocols: Sequence[str]) -> None:
        """Ask at one speed; the link stays open from one protocol to the next."""
        target = self.target
        gate = gate_of(protocols, SendSwitches())
        link = make_link(target.name, _at_speed(target.link, baud), gate, latency_ms=target.latency_ms)
        self._state.baud = baud
        try:
            for name in protocols:
                if not link.alive:
                    await link.open()
                await self._in_protocol(link, name)
        finally:
            await link.close()

    async def _in_protocol(self, link: Link, name: str) -> None:
        """Equipment of another protocol may hang up at such questions; then there is nothing of this one."""
        state = self._state
        state.protocol = name
        try:
            for address in await _SEARCHES[name](self, link):
                self.found.setdefault((PROTOCOLS[name].driver, address), Found(address, name, state.baud))
        except LinkLost:
            if link.alive:
                raise
        state.done, state.found = state.done + 1, len(self.found)
        self._show(state)

    def on_probe(self, pattern: str) -> None:
        self._state.pattern = pattern
        self._show(self._state)


async def _meters(name: str, identifiers: Sequence[str], search: _Search, link: Link) -> list[str]:
    """Meters that answer to a wildcard; `identifiers` every one of them has."""
    session = PROTOCOLS[name].session(search.target.wakeup)
    timing = timing_of(search.target)
    return await Discovery(Pump(link), session, timing, identifiers, search.on_probe).search()


async def _units(name: str, search: _Search, link: Link) -> list[str]:
    """Modbus units, by number. A late answer names its unit: nothing needs to be waited out."""
    from drivers.modbus import Exchange

    timing = replace(timing_of(search.target), late=0.0)
    if "reply_ms" not in search.target.model_fields_set:
        timing = replace(timing, reply=_UNIT_SECONDS[name])
    # The network's own delay is part of that time: 247 numbers are asked.
    link.wire = replace(link.wire, latency=0.0)
    return await UnitSearch(Exchange(link), PROTOCOLS[name].session(0), timing, search.on_probe).search(
        search.units
    )


_SEARCHES: Mapping[str, Callable[[_Search, Link], Awaitable[list[str]]]] = {
    "dlt645-2007": partial(_meters, "dlt645-2007", ("00010000", "address")),
    "dlt645-1997": partial(_meters, "dlt645-1997", ("9010",)),
    "modbus-tcp": partial(_units, "modbus-tcp"),
    "modbus-rtu": partial(_units, "modbus-rtu"),
}


def _at_speed(link: str, baud: int) -> str:
    url = parse_link(link)
    return f"serial:{url.path}?baud={baud}&mode={url.mode}" if baud else link
