"""Concentrators and terminals with their meters, by the number, and how a gateway reaches them."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from simulators.caller import Caller, call_all
from simulators.dlt645_meter import Meter
from simulators.electric import Spec
from simulators.fleet import World, specs
from simulators.modem import Modem, PtyModem, Subscriber
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from simulators.terminal import Terminal, TerminalSpec

__all__ = ["CONCENTRATOR", "TERMINAL", "District", "Kind", "Way", "district"]

_METERS_EACH = 10_000
_FIRST_ADDRESS = 6_451_000_000
_EVENTS = ((14, b""), (12, (1).to_bytes(2, "little")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a terminal is for. `port` is where its meters hang: 31 is the carrier."""

    name: str
    region: str
    port: int
    phases: int
    ratio: int = 1


CONCENTRATOR = Kind(name="concentrator", region="3301", port=31, phases=1)
TERMINAL = Kind(name="terminal", region="3302", port=2, phases=3, ratio=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """Terminals by target name, each with its row of the archive."""

    kind: Kind
    terminals: dict[str, Terminal] = field(default_factory=dict)

    def rows(self) -> Iterator[dict[str, str]]:
        """The archive's rows of all meters."""
        for target, terminal in self.terminals.items():
            for pn, point in terminal.points.items():
                spec = point.meter.spec
                yield {
                    "asset_no": f"A{spec.address}",
                    "address": spec.address,
                    "name": f"{spec.kind} {spec.address[-4:]}",
                    "protocol": f"dlt645-{spec.standard}",
                    "target": target,
                    "point_no": str(pn),
                    "port": str(self.kind.port),
                    "customer_class": "residential" if self.kind.phases == 1 else "industrial",
                    "wiring": "1P" if spec.phases == 1 else "3P4W",
                    "rated_voltage": "220",
                    "rated_current": "5",
                    "max_current": "60",
                    "ct": str(self.kind.ratio),
                }


def district(
    kind: Kind,
    count: int,
    meters: int,
    *,
    seed: int = 0,
    gaps: float = 0.0,
    world: World | None = None,
    **given: Any,
) -> District:
    """`count` terminals named jzq1… or zd1…, each with so many meters; `given` goes into each `TerminalSpec`.

    `gaps` is the share of meters whose freeze of yesterday the terminal does not have.
    """
    world = world or World()
    found = District(kind=kind)
    for number in range(count):
        name = f"{'jzq' if kind.phases == 1 else 'zd'}{number + 1}"
        spec = TerminalSpec(
            address=f"{kind.region}{number + 1:04X}",
            seed=seed,
            three_phase=kind.phases == 3,
            multiplier=(1, kind.ratio),
            **given,
        )
        terminal = Terminal(
            spec,
            [Meter(one, world.told) for one in _specs(kind, number, meters, seed)],
            port=kind.port,
            now=world.now,
            tz=world.tz,
            baud=world.baud,
            faults=replace(world.faults, seed=world.faults.seed + number),
        )
        _leave_gaps(terminal, gaps, random.Random(f"gaps {seed} {number}"))
        for erc, body in _EVENTS:
            terminal.happen(erc, body)
        found.terminals[name] = terminal
    return found


def _specs(kind: Kind, place: int, meters: int, seed: int) -> Iterator[Spec]:
    first = _FIRST_ADDRESS + place * _METERS_EACH + (500_000_000 if kind.phases == 3 else 0)
    for number, one in enumerate(specs(meters, seed=seed + place, share_1997=0.0), 1):
        yield replace(
            one,
            address=f"{first + number:012d}",
            phases=kind.phases,
            # No single-phase meter carries what a factory draws.
            kind="factory" if kind.phases == 3 else "home" if one.kind == "factory" else one.kind,
        )


def _leave_gaps(terminal: Terminal, share: float, rng: random.Random) -> None:
    """Yesterday is the day on which freezes are asked for today."""
    yesterday = (terminal.clock() - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    for point in terminal.points.values():
        if rng.random() < share:
            point.memory.gaps.add(yesterday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How they are reached: on a TCP port each from `port` on (0: free ones), or by calling `dial` themselves.

    `pty` has them on pseudo terminals, `modem` all behind one modem under the numbers 1001, 1002, …
    """

    host: str = "127.0.0.1"
    port: int = 0
    dial: tuple[str, int] | None = None
    heartbeat: float = 60.0
    spread: float = 1.0
    pty: bool = False
    modem: bool = False

    async def serve(
        self, found: District, ready: Callable[[Sequence[dict[str, Any]]], None], callers: list[Caller]
    ) -> None:
        """Until cancelled. `ready` gets a row for each target: name, link, address, and number behind a modem.

        Those that call themselves are put into `callers`, to look at while and after they do.
        """
        if self.dial is not None:
            host, port = self.dial
            callers += [Caller(one, host, port, heartbeat=self.heartbeat) for one in found.terminals.values()]
        async with AsyncExitStack() as stack:
            ready([row async for row in self._rows(found, stack)])
            await call_all(callers, self.spread)
            await asyncio.Event().wait()

    async def _rows(self, found: District, stack: AsyncExitStack) -> AsyncIterator[dict[str, Any]]:
        modem = await self._modem(found, stack) if self.modem else ""
        for number, (name, terminal) in enumerate(found.terminals.items()):
            row = {"target": name, "address": terminal.spec.address, "meters": len(terminal.points)}
            if self.modem:
                yield row | {"link": modem, "number": str(1001 + number)}
            elif self.dial is not None:
                yield row | {"link": f"tcp-listen://{self.dial[0]}:{self.dial[1]}"}
            elif self.pty:
                yield row | {"link": (await stack.enter_async_context(PtyLine(terminal))).link}
            else:
                port = self.port + number if self.port else 0
                served = await stack.enter_async_context(TcpLine(terminal, self.host, port))
                yield row | {"link": served.link}

    async def _modem(self, found: District, stack: AsyncExitStack) -> str:
        subscribers = {str(1001 + n): Subscriber(one) for n, one in enumerate(found.terminals.values())}
        baud = next(iter(found.terminals.values())).baud
        return (await stack.enter_async_context(PtyModem(Modem(subscribers, baud=baud)))).link
