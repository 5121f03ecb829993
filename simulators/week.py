"""Two weeks of four transformer areas by the hour: what was used, and what meters and those who read them said.

Only this module knows what is wrong where; everything else has to conclude it from what was said.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

__all__ = ["DAYS", "FORWARD", "REVERSE", "Area", "Said", "Week", "week"]

DAYS = 14
FORWARD, REVERSE = "1-0:1.8.0", "1-0:2.8.0"
_CUSTOMERS = 10
_CT, _TOTAL_CT = 40, 400
_STOLEN = 10
_SILENT_DAY = 9
_CHANGED_DAY = 10
_BY_HAND = 3
_SILENCE = timedelta(hours=9)
# Hundredths of kWh an hour: shops use much the same every day, homes what they like.
_STEADY, _CHANGING = (150, 172), (20, 300)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of one meter: its registers in kWh, the instant they hold, when and how they were read.

    `how` is `wired`, `carrier` or `hand`.
    """

    meter: str
    at: datetime
    read_at: datetime
    values: tuple[tuple[str, Decimal], ...]
    how: str


@dataclass(frozen=True, slots=True)
class Area:
    """A transformer with its total meter and customers; `ct` and `total_ct` are what the archive says."""

    code: str
    total: str
    customers: tuple[str, ...]
    target: str
    ct: int = 1
    total_ct: int = 1


@dataclass(slots=True)
class Week:
    """What was said, and what is wrong in truth by kind; `silent` are midnights without an answer at first."""

    begin: datetime
    areas: tuple[Area, ...]
    truth: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    silent: dict[tuple[str, datetime], tuple[tuple[str, str], ...]] = field(default_factory=dict)


def _areas() -> tuple[Area, ...]:
    def area(number: int, target: str, ct: int = 1, total_ct: int = 1) -> Area:
        customers = tuple(f"T{number}-C{place:02}" for place in range(1, _CUSTOMERS + 1))
        return Area(f"T{number}", f"T{number}-TOTAL", customers, target, ct, total_ct)

    return (area(1, "jzq1"), area(2, "jzq2", _CT, _TOTAL_CT), area(3, "jzq3"), area(4, "jzq4"))


def week(begin: datetime, *, seed: int, faults: bool = True) -> Week:
    """History of `DAYS` days from a midnight on; without `faults` everything is as it should be."""
    chance = random.Random(f"week {seed}")
    found = Week(begin, _areas())
    thieves, shops, quiet, homes = found.areas
    if faults:
        found.truth = {
            "theft": chance.choice(thieves.customers),
            "wrong_multiplier": chance.choice(shops.customers),
            "reverse_running": chance.choice(homes.customers),
            "silent_concentrator": quiet.target,
            "hand_held_filled": " ".join(sorted(chance.sample(quiet.customers, _BY_HAND))),
        }
    for area in found.areas:
        for said in _history(area, found, chance):
            found.said.append(said)
    found.said.sort(key=lambda one: (one.read_at, one.meter))
    return found


def _history(area: Area, found: Week, chance: random.Random) -> Iterator[Said]:
    """Registers of every hour, in hundredths."""
    meters = (area.total, *area.customers)
    forward, reverse, exact = dict.fromkeys(meters, 100_000), dict.fromkeys(meters, 0), 0
    for hour in range(DAYS * 24 + 1):
        at = found.begin + hour * _HOUR
        for meter in meters:
            values = ((FORWARD, Decimal(forward[meter]) / 100), (REVERSE, Decimal(reverse[meter]) / 100))
            read_at, how = _reached(area, meter, at, found)
            yield Said(meter, at, read_at, values, how)
        for meter in area.customers:
            used = chance.randrange(*(_STEADY if area.ct > 1 else _CHANGING))
            exact += used * area.ct
            ahead, back = _shown(meter, used, hour // 24, found.truth)
            forward[meter] += ahead
            reverse[meter] += back
        exact += 2 * area.ct
        forward[area.total] = 100_000 + exact // area.total_ct


def _shown(meter: str, used: int, day: int, truth: dict[str, str]) -> tuple[int, int]:
    """What goes onto a meter's forward and reverse register when so much is used."""
    if meter == truth.get("theft"):
        return used // _STOLEN, 0
    if meter == truth.get("wrong_multiplier") and day >= _CHANGED_DAY:
        # The transformers on site were changed for ones of twice the ratio; the archive was not.
        return used // 2, 0
    if meter == truth.get("reverse_running") and day == DAYS - 1:
        return 0, used
    return used, 0


def _reached(area: Area, meter: str, at: datetime, found: Week) -> tuple[datetime, str]:
    """When and how a value was read; of the silent concentrator's night later, and of some by hand."""
    soon = at + timedelta(minutes=2)
    silent = found.begin + timedelta(days=_SILENT_DAY)
    if area.target != found.truth.get("silent_concentrator") or not silent <= at < silent + _SILENCE:
        return soon, "wired"
    by_hand = meter in found.truth["hand_held_filled"].split()
    if at == silent:
        outcome = "no_answer" if by_hand else "backfilled"
        key = area.target, at
        found.silent[key] = (*found.silent.get(key, ()), (meter, outcome))
    if by_hand:
        return silent + timedelta(days=3, hours=10), "hand"
    return silent + timedelta(hours=10), "carrier"
