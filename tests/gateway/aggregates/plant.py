"""A gateway's sums over an outbox in memory and a clock that is set by hand: meters, readings, days."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter, Relation
from config.schema import Aggregate
from gateway.aggregates.aggregator import Aggregator
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxFull
from protocols.reading import Method, Reading, State

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 5, 1, tzinfo=ZONE)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Wall:
    pace = 1.0

    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at.astimezone(UTC)

    def monotonic(self):
        return (self.at - START).total_seconds()


class Memory:
    """An outbox; `full` refuses."""

    def __init__(self):
        self.entries, self.saved, self.full = [], {}, False

    async def append(self, entry):
        if self.full:
            raise OutboxFull("cap", "full")
        self.entries.append(entry)
        self.saved.update(entry.saves)

    async def load(self, key):
        return self.saved.get(key)

    @property
    def sums(self):
        return [one for entry in self.entries for one in entry.aggregates]


def meter(number, **given):
    common = {"protocol": "dlt645-2007", "target": "line", "wiring": "1P", "status": "in service"}
    common |= {"rated_voltage": Decimal(220), "max_current": Decimal(60)}
    return Meter(**{"asset_no": f"M{number}", "address": f"{number:012}", **common, **given})


def archive(meters, relations, exchanges=(), nodes=()):
    return Archive(
        meters=tuple(meters),
        relations=tuple(relations),
        nodes=tuple(nodes),
        exchanges=tuple(exchanges),
        by_asset={m.asset_no: m for m in meters},
    )


def area(homes=3, node="T1"):
    """A transformer area: M0 is its total meter of 50 times, the homes hang below it."""
    meters = [meter(0, ct=Decimal(50), customer_class="gateway"), *(meter(n) for n in range(1, homes + 1))]
    relations = [Relation(meter="M0", node_kind="transformer", node=node, side="supply")]
    relations += [
        Relation(meter=f"M{n}", node_kind="transformer", node=node, side="sale", valid_from=date(2026, 1, 1))
        for n in range(1, homes + 1)
    ]
    return archive(meters, relations)


def reading(asset, value, at, point="1-0:1.8.0", state=State.PASSED, method=Method.LIVE):
    return Reading(
        meter=asset,
        point=point,
        value=Decimal(value),
        unit="kWh",
        at=at,
        read_at=at,
        state=state,
        method=method,
    )


class Bench:
    """The sums of an area."""

    def __init__(self, found=None, store=None, at=START, **settings):
        self.wall, self.store = Wall(at), store or Memory()
        self.archive = found or area()
        self.sums = Aggregator(self.store, self.wall, ZONE, "so-1")
        self.sums.adopt(Aggregate(**settings), self.archive)

    def take(self, *readings):
        """What became durable; the total meter's reverse register stands still."""
        still = [reading("M0", 5, one.at, "1-0:2.8.0") for one in readings if one.meter == "M0"]
        self.sums.take(Entry(readings=(*readings, *still)))

    async def go(self, until, step=timedelta(minutes=5)):
        while self.wall.at < until:
            self.wall.at = min(until, self.wall.at + step)
            await self.sums.tick()

    def last(self, span, start=None, side="sale", node="T1"):
        """The newest version of a sum."""
        found = [
            one
            for one in self.store.sums
            if (one.node, one.side, one.span) == (node, side, span) and (start is None or one.start == start)
        ]
        return max(found, key=lambda one: (one.start, one.version)) if found else None


def register(number, at):
    """The register of a meter at an instant: meter n advances by n kWh an hour; M0 by what the others do, by 50."""
    hours = Decimal(round((at - START).total_seconds())) / 3600
    rate = Decimal(number) if number else Decimal(6) / 50
    return (1000 + rate * hours).quantize(Decimal("0.0001"))
