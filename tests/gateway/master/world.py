"""Four areas of one line over two months, with whatever the second review looks back at, and what it made of them."""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from config.archive import Node, Relation
from config.second import Second
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import batch, reading
from tests.gateway.master.plant import FIRST, Plant, end, morning
from tests.gateway.master.stores.asking import ask

DAYS = 60
"""Of a gateway that was never computed, 62 days back are."""
READ_HOURS = 24 * 17
"""So many hours before the end are read hour by hour."""
HOMES = 6
BATCH = 300
LIMITS = {"transformer": Second(complete_warn=0.7, complete_least=0.5)}
AREAS = ("LOW", "HIGH", "THEFT", "SLOW")
_BEGIN = end(FIRST - timedelta(days=1))
_HOUR = timedelta(hours=1)

RESULTS = {
    "energies": """SELECT meter, point, CAST(day AS TEXT), energy_kwh, computed, method, reason, state
        FROM energy_daily ORDER BY meter, point, day""",
    "aggregates": """SELECT node_kind, node, side, span, start, energy_kwh, due, present, estimated, state
        FROM aggregate WHERE gateway = '' ORDER BY node_kind, node, side, span, start""",
    "losses": """SELECT node_kind, node, span, CAST(day AS TEXT), loss_rate, coverage, state, reason FROM loss
        ORDER BY node_kind, node, span, day""",
    "hits": """SELECT rule, object, span, CAST(day AS TEXT), severity, value FROM second_hit
        ORDER BY rule, object, span, day""",
    "findings": """SELECT rule, meter, began, ended, severity, state, value, count, key FROM finding
        WHERE rule LIKE 'P%' AND (ended IS NULL OR ended <> began) ORDER BY rule, meter, began, key""",
}
"""What must be the same, whatever came when: of every table the latest that counts."""


def homes(area: str) -> list[str]:
    """Of an area, as the archive has it."""
    return [f"{area}{n}" for n in range(HOMES)]


def gateway_of(name: str) -> str:
    """Who reads a meter or an area's sums: one area of the line hangs behind another gateway."""
    return "so-002" if name.startswith("HIGH") else "so-001"


def grid(gateway: str):
    """What a gateway has of a line with a meter of its supply; each area with a total meter and homes."""
    areas = [area for area in AREAS if gateway_of(area) == gateway]
    lines = [line for line in ("LINE",) if gateway_of(line) == gateway]
    relations = [Relation(meter=line, node_kind="line", node="L1", side="supply") for line in lines]
    for area in areas:
        node = f"T-{area}"
        relations.append(Relation(meter=area, node_kind="line", node="L1", side="sale"))
        relations.append(Relation(meter=area, node_kind="transformer", node=node, side="supply"))
        relations += [
            Relation(meter=home, node_kind="transformer", node=node, side="sale") for home in homes(area)
        ]
    assets = [*lines, *(asset for area in areas for asset in (area, *homes(area)))]
    nodes = [Node(kind="transformer", code=f"T-{area}", line="L1") for area in areas]
    return archive(
        meters=tuple(meter(asset) for asset in assets),
        relations=tuple(relations),
        nodes=(Node(kind="line", code="L1"), *nodes),
        exchanges=(),
    )


