"""Looking for meters on a link at every speed and in every protocol: for `meterd scan`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.schema import SendSwitches, Target
from drivers import make_link, parse_link
from drivers.discovery import Discovery
from drivers.meter import timing_of
from drivers.pump import Pump
from gateway.buses import gate_of
from protocols import PROTOCOLS

__all__ = ["Found", "Survey", "survey"]

# Identifiers that every meter of a protocol has; then the question for the address itself.
_PROBE = {"dlt645-2007": ("00010000", "address"), "dlt645-1997": ("9010",)}


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
    target: Target, bauds: Sequence[int], protocols: Sequence[str] | None, show: Callable[[Survey], None]
) -> list[Found]:
    """Every meter found, each once; raises LinkLost, ValueError for an unknown protocol."""
    names = list(protocols or _PROBE)
    if unknown := set(names) - set(_PROBE):
        raise ValueError(f"{min(unknown)}: expected {', '.join(_PROBE)}")
    search = _Search(target, Survey(rounds=len(bauds) * len(names)), show)
    for baud in bauds:
        await search.at_speed(baud, names)
    return list(search.found.values())


class _Search:
    """One search in progress."""

    def __init__(self, target: Target, state: Survey, show: Callable[[Survey], None]) -> None:
        self.found: dict[str, Found] = {}
        self._target = target
        self._state = state
        self._show = show

    async def at_speed(self, baud: int, protocols: Sequence[str]) -> None:
        """Ask at one speed; the link stays open from one protocol to the next."""
        target = self._target
        gate = gate_of(protocols, SendSwitches())
        link = make_link(target.name, _at_speed(target.link, baud), gate, latency_ms=target.latency_ms)
        self._state.baud = baud
        try:
            await link.open()
            pump = Pump(link)
            for name in protocols:
                await self._in_protocol(pump, name)
        finally:
            await link.close()

    async def _in_protocol(self, pump: Pump, name: str) -> None:
        state = self._state
        state.protocol = name
        session = PROTOCOLS[name].session(self._target.wakeup)
        search = Discovery(pump, session, timing_of(self._target), _PROBE[name], self._on_probe)
        for address in await search.search():
            self.found.setdefault(address, Found(address, name, state.baud))
        state.done, state.found = state.done + 1, len(self.found)
        self._show(state)

    def _on_probe(self, pattern: str) -> None:
        self._state.pattern = pattern
        self._show(self._state)


def _at_speed(link: str, baud: int) -> str:
    url = parse_link(link)
    return f"serial:{url.path}?baud={baud}&mode={url.mode}" if baud else link
