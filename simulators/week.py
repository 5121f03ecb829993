"""Two weeks of four transformer areas by the hour: what was used, what meters showed, and who could say so when.

Only this module knows what is wrong where; everything else has to conclude it from what was said.

Homes use what they like: a day's shape of their own, with 35 % noise from hour to hour; shops behind current
transformers are steadier (15 %). Now and then (2 %) a concentrator has not got a value of its meters: some come hours
later, some never.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from math import exp

__all__ = ["DAYS", "FORWARD", "REVERSE", "Area", "Brought", "Week", "week"]

DAYS = 14
FORWARD, REVERSE = "1-0:1.8.0", "1-0:2.8.0"
_CUSTOMERS = 10
_CT, _TOTAL_CT = 40, 400
_HOUR = timedelta(hours=1)
_HOURS = DAYS * 24 + 6
"""Meters go on for some hours after the last day, in which what is missing of it is asked for again."""
_FIRST = 100_000
# Hundredths of kWh an hour and their spread, and the noise of an hour.
_HOME, _HOME_SPREAD, _HOME_NOISE = 45.0, 0.35, 0.35
_SHOP, _SHOP_SPREAD, _SHOP_NOISE = 160.0, 0.10, 0.15
_EVENING = (0.5,) * 6 + (
    0.9,
    1.2,
    0.9,
    0.7,
    0.7,
    1.1,
    1.1,
    0.8,
    0.7,
    0.8,
    1.0,
    1.4,
    1.9,
    2.1,
    1.9,
    1.6,
    1.1,
    0.7,
)
_OPEN = (0.8,) * 8 + (1.2,) * 12 + (1.0,) * 4
# Of the supply: what conductors take at the mean load, what the transformer takes always, the total meter's error.
_OHMIC, _IRON, _ERROR = 0.025, 0.012, 0.005
_HIDDEN = 0.4
_LARGE = 3
_CHANGED_DAY, _BACKWARDS_DAY, _SILENT_DAY = 8, DAYS - 2, 9
_SILENCE = timedelta(hours=9)
_BY_HAND = 3
_WALK = timedelta(days=3, hours=10)
_LATE, _NEVER = 0.008, 0.012
_MIDNIGHT_NEVER = 0.001
"""Freezes lie in the meters: a concentrator that had none at midnight finds nearly all of them later."""

Register = tuple[int, int]
"""Forward and reverse, in hundredths of kWh."""


@dataclass(frozen=True, slots=True)
class Area:
    """A transformer with its total meter and customers; `ct` and `total_ct` are what the archive says."""

    code: str
    total: str
    customers: tuple[str, ...]
    target: str
    ct: int = 1
    total_ct: int = 1


@dataclass(frozen=True, slots=True)
class Brought:
    """A register in kWh that a hand-held unit fetched from a meter's memory: the instant that it holds."""

    meter: str
    ct: int
    point: str
    before: Decimal
    value: Decimal
    at: datetime


