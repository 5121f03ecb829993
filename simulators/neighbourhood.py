"""A small supply area for a demonstration: two lines, four transformers, and every way of reading their meters.

Plain values tell a gateway what is there: targets, meters, relations and nodes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from simulators.caller import Caller
from simulators.cco import Cco, CcoSpec
from simulators.cco_port import CcoPort
from simulators.district import CONCENTRATOR, TERMINAL, District, district
from simulators.dlt645_meter import Meter
from simulators.electric import Electric, Spec
from simulators.ertu import Ertu, ErtuSpec, TieMeter
from simulators.fleet import Fleet, World, build
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from simulators.witness import Witness

__all__ = ["CARRIER_NODES", "LINES", "TRANSFORMERS", "Equipment", "Neighbourhood"]

LINES = ("L101", "L102")
TRANSFORMERS = {"T1": "L101", "T2": "L101", "T3": "L102", "T4": "L102"}
CARRIER_NODES = 20
_HOMES = 500
_CARRIER_FIRST = 6_459_000_000
_MAIN_NODE = "000000000001"
# Carrier networks are slow; nobody wants to look on for so long.
_CARRIER_SPEED = 20.0
_REGISTERS = {"1-0:1.8.": 0x01, "1-0:2.8.": 0x02}
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """One target as a gateway's configuration names it."""

    name: str
    driver: str
    link: str
    address: str = ""


class Neighbourhood:
    """`bus` meters hang on `bus_lines` RS-485 lines; beside them two concentrators of 500 homes, a terminal of two
    special transformers, a carrier module and the ERTU of the two lines' tie meters.
    """

    def __init__(  # noqa: PLR0913 (what hangs where, and the world)
        self,
        bus: Sequence[Spec],
        bus_lines: int,
        *,
        now: Callable[[], datetime],
        tz: tzinfo,
        baud: int,
        homes: int = _HOMES,
        seed: int = 0,
    ) -> None:
        self.witness = Witness()
        self.callers: list[Caller] = []
        self._tz = tz
        world = World(now=now, tz=tz, baud=baud, told=self.witness)
        self.fleet: Fleet = build(list(bus), bus_lines, world)
        quick = World(now=now, tz=tz, told=self.witness)
        self.homes: District = district(CONCENTRATOR, 2, homes, seed=seed, world=quick)
        self.special: District = district(TERMINAL, 1, 2, seed=seed, world=world)
        self._ties = (TieMeter(first=1), TieMeter(first=9, start=2_000_000, rate=11))
        self.ertu = Ertu(ErtuSpec(), self._ties, now=now, tz=tz)
        nodes = [
            Meter(Spec(address=f"{_CARRIER_FIRST + number:012d}", seed=seed, kind="home"), self.witness)
            for number in range(1, CARRIER_NODES + 1)
        ]
        spec = CcoSpec(main_node=_MAIN_NODE, speed=_CARRIER_SPEED, seed=seed)
        self.carrier = Cco(spec, nodes, loss=0.05, now=now, tz=tz)
        self.carrier.list_all()
        self._nodes = nodes
        self._electric: dict[str, Electric] = {
            f"A{point.meter.address}": point.meter.electric
            for terminal in (*self.homes.terminals.values(), *self.special.terminals.values())
            for point in terminal.points.values()
        }

    # -- what there is -------------------------------------------------------------------------------------------

    def meters(self) -> Iterator[dict[str, str]]:
        """The archive's rows, the equipment's own transformer or line under `node`."""
        for number, row in enumerate(self.fleet.rows()):
            yield row | {"node": ("T2", "T4")[number % 2]}
        for row in self.homes.rows():
            yield row | {"node": "T1" if row["target"] == "jzq1" else "T3"}
        for number, row in enumerate(self.special.rows()):
            yield row | {"node": LINES[number % 2]}
        for node in self._nodes:
            yield {
                "asset_no": f"A{node.address}",
                "address": node.address,
                "name": f"home {node.address[-4:]}",
                "protocol": "dlt645-2007",
                "target": "cco1",
                "wiring": "1P",
                "node": "T4",
            }
        for number, tie in enumerate(self._ties):
            yield {
                "asset_no": f"TIE{number + 1}",
                "address": f"{tie.first:012d}",
                "name": f"tie {LINES[number]}",
                "protocol": "iec102",
                "target": "ertu1",
                "point_no": str(tie.first),
                "wiring": "3P4W",
                "node": LINES[number],
                "side": "supply",
            }

    async def serve(self, stack: AsyncExitStack, dial: tuple[str, int]) -> list[Equipment]:
        """Put everything on ports; the second concentrator is among `callers` and will call `dial`."""
        enter = stack.enter_async_context
        *others, last = self.fleet.lines
        found = [
            Equipment(name=line.name, driver="meter", link=(await enter(TcpLine(line))).link)
            for line in others
        ]
        found.append(Equipment(name=last.name, driver="meter", link=(await enter(PtyLine(last))).link))
        first, second = self.homes.terminals.values()
        served = (await enter(TcpLine(first))).link
        calling = f"tcp-listen://{dial[0]}:{dial[1]}"
        for name, terminal, link in (("jzq1", first, served), ("jzq2", second, calling)):
            found.append(
                Equipment(name=name, driver="concentrator", link=link, address=terminal.spec.address)
            )
        self.callers = [Caller(second, *dial, heartbeat=5.0)]
        (special,) = self.special.terminals.values()
        link = (await enter(PtyLine(special))).link
        found.append(Equipment(name="zd1", driver="terminal", link=link, address=special.spec.address))
        port = await enter(CcoPort(self.carrier))
        found.append(Equipment(name="cco1", driver="carrier", link=port.link, address=_MAIN_NODE))
        link = (await enter(TcpLine(self.ertu))).link
        found.append(Equipment(name="ertu1", driver="ertu", link=link, address="1"))
        return found

    # -- what was said -------------------------------------------------------------------------------------------

    def knows(self, meter: str, point: str, value: Decimal, at: datetime) -> bool | None:
        """Whether a meter or terminal said so, or would have of that aware instant; None for what is not watched."""
        if self.witness.knows(meter, point, value):
            return True
        local = at.astimezone(self._tz).replace(tzinfo=None)
        if meter.startswith("TIE"):
            tie = self._ties[int(meter[3:]) - 1]
            return value == tie.total(0, local) * _HUNDREDTH if point == "1-0:1.8.0" else None
        quantity = _REGISTERS.get(point[:-1])
        if quantity is None:
            return None
        electric = self._electric.get(meter)
        return (
            electric is not None and value == electric.register(quantity, int(point[-1]), local) * _HUNDREDTH
        )
