"""A simulated terminal on a scripted line behind a real gate, and the driver that reads it, in virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from drivers.gate import build_gate
from drivers.link import Wire
from drivers.order import Order, Want
from drivers.surroundings import Kept, Surroundings
from drivers.terminal.driver import TerminalDriver
from protocols.gdw1376_1.effect import classify
from simulators.dlt645_meter import Meter as SimulatedMeter
from simulators.electric import Spec
from simulators.terminal import Terminal, TerminalSpec
from tests.drivers.toy import ScriptedLink

TZ = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
"""08:30 where the terminal is."""
MIDNIGHT = datetime(2026, 3, 10, tzinfo=TZ)
ADDRESS = "33010065"
MODEL = {"protocol": "dlt645-2007", "blocks": True, "tariffs": 4, "overrides": {}, "daily_freeze": True}
FORWARD = "1-0:1.8.0"


def meters_of(count, **given):
    """Archive rows of `count` meters at the points from 1."""
    return [
        Meter(
            asset_no=f"m{n}", address=f"{n:012d}", protocol="dlt645-2007", target="jzq1", point_no=n, **given
        )
        for n in range(1, count + 1)
    ]


class Place:
    """One terminal with `count` meters, our archive of it, and a driver. `allow` opens switches of the gate."""

    def __init__(
        self, count=3, *, meters=None, baud=0, settings=None, allow=(), kept=None, faults=None, **spec
    ):
        simulated = [
            SimulatedMeter(Spec(address=f"{n:012d}", seed=7, phases=3 if spec.get("three_phase") else 1))
            for n in range(1, count + 1)
        ]
        self.loop_start = None
        self.said = []
        self.terminal = Terminal(
            TerminalSpec(address=ADDRESS, **spec),
            simulated,
            now=self.now,
            tz=TZ,
            baud=baud,
            faults=faults,
            told=lambda address, pn, fn, data: self.said.append((pn, fn)),
        )
        self.target = Target(
            name="jzq1", driver="concentrator", link="tcp://h:1", address=ADDRESS, **(settings or {})
        )
        self.link = ScriptedLink(
            self._script, gate=build_gate([classify], allow), wire=Wire(baud=baud, bits=11)
        )
        self.facts = []
        self.kept = kept or Kept()
        self.meters = meters if meters is not None else meters_of(count)
        self.around = Surroundings(
            tz=TZ,
            now=self.now,
            model=lambda meter: MODEL,
            targets=[self.target],
            meters={"jzq1": self.meters},
            tell=self.facts.append,
            kept={"jzq1": self.kept},
        )
        self.driver = TerminalDriver(self.link, self.around)

    def now(self):
        """Wall time, which passes with the loop's."""
        try:
            at = asyncio.get_running_loop().time()
        except RuntimeError:
            return START
        if self.loop_start is None:
            self.loop_start = at
        return START + timedelta(seconds=at - self.loop_start)

    def _script(self, sent):
        at, held = 0.0, b""
        for piece in self.terminal.respond(sent):
            if held and piece.delay:
                yield at, held
                held = b""
            at += piece.delay
            if piece.cut:
                asyncio.get_running_loop().call_later(at, self.link.cut)
                return
            held += piece.data
        if held:
            yield at, held

    def orders(self, points=(FORWARD,), want=Want.FREEZE, at=MIDNIGHT, only=None):
        """An order for each meter."""
        return [
            Order(meter=meter, want=want, points=tuple(points), at=at)
            for meter in self.meters
            if only is None or meter.point_no in only
        ]

    async def read(self, *given, retries=2, hurry=lambda: False, **how):
        """Results by asset number."""
        if not self.link.alive:
            await self.link.open()
        found = {}
        orders = given or self.orders(**how)
        await self.driver.run_many(
            orders,
            self.target,
            retries,
            lambda order, result: found.__setitem__(order.meter.asset_no, result),
            hurry,
        )
        return found

    def register(self, pn, local, quantity=1, tariff=0):
        """What the meter's register was at a naive local instant, in hundredths of a kWh."""
        return self.terminal.points[pn].meter.electric.register(quantity, tariff, local)
