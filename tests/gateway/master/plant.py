"""A small plant for the processing run: registers of its meters as a gateway sends them, and a clock."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from config.archive import Relation
from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import batch, reading

CHINA = timezone(timedelta(hours=8))
FIRST = date(2026, 3, 1)
"""The first data day."""


class Still:
    """A clock that stands until it is told."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def end(day: date) -> datetime:
    """24:00 of a day."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


def morning(day: date) -> Still:
    """07:00 of the day after."""
    return Still((end(day) + timedelta(hours=7)).astimezone(UTC))


def registers(meter: str, values: Iterable[str | None], *, first: date = FIRST, point: str = "1-0:1.8.0"):
    """Freezes of a meter from the beginning of `first` on; None where there is none."""
    begin = end(first - timedelta(days=1))
    return [
        reading(value, meter=meter, point=point, at=begin + timedelta(days=n))
        for n, value in enumerate(values)
        if value is not None
    ]


class Plant:
    """A store with an archive; `send` brings readings, `run` processes as of the morning after a day."""

    def __init__(self, store, found=None) -> None:
        self.store = store
        self._number = 0
        keep(store, "so-001", "one", tables_of(found or archive()), end(FIRST))

    def archive(self, found, day: date = FIRST, gateway: str = "so-001") -> None:
        """Another archive, as a gateway publishes it at the end of a day."""
        keep(self.store, gateway, f"{gateway} {day} {self._number}", tables_of(found), end(day))

    def send(self, *readings, gateway: str = "so-001"):
        self._number += 1
        return self.store.write([batch(self._number, *readings, gateway=gateway)], end(FIRST))

    def usual(self, days: int) -> None:
        """Every meter reads every day: the total 100 kWh, the homes and the large customer 1.00 on the register."""
        steps = {"TOTAL": "1.25", "HOME1": "40", "HOME2": "56", "BIG": "0.01"}
        for asset, step in steps.items():
            self.send(*registers(asset, [str(Decimal(step) * n + 100) for n in range(days + 1)]))
        self.send(*registers("HOME2", ["5.00"] * (days + 1), point="1-0:2.8.0"))
        self.send(*registers("TOTAL", ["7.00"] * (days + 1), point="1-0:2.8.0"))

    def run(self, day: date, **more):
        return Processor(self.store, morning(day), **more).run()


def area_with_a_thief(store) -> Plant:
    """Two weeks of hours of area T1, in which H03 shows a fifth of what it takes."""
    chance = random.Random(7)
    homes = [f"H{n:02}" for n in range(12)]
    relations = [Relation(meter=asset, node_kind="transformer", node="T1", side="sale") for asset in homes]
    meters = (
        replace(archive().meters[0], ct=Decimal(1), customer_class=""),
        *(meter(asset) for asset in homes),
    )
    found = archive(meters=meters, relations=(*archive().relations[:1], *relations), exchanges=(), nodes=())
    plant, hours = Plant(store, found), 14 * 24
    begin = end(FIRST) - timedelta(hours=hours)
    counts, total = dict.fromkeys(homes, 0), 0
    for hour in range(hours + 1):
        at = begin + timedelta(hours=hour)
        shown = [reading(str(Decimal(counts[asset]) / 100), meter=asset, at=at) for asset in homes]
        plant.send(*shown, reading(str(Decimal(total) / 100), meter="TOTAL", at=at))
        for asset in homes:
            used = chance.randrange(20, 300)
            total += used
            counts[asset] += used // 5 if asset == "H03" else used
        total += 2
    return plant


def daily_area_with_a_thief(store, days: int) -> Plant:
    """Days of area T1 from the first on, read once a day, in which H03 shows a tenth of what it takes."""
    chance = random.Random(11)
    homes = [f"H{n:02}" for n in range(8)]
    relations = [Relation(meter=asset, node_kind="transformer", node="T1", side="sale") for asset in homes]
    meters = (
        replace(archive().meters[0], ct=Decimal(1), customer_class=""),
        *(meter(asset) for asset in homes),
    )
    plant = Plant(
        store,
        archive(meters=meters, relations=(*archive().relations[:1], *relations), exchanges=(), nodes=()),
    )
    counts, total = dict.fromkeys(homes, 0), 0
    for day in range(days + 1):
        at = end(FIRST) + timedelta(days=day - 1)
        shown = [reading(str(Decimal(counts[asset]) / 100), meter=asset, at=at) for asset in homes]
        plant.send(*shown, reading(str(Decimal(total) / 100), meter="TOTAL", at=at))
        for asset in homes:
            used = chance.randrange(500, 1_500)
            total += used
            counts[asset] += used // 10 if asset == "H03" else used
        total += 20
    return plant