@dataclass(slots=True)
class Week:
    """What meters show by the hour, and what is wrong in truth by kind; `walked` is when a technician came back."""

    begin: datetime
    areas: tuple[Area, ...]
    truth: dict[str, str] = field(default_factory=dict)
    shown: dict[str, list[Register]] = field(default_factory=dict)
    gaps: dict[tuple[str, int], int | None] = field(default_factory=dict)
    """By meter and hour: so many hours later the concentrator has the value, None: never."""

    @property
    def end(self) -> datetime:
        """The midnight after the last day."""
        return self.begin + timedelta(days=DAYS)

    @property
    def walked(self) -> datetime:
        """When a technician brings what the meters of the silent concentrator remembered."""
        return self._silent + _WALK

    @property
    def _silent(self) -> datetime:
        return self.begin + timedelta(days=_SILENT_DAY)

    def shows(self, meter: str, at: datetime) -> dict[str, Decimal]:
        """The registers of a meter at a full hour, in kWh."""
        forward, reverse = self.shown[meter][(at - self.begin) // _HOUR]
        return {FORWARD: Decimal(forward) / 100, REVERSE: Decimal(reverse) / 100}

    def ask(self, meter: str, at: datetime, now: datetime) -> Mapping[str, Decimal] | str:
        """What a concentrator answers at `now` of a meter's registers at an instant: values, `timeout`, `no_record`."""
        if meter in self._quiet() and self._silent <= now < self._silent + _SILENCE:
            return "timeout"
        if self._unreached(meter, at) or not self.begin <= at <= self.begin + _HOURS * _HOUR:
            return "no_record"
        late = self.gaps.get((meter, (at - self.begin) // _HOUR), 0)
        return self.shows(meter, at) if late is not None and at + late * _HOUR <= now else "no_record"

    def brought(self) -> Iterator[Brought]:
        """What the technician's unit holds: the midnight that the concentrator could not get any more."""
        for area in self.areas:
            for meter in area.customers:
                if self._unreached(meter, self._silent):
                    before = self.shows(meter, self._silent - timedelta(days=1))
                    for point, value in self.shows(meter, self._silent).items():
                        yield Brought(meter, area.ct, point, before[point], value, self._silent)

    def _quiet(self) -> tuple[str, ...]:
        silent = self.truth.get("silent_concentrator")
        return next(((area.total, *area.customers) for area in self.areas if area.target == silent), ())

    def _unreached(self, meter: str, at: datetime) -> bool:
        by_hand = self.truth.get("hand_held_filled", "").split()
        return meter in by_hand and self._silent <= at < self._silent + _SILENCE


def _areas() -> tuple[Area, ...]:
    def area(number: int, ct: int = 1, total_ct: int = 1) -> Area:
        customers = tuple(f"T{number}-C{place:02}" for place in range(1, _CUSTOMERS + 1))
        return Area(f"T{number}", f"T{number}-TOTAL", customers, f"jzq{number}", ct, total_ct)

    return (area(1), area(2, _CT, _TOTAL_CT), area(3), area(4))


def week(begin: datetime, *, seed: int, faults: bool = True) -> Week:
    """History of `DAYS` days from a midnight on; without `faults` everything is as it should be."""
    chance = random.Random(f"week {seed}")
    found = Week(begin, _areas())
    used = {meter: _used(area, chance) for area in found.areas for meter in area.customers}
    if faults:
        found.truth = _truth(found.areas, used, chance)
    for area in found.areas:
        for meter in area.customers:
            found.shown[meter] = _register(meter, used[meter], found.truth)
        through = [sum(used[meter][hour] for meter in area.customers) * area.ct for hour in range(_HOURS)]
        found.shown[area.total] = _supply(through, area.total_ct, chance)
    found.gaps = _gaps([meter for meter in found.shown if meter not in found.truth.values()], chance)
    return found


def _truth(areas: tuple[Area, ...], used: Mapping[str, list[int]], chance: random.Random) -> dict[str, str]:
    """Who steals has a reason: he is one of the three who use most."""
    thieves, shops, quiet, homes = areas
    large = sorted(thieves.customers, key=lambda meter: -sum(used[meter]))[:_LARGE]
    return {
        "theft": chance.choice(large),
        "wrong_multiplier": chance.choice(shops.customers),
        "reverse_running": chance.choice(homes.customers),
        "silent_concentrator": quiet.target,
        "hand_held_filled": " ".join(sorted(chance.sample(quiet.customers, _BY_HAND))),
    }


def _used(area: Area, chance: random.Random) -> list[int]:
    """What one customer uses in each hour."""
    is_shop = area.ct > 1
    mean, spread = (_SHOP, _SHOP_SPREAD) if is_shop else (_HOME, _HOME_SPREAD)
    noise, shape = (_SHOP_NOISE, _OPEN) if is_shop else (_HOME_NOISE, _EVENING)
    size, shift = mean * exp(chance.gauss(0, spread)), 0 if is_shop else chance.randrange(-2, 3)
    return [
        round(size * shape[(hour - shift) % 24] * exp(chance.gauss(-noise * noise / 2, noise)))
        for hour in range(_HOURS)
    ]


def _register(meter: str, used: list[int], truth: Mapping[str, str]) -> list[Register]:
    moved = [_moved(meter, one, hour // 24, truth) for hour, one in enumerate(used)]
    forward = accumulate((ahead for ahead, _ in moved), initial=_FIRST)
    return list(zip(forward, accumulate((back for _, back in moved), initial=0), strict=True))


def _moved(meter: str, used: int, day: int, truth: Mapping[str, str]) -> Register:
    """What goes onto a meter's registers when so much is used."""
    if meter == truth.get("theft"):
        return round(used * (1 - _HIDDEN)), 0
    if meter == truth.get("wrong_multiplier") and day >= _CHANGED_DAY:
        # The transformers on site were changed for ones of twice the ratio; the archive was not.
        return used // 2, 0
    if meter == truth.get("reverse_running") and day >= _BACKWARDS_DAY:
        return 0, used
    return used, 0


def _supply(through: list[int], ct: int, chance: random.Random) -> list[Register]:
    """The total meter: what went to customers and what was lost on the way, with the meter's own error."""
    mean = sum(through) / len(through)
    sent = (one * (1 + _OHMIC * one / mean + chance.gauss(0, _ERROR)) + _IRON * mean for one in through)
    return [(_FIRST + int(total / ct), 0) for total in accumulate(sent, initial=0.0)]


def _gaps(meters: list[str], chance: random.Random) -> dict[tuple[str, int], int | None]:
    found: dict[tuple[str, int], int | None] = {}
    for meter in meters:
        for hour in range(1, _HOURS):
            fate = chance.random()
            if fate < (_NEVER if hour % 24 else _MIDNIGHT_NEVER):
                found[meter, hour] = None
            elif fate < _NEVER + _LATE:
                found[meter, hour] = chance.randrange(1, 7)
    return found
