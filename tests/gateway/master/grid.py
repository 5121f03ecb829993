"""Two areas of a line, and a home of the one that hangs on the other."""

import math
import random
from datetime import date, timedelta
from decimal import Decimal

from config.archive import Node, Relation
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import reading
from tests.gateway.master.plant import FIRST, end, registers

DAYS = 30
LAST = FIRST + timedelta(days=DAYS - 1)
AREAS = ("LOW", "HIGH")
HOMES = {area: [f"{area}{n}" for n in range(6)] for area in AREAS}
FOUND = "SELECT DISTINCT rule, object FROM second_hit WHERE rule IN ('P033', 'P041') ORDER BY rule, object"
NAMED = "SELECT state, severity FROM finding WHERE rule = 'P041'"


def grid(line: str = "L1"):
    """Two areas with a total meter and six homes each; `line` is that of the second."""
    meters = [meter(asset) for area in AREAS for asset in (area, *HOMES[area])]
    relations = [
        Relation(
            meter=asset, node_kind="transformer", node=f"T-{area}", side="supply" if asset == area else "sale"
        )
        for area in AREAS
        for asset in (area, *HOMES[area])
    ]
    nodes = [
        Node(kind="transformer", code=f"T-{area}", line=named)
        for area, named in zip(AREAS, ("L1", line), strict=True)
    ]
    return archive(meters=tuple(meters), relations=tuple(relations), nodes=tuple(nodes), exchanges=())


def used(seed: int = 1) -> dict[str, list[Decimal]]:
    """Energies of every home by day."""
    chance = random.Random(seed)
    cent = Decimal("0.01")
    return {
        home: [Decimal(8 * math.exp(chance.gauss(0, 0.3))).quantize(cent) for _ in range(DAYS)]
        for homes in HOMES.values()
        for home in homes
    }


def sent(energies: dict[str, list[Decimal]], there: dict[str, list[str]]) -> list:
    """Registers of homes and totals; `there` are the homes that hang on each transformer."""
    chance = random.Random(2)
    loss = {area: [Decimal(103 + chance.randrange(-2, 3)) / 100 for _ in range(DAYS)] for area in AREAS}
    totals = {
        area: [
            factor * sum(energies[home][day] for home in there[area]) for day, factor in enumerate(loss[area])
        ]
        for area in AREAS
    }
    found = []
    for asset, days in (energies | totals).items():
        counts = [sum(days[:n], Decimal(100)) for n in range(DAYS + 1)]
        found += registers(asset, [str(count.quantize(Decimal("0.01"))) for count in counts])
    return found


def moved() -> dict[str, list[str]]:
    """LOW3 hangs on the neighbour's transformer."""
    return {
        "LOW": [home for home in HOMES["LOW"] if home != "LOW3"],
        "HIGH": [*HOMES["HIGH"], "LOW3"],
    }


def by_the_hour(day: date) -> tuple[list, list[Aggregate]]:
    """Homes that take the same each day, at hours of their own: registers, and the sums of two weeks of hours."""
    chance, there = random.Random(4), moved()
    begin, readings, sums = end(day) - timedelta(days=DAYS), [], []
    energies = {home: [] for homes in HOMES.values() for home in homes}
    for _ in range(DAYS):
        for hours in energies.values():
            drawn = [chance.randrange(24) for _ in range(80)]
            hours.extend(drawn.count(hour) for hour in range(24))
    flows = energies | {
        area: [sum(energies[home][hour] for home in there[area]) for hour in range(24 * DAYS)]
        for area in AREAS
    }
    for asset, hours in flows.items():
        for n in range(len(hours) + 1):
            if n % 24 == 0 or n >= 24 * (DAYS - 16):
                value = str(Decimal(sum(hours[:n])) / 10 + 100)
                readings.append(reading(value, meter=asset, at=begin + timedelta(hours=n)))
    for hour in range(24 * (DAYS - 16), 24 * DAYS):
        start = begin + timedelta(hours=hour)
        for area in AREAS:
            known = {"supply": [area], "sale": HOMES[area]}
            sums += [
                Aggregate(
                    node_kind="transformer",
                    node=f"T-{area}",
                    side=side,
                    span=Span.HOUR,
                    start=start,
                    end=start + timedelta(hours=1),
                    energy=Decimal(sum(flows[asset][hour] for asset in members)) / 10,
                    due=len(members),
                    present=len(members),
                )
                for side, members in known.items()
            ]
    return readings, sums