def ended(one) -> int:
    """How many days have begun when a reading or sum is there: with it the last of them is complete."""
    at = one.end if isinstance(one, Aggregate) else one.at
    return max(1, -((_BEGIN - at) // timedelta(days=1)))


def hangs_on(home: str) -> str:
    """The area whose transformer feeds a home: the archive is wrong of one."""
    return "HIGH" if home == "LOW3" else home.rstrip("0123456789")


@dataclass(slots=True)
class World:
    """What meters show and gateways sum up; `readings` and `sums` are everything that ever arrives."""

    seed: int
    days: int = DAYS
    missing: float = 0.004
    """Share of daily registers that nobody ever reads."""
    readings: list = field(default_factory=list)
    sums: list[Aggregate] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw it."""
        chance = random.Random(self.seed)
        flows = {home: self._flow(chance) for area in AREAS for home in homes(area)}
        shown = {
            home: [self._shown(home, hour // 24, flow) for hour, flow in enumerate(hours)]
            for home, hours in flows.items()
        }
        for area in AREAS:
            fed = [hours for home, hours in flows.items() if hangs_on(home) == area]
            day = [1 + chance.uniform(0.02, 0.04) for _ in range(self.days)]
            flows[area] = shown[area] = [
                round(sum(row) * day[hour // 24]) for hour, row in enumerate(zip(*fed, strict=True))
            ]
        shown["LINE"] = [round(1.01 * sum(row)) for row in zip(*(flows[area] for area in AREAS), strict=True)]
        for asset, hours in shown.items():
            self._read(asset, hours, chance)
        for area in ("LOW", "HIGH"):
            self._sum(area, shown)

    def _read(self, asset: str, hours: Sequence[int], chance: random.Random) -> None:
        by_hour = asset.startswith(("LOW", "THEFT"))
        count = 10_000
        for hour in range(24 * self.days + 1):
            due = hour % 24 == 0 or (by_hour and hour > 24 * self.days - READ_HOURS)
            if due and (hour % 24 or chance.random() >= self.missing):
                value = str(Decimal(count) / 100)
                self.readings.append(reading(value, meter=asset, at=_BEGIN + hour * _HOUR))
            count += hours[hour] if hour < len(hours) else 0

    def _flow(self, chance: random.Random) -> list[int]:
        """Hundredths of a kWh by hour: a level of its own, days and hours that differ."""
        level = chance.uniform(15, 60)
        found = []
        for _ in range(self.days):
            day = level * math.exp(chance.gauss(0, 0.3))
            found += [round(day * math.exp(chance.gauss(0, 0.5))) for _ in range(24)]
        return found

    def _shown(self, home: str, day: int, flow: int) -> int:
        """One shows a fifth, one less from week to week, and one far too much on one day."""
        if home == "THEFT2":
            return flow // 5
        if home == "SLOW1":
            return round(flow * math.exp(-day / 35))
        if home == "SLOW4" and day == self.days - 20:
            return 300 * flow
        return flow

    def _sum(self, area: str, shown: dict[str, list[int]]) -> None:
        members = {"supply": [area], "sale": homes(area)}
        for hour in range(24 * self.days - READ_HOURS, 24 * self.days):
            start = _BEGIN + hour * _HOUR
            self.sums += [
                Aggregate(
                    node_kind="transformer",
                    node=f"T-{area}",
                    side=side,
                    span=Span.HOUR,
                    start=start,
                    end=start + _HOUR,
                    energy=Decimal(sum(shown[asset][hour] for asset in assets)) / 100,
                    due=len(assets),
                    present=len(assets),
                )
                for side, assets in members.items()
            ]


def results(store, arrivals: Iterable[tuple[Sequence, int]]) -> dict[str, list[tuple]]:
    """What became of it: of parts that arrive, each with how many days have ended before the run after it."""
    plant = Plant(store, grid("so-001"))
    plant.archive(grid("so-002"), gateway="so-002")
    for number, (part, ended) in enumerate(arrivals):
        day = FIRST + timedelta(days=ended - 1)
        deliver(store, number, part, morning(day).now())
        plant.run(day, limits=LIMITS)
    return {name: ask(store, query) for name, query in RESULTS.items()}


def deliver(store, number: int, part: Sequence, now: datetime) -> None:
    """Readings and sums as batches of their kinds and gateways."""
    sorts: dict[tuple[str, str], list] = {}
    for one in part:
        is_sum = isinstance(one, Aggregate)
        name = one.node.removeprefix("T-") if is_sum else one.meter
        sorts.setdefault(("aggregate" if is_sum else "reading", gateway_of(name)), []).append(one)
    count = number * 1_000
    for (kind, gateway), rows in sorted(sorts.items()):
        for first in range(0, len(rows), BATCH):
            count += 1
            store.write([batch(count, *rows[first : first + BATCH], kind=kind, gateway=gateway)], now)
