"""The electrical truth of one simulated meter: registers, demand and instantaneous values at any instant.

Every figure is a function of the meter's specification and a naive local time, so that a test can say what a
reading must have been.
"""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from simulators.load import Curve, seconds

__all__ = ["Defect", "Electric", "Spec"]

_MWS_PER_CENTI_KWH = 36_000_000


class Defect(StrEnum):
    """What can be wrong with a meter, for reviews to find."""

    NONE = "none"
    TARIFF_SUM = "tariff_sum"
    STOPPED = "stopped"
    RUNAWAY = "runaway"
    DECREASE = "decrease"
    REVERSE = "reverse"
    NOT_BCD = "not_bcd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What one meter is.

    `address` has 12 digits as printed, `standard` is 2007 or 1997, `phases` 1 or 3, `watts` the largest load
    (0: by kind). `drift_seconds` is how far its clock is ahead, `reply_delay` the time to its first byte (s).
    `defect_since` (naive local) is when the defect begins; None means always.
    """

    address: str
    seed: int = 0
    standard: str = "2007"
    kind: str = "home"
    phases: int = 1
    watts: int = 0
    blocks: bool = True
    load_record: bool = True
    daily_freeze: bool = True
    terminator: bool = True
    wakeup: int = 4
    drift_seconds: float = 0.0
    reply_delay: float = 0.02
    dead: bool = False
    defect: Defect = Defect.NONE
    defect_since: datetime | None = None


_WATTS = {"home": 6000, "shop": 12000, "factory": 30000, "solar": 8000}

# Shares in per mille: (of forward, of reverse) active energy.
_QUANTITIES: dict[int, tuple[int, int]] = {
    0x00: (1000, 1000),
    0x01: (1000, 0),
    0x02: (0, 1000),
    0x03: (320, 0),
    0x04: (0, 60),
    0x05: (300, 0),
    0x06: (0, 40),
    0x07: (0, 20),
    0x08: (20, 0),
    0x09: (1045, 0),
    0x0A: (0, 1002),
}


class Electric:
    """Registers in 0.01 kWh, power in 0.1 W, demand in 0.1 W, voltage in 0.1 V, current in mA."""

    def __init__(self, spec: Spec) -> None:
        rng = random.Random(f"meter {spec.seed} {spec.address}")
        watts = spec.watts or _WATTS[spec.kind] * rng.randint(60, 100) // 100
        self.spec = spec
        self._forward = Curve("home" if spec.kind == "solar" else spec.kind, watts, rng.randrange(4) * 7)
        self._reverse = Curve("solar", watts, rng.randrange(4) * 7) if spec.kind == "solar" else None
        self._start = [rng.randint(100_00, 900_00) for _ in range(5)]
        self._start[0] = sum(self._start[1:])
        self._shares = self._phase_shares(rng)
        self._noise = rng.randrange(1 << 30)

    def _phase_shares(self, rng: random.Random) -> tuple[int, ...]:
        if self.spec.phases == 1:
            return (1000,)
        a, b = rng.randint(300, 366), rng.randint(300, 366)
        return (a, b, 1000 - a - b)

    def _wrong(self, at: datetime) -> Defect:
        since = self.spec.defect_since
        return self.spec.defect if since is None or at >= since else Defect.NONE

    def register(self, quantity: int, tariff: int, at: datetime) -> int:
        """A register in 0.01 kWh (kvarh, kVAh): quantity as in DI2 (00 .. 0A), tariff 0 (total) to 4."""
        of_forward, of_reverse = _QUANTITIES[quantity]
        value = of_forward * self._active(self._forward, tariff, at) if of_forward else 0
        if of_reverse and self._reverse is not None:
            value += of_reverse * self._active(self._reverse, tariff, at)
        elif of_reverse and self._wrong(at) is Defect.REVERSE:
            value += of_reverse * self._active(self._forward, tariff, at) // 20
        value //= 1000
        if quantity <= 0x01 and tariff == 2 and self._wrong(at) is Defect.TARIFF_SUM:
            value += 5_00
        return value

    def _active(self, curve: Curve, tariff: int, at: datetime) -> int:
        second = seconds(at)
        since = self.spec.defect_since
        used = curve.energy(second, tariff)
        if since is not None and self._wrong(at) in (Defect.STOPPED, Defect.RUNAWAY):
            before = curve.energy(seconds(since), tariff)
            used = before if self.spec.defect is Defect.STOPPED else before + 5000 * (used - before)
        value = self._start[tariff] + used // _MWS_PER_CENTI_KWH
        if since is not None and self._wrong(at) is Defect.DECREASE:
            value = max(0, value - 50_00)
        return value

    def power(self, phase: int, at: datetime) -> int:
        """Active power in 0.1 W: phase 0 for the total, 1 to 3; negative when power flows out."""
        second = seconds(at)
        net = self._forward.power(second) - (self._reverse.power(second) if self._reverse else 0)
        share = 1000 if phase == 0 else self._shares[phase - 1]
        return int(net * share / 100_000)

    def reactive(self, phase: int, at: datetime) -> int:
        """Reactive power in 0.1 var."""
        return abs(self.power(phase, at)) * 32 // 100

    def apparent(self, phase: int, at: datetime) -> int:
        """Apparent power in 0.1 VA."""
        return math.isqrt(self.power(phase, at) ** 2 + self.reactive(phase, at) ** 2)

    def factor(self, phase: int, at: datetime) -> int:
        """Power factor in 0.001, signed as the power is."""
        apparent = self.apparent(phase, at)
        return int(1000 * self.power(phase, at) / apparent) if apparent else 1000

    def voltage(self, phase: int, at: datetime) -> int:
        """Phase voltage in 0.1 V, 215 to 238 V; lowest in the evening."""
        second = seconds(at)
        daily = 60 * math.cos(2 * math.pi * (second % 86_400 - 14_400) / 86_400)
        return int(2265 + daily + self._jitter(phase, second) % 30)

    def current(self, phase: int, at: datetime) -> int:
        """Phase current in mA, signed as the power is."""
        milliamp = self.apparent(phase, at) * 1000 // self.voltage(phase, at)
        return -milliamp if self.power(phase, at) < 0 else milliamp

    def frequency(self, at: datetime) -> int:
        """Grid frequency in 0.01 Hz."""
        return 4998 + self._jitter(7, seconds(at)) % 5

    def temperature(self, at: datetime) -> int:
        """Temperature inside the meter in 0.1 degC."""
        season = -120 * math.cos(2 * math.pi * (at.timetuple().tm_yday - 20) / 365)
        return int(180 + season - 40 * math.cos(2 * math.pi * (at.hour - 3) / 24))

    def demand(self, quantity: int, start: datetime, end: datetime) -> tuple[int, datetime | None]:
        """Maximum demand in 0.1 W from `start` (a midnight) to `end`, and when it occurred."""
        of_forward, of_reverse = _QUANTITIES[quantity]
        curve = self._forward if of_forward else self._reverse
        if curve is None:
            return 0, None
        peak, when = curve.peak(seconds(start), seconds(end))
        if not peak:
            return 0, None
        return peak * max(of_forward, of_reverse) // 100_000, start + timedelta(seconds=when - seconds(start))

    def _jitter(self, lane: int, second: int) -> int:
        x = (self._noise + lane * 0x9E3779B1 + second // 60 * 0x85EBCA6B) & 0xFFFFFFFF
        x = (x ^ x >> 15) * 0x2C1B3C6D & 0xFFFFFFFF
        x = (x ^ x >> 12) * 0x297A2D39 & 0xFFFFFFFF
        return x ^ x >> 15
