"""A simulated ERTU on a scripted line behind a real gate, and the driver that reads it, in virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from drivers.ertu.driver import ErtuDriver
from drivers.gate import build_gate
from drivers.link import Wire
from drivers.order import Order, Want
from drivers.surroundings import Surroundings
from protocols.iec102.effect import classify
from simulators.ertu import Ertu, ErtuSpec, TieMeter
from tests.drivers.toy import ScriptedLink

TZ = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 10, 0, 37, tzinfo=UTC)
"""08:37 where the ERTU is."""
MIDNIGHT = datetime(2026, 3, 10, tzinfo=TZ)
FORWARD, REVERSE = "1-0:1.8.0", "1-0:2.8.0"


def local(at):
    """A naive local time, as the ERTU knows it."""
    return at.astimezone(TZ).replace(tzinfo=None)


def meters_of(firsts, **given):
    """Archive rows of tie meters whose objects begin at these numbers."""
    return [
        Meter(asset_no=f"t{n}", address=f"{n:012d}", protocol="iec102", target="station", point_no=n, **given)
        for n in firsts
    ]


class Place:
    """One ERTU with tie meters at `firsts`, our archive of it, and a driver. `allow` opens switches of the gate."""

    def __init__(
        self,
        firsts=(1, 5, 9),
        *,
        meters=None,
        settings=None,
        allow=(),
        faults=None,
        baud=0,
        profile=None,
        **spec,
    ):
        self.loop_start = None
        self.ties = {first: TieMeter(first=first, start=1000 * first, rate=first + 6) for first in firsts}
        self.ertu = Ertu(
            ErtuSpec(**spec), list(self.ties.values()), now=self.now, tz=TZ, baud=baud, faults=faults
        )
        self.target = Target(
            name="station", driver="ertu", link="tcp://h:1", address="1", profile=profile, **(settings or {})
        )
        self.link = ScriptedLink(
            self._script, gate=build_gate([classify], allow), wire=Wire(baud=baud, bits=11)
        )
        self.facts = []
        self.meters = meters if meters is not None else meters_of(firsts)
        self.around = Surroundings(
            tz=TZ,
            now=self.now,
            model=lambda meter: {},
            targets=[self.target],
            meters={"station": self.meters},
            tell=self.facts.append,
        )
        self.driver = ErtuDriver(self.link, self.around)
        self.swallow = lambda sent: False
        self.after = lambda sent: None

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
        """What comes back; a test may swallow it, and do something after it."""
        pieces = self.ertu.respond(sent)
        self.after(sent)
        if self.swallow(sent):
            return
        at = 0.0
        for piece in pieces:
            at += piece.delay
            if piece.cut:
                asyncio.get_running_loop().call_later(at, self.link.cut)
                return
            yield at, piece.data

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
        await self.driver.run_many(
            given or self.orders(**how),
            self.target,
            retries,
            lambda order, result: found.__setitem__(order.meter.asset_no, result),
            hurry,
        )
        return found

    @property
    def functions(self):
        """Link functions of what was sent."""
        return [frame[1] & 15 if frame[0] == 0x10 else frame[4] & 15 for _, frame in self.link.sent]
