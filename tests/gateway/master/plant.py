"""A small plant for the processing run: registers of its meters as a gateway sends them, and a clock."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive
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

    def send(self, *readings, gateway: str = "so-001"):
        self._number += 1
        return self.store.write([batch(self._number, *readings, gateway=gateway)], end(FIRST))

    def usual(self, days: int) -> None:
        """Every meter reads every day: the total 100 kWh, the homes and the large customer 1.00 on the register."""
        steps = {"TOTAL": "1.25", "HOME1": "40", "HOME2": "56", "BIG": "0.01"}
        for meter, step in steps.items():
            self.send(*registers(meter, [str(Decimal(step) * n + 100) for n in range(days + 1)]))
        self.send(*registers("HOME2", ["5.00"] * (days + 1), point="1-0:2.8.0"))
        self.send(*registers("TOTAL", ["7.00"] * (days + 1), point="1-0:2.8.0"))

    def run(self, day: date, **more):
        return Processor(self.store, morning(day), **more).run()
