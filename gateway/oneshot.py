"""One question to one meter, outside of any schedule: for `meterd read`."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import SendSwitches, Target, Tariffs
from drivers import Surroundings, make_driver
from drivers.driver import Leaves
from drivers.errors import LinkLost
from drivers.links.hub import Hubs
from drivers.links.replay import RecorderLink
from drivers.order import Order, Result, Want
from gateway.buses import gate_for, link_of
from gateway.clock import Clock
from gateway.models import model_of
from protocols.outer import greeter
from protocols.points import obis
from protocols.session import Item

__all__ = ["DEFAULT_POINTS", "Place", "as_json", "default_points", "read_once"]

# What a person wants to see first: registers with tariffs, then the instantaneous values, then the clock.
DEFAULT_POINTS: Mapping[str, tuple[str, ...]] = {
    "registers": tuple(f"1-0:{code}.8.{tariff}" for code in (1, 2) for tariff in range(5)),
    "instant": tuple(f"1-0:{code}.7.0" for code in (32, 52, 72, 31, 51, 71, 16)),
    "clock": ("0-0:1.0.0",),
}


def default_points() -> tuple[str, ...]:
    """The points of a reading that names none."""
    return tuple(point for group in DEFAULT_POINTS.values() for point in group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one meter is asked: its target's link and the zone of its clock; `record` takes a transcript.

    `tariffs` are what its tariffs are called.
    """

    meter: Meter
    target: Target
    tz: ZoneInfo
    record: Path | None = None
    tariffs: tuple[Tariffs, ...] = ()


async def read_once(place: Place, points: Sequence[str], clock: Clock) -> Result:
    """Open the link, ask, close it; raises LinkLost, ConfigError, ValueError for a text that is no link."""
    meter, target = place.meter, place.target
    gate = gate_for([target], [meter], SendSwitches())
    link = link_of(target, [meter], gate, Hubs(greeter))
    if place.record is not None:
        link = RecorderLink(link, gate, place.record)
    around = Surroundings(
        tz=place.tz, now=clock.now, model=model_of, targets=[target], meters={target.name: [meter]}
    )
    driver = make_driver(target.driver, link, around)
    try:
        await link.open()
        order = Order(meter=meter, want=Want.LIVE, points=tuple(points))
        result = await driver.run(order, target, target.retries)
        if isinstance(driver, Leaves):
            await _leave(driver)
        return result
    finally:
        await link.close()


async def _leave(driver: Leaves) -> None:
    """What was read stays read where the link ends now."""
    with suppress(LinkLost):
        await driver.leave()


def as_json(result: Result, read_at: datetime) -> dict[str, Any]:
    """The object that `meterd read --json` prints."""
    rows = [_row(item, read_at) for item in result.items]
    rows += [_failed(point, f"{reason}: {detail}") for point, reason, detail in result.failures]
    meter = result.order.meter
    return {
        "meter": meter.asset_no or result.address or meter.address,
        "protocol": meter.protocol,
        "points": rows,
    }


def _row(item: Item, read_at: datetime) -> dict[str, Any]:
    return {
        "id": item.id,
        "obis": obis(item.point),
        "value": _text(item.value),
        "unit": item.unit,
        "at": item.at.isoformat() if item.at else None,
        "read_at": read_at.isoformat(),
        "error": item.error,
    }


def _text(value: Decimal | str | None) -> str | None:
    return f"{value:f}" if isinstance(value, Decimal) else value


def _failed(point: str, error: str) -> dict[str, Any]:
    is_obis = "-" in point.partition(":")[0] and point[:1].isdecimal()
    return {
        "id": None if is_obis else point.rpartition(":")[2],
        "obis": point if is_obis else None,
        "value": None,
        "unit": None,
        "at": None,
        "read_at": None,
        "error": error,
    }


def dumps(result: Mapping[str, Any]) -> str:
    """JSON for a person's terminal or a program: one line, Chinese as it is."""
    return json.dumps(result, ensure_ascii=False)
