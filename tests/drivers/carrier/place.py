"""A simulated carrier module on a scripted line behind a real gate, and the driver that reads it, in virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from drivers.carrier.driver import CarrierDriver
from drivers.gate import build_gate
from drivers.link import Wire
from drivers.order import Order, Want
from drivers.surroundings import Surroundings
from protocols.gdw1376_2.effect import classify
from protocols.session import Effect
from simulators.cco import Cco, CcoSpec
from simulators.dlt645_meter import Meter as SimulatedMeter
from simulators.electric import Spec
from tests.drivers.toy import ScriptedLink

TZ = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
"""08:30 where the meters are."""
MIDNIGHT = datetime(2026, 3, 10, tzinfo=TZ)
FORWARD = "1-0:1.8.0"
MODEL = {"protocol": "dlt645-2007", "blocks": True, "tariffs": 4, "overrides": {}, "daily_freeze": True}
MAIN = "000000001234"


def node(n):
    """The address of the n-th meter."""
    return f"{n:012d}"


class Place:
    """One module with `count` meters, our archive of them, and a driver. `old` are those of 1997, by number.

    `allow` opens switches of the gate; `archive` is the module's own list.
    """

    def __init__(
        self,
        count=3,
        *,
        loss=0.0,
        delay=0.4,
        baud=9600,
        old=(),
        settings=None,
        meters=None,
        archive=None,
        allow=(Effect.ARCHIVE_WRITE,),
        **spec,
    ):
        self._begun = None
        self.said = []
        simulated = [
            SimulatedMeter(
                Spec(address=node(n), seed=7, standard="1997" if n in old else "2007"),
                told=lambda meter, identifier, at, data: self.said.append((meter.address, identifier)),
            )
            for n in range(1, count + 1)
        ]
        self.cco = Cco(
            CcoSpec(**spec),
            simulated,
            loss=loss,
            delay=delay,
            baud=baud,
            now=self.now,
            tz=TZ,
            steady=lambda: asyncio.get_running_loop().time(),
        )
        self.cco.archive = archive or {}
        self.target = Target(
            name="cco1", driver="carrier", link="tcp://h:1", address=MAIN, **(settings or {})
        )
        self.link = ScriptedLink(
            self._script, gate=build_gate([classify], allow), wire=Wire(baud=baud, bits=11)
        )
        self.facts = []
        self.meters = meters or [
            Meter(
                asset_no=f"m{n}",
                address=node(n),
                protocol="dlt645-1997" if n in old else "dlt645-2007",
                target="cco1",
            )
            for n in range(1, count + 1)
        ]
        self.around = Surroundings(
            tz=TZ,
            now=self.now,
            model=lambda meter: MODEL | {"protocol": meter.protocol},
            targets=[self.target],
            meters={"cco1": self.meters},
            tell=self.facts.append,
        )
        self.driver = CarrierDriver(self.link, self.around)
        self.deaf = False
        self.cut_after = None

    def now(self):
        """Wall time, which passes with the loop's."""
        try:
            at = asyncio.get_running_loop().time()
        except RuntimeError:
            return START
        if self._begun is None:
            self._begun = at
        return START + timedelta(seconds=at - self._begun)

    def _script(self, sent):
        if self.cut_after is not None and len(self.link.sent) > self.cut_after:
            self.cut_after = None
            self.link.cut()
            return
        for said in self.cco.hear(sent) if not self.deaf else ():
            self.say(said)
        yield from ()

    def say(self, said):
        """What the module sends arrives, unless it has begun anew by then."""
        inbox = self.link.inbox
        asyncio.get_running_loop().call_later(said.delay, self._arrive, inbox, said)

    def _arrive(self, inbox, said):
        if said.life == self.cco.life:
            self.link._deliver(inbox, said.frame)

    def orders(self, points=(FORWARD,), want=Want.FREEZE, at=MIDNIGHT, only=None):
        """An order for each meter."""
        return [
            Order(meter=meter, want=want, points=tuple(points), at=at)
            for meter in self.meters
            if only is None or meter.asset_no in only
        ]

    async def read(self, *given, retries=2, hurry=lambda: False, **how):
        """Results by asset number."""
        if not self.link.alive:
            await self.link.open()
        found = {}
        await self.driver.run_many(
            given or self.orders(**how),
            self.target,
            retries,
            lambda order, result: found.setdefault(order.meter.asset_no, result),
            hurry,
        )
        return found

    def kinds(self):
        """Functions that the module was asked for, as AFN and Fn, with how often."""
        return dict(self.cco.asked)

    def truth(self, n, at=None):
        """What the n-th meter's total register stood at, in 0.01 kWh; at midnight without a time."""
        meter = self.cco.network.nodes[node(n)].meter
        return meter.electric.register(1, 0, at or datetime(2026, 3, 10))
