"""The only reader of the machine's clocks, and the one that does not step.

`SteadyClock` runs on monotonic time: a step of the wall clock is adopted only after it has lasted.
A step set by hand leaves the kernel's flag "not synchronised", so a wrong hand cannot move the slots at once.
"""

import ctypes
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

__all__ = ["Clock", "FastClock", "SteadyClock", "SystemClock", "boot_time"]

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_PLAUSIBLE = datetime(2024, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Wall time for people and meters, monotonic time for intervals."""

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step."""
        ...

    def synced(self) -> bool:
        """Whether the wall time is known to be right."""
        ...


class _Timex(ctypes.Structure):
    """struct timex of <sys/timex.h>; only `modes` (0: read) and `status` are of interest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


class SystemClock:
    """The machine's own clocks.

    METERD_TRUST_CLOCK=1 declares the wall clock right where something unknown to the kernel keeps it.
    """

    def __init__(self) -> None:
        self._trusted = os.environ.get("METERD_TRUST_CLOCK") == "1"
        self._flag = Path("/run/systemd/timesync/synchronized")
        self._asked = float("-inf")
        self._answer = False
        libc = ctypes.CDLL(None, use_errno=True)
        self._adjtimex = getattr(libc, "adjtimex", None)

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never step."""
        return time.monotonic()

    def synced(self) -> bool:
        """Whether the kernel says its clock is synchronised; asked at most once a second."""
        if self._trusted:
            return True
        now = time.monotonic()
        if now - self._asked >= 1.0:
            self._asked, self._answer = now, self._ask()
        return self._answer

    def _ask(self) -> bool:
        if self._adjtimex is None:
            return self._flag.exists()
        buffer = _Timex()
        state = self._adjtimex(ctypes.byref(buffer))
        if state < 0:
            return self._flag.exists()  # a sandbox refuses the call even for reading (ProtectClock=)
        return bool(0 <= state < _TIME_ERROR and not buffer.status & _STA_UNSYNC)


def boot_time() -> float:
    """When the machine started, seconds since 1970, as its wall clock has it now."""
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


class FastClock:
    """Time that runs `factor` times as fast as the base's: it showed `start` at the base's instant `since`.

    For the demo and for tests, where a minute's slot passes in a second; two processes given the same three
    figures agree on the time.
    """

    def __init__(self, base: Clock, factor: float, start: datetime, since: datetime | None = None) -> None:
        self._base = base
        self.factor = factor
        self._mono = base.monotonic()
        run = (base.now() - since).total_seconds() if since is not None else 0.0
        self._anchor = start + timedelta(seconds=run * factor)

    def now(self) -> datetime:
        """The fast wall time, aware, UTC."""
        return self._anchor + timedelta(seconds=(self._base.monotonic() - self._mono) * self.factor)

    def monotonic(self) -> float:
        """Fast seconds that never step."""
        return self._base.monotonic() * self.factor

    def synced(self) -> bool:
        """Always: nobody else knows this time."""
        return True


class SteadyClock:
    """Wall time that runs with monotonic time and takes over a step of the wall clock only when it lasts.

    `watch` compares the two and is called about once a second. A difference below `slew` seconds is followed
    at once; a larger one after `settle` seconds while the wall clock is synchronised, else after `doubt`.
    `floor` is the last instant known from an earlier run: a machine that wakes in 1970 goes on from there.
    `pace` is how many of these seconds pass in a real one.
    """

    slew = 1.0
    settle = 10.0
    doubt = 600.0

    def __init__(self, base: Clock, floor: datetime | None = None) -> None:
        self._base = base
        self.pace = getattr(base, "factor", 1.0)
        self.step_seconds = 0.0
        self.steps = 0
        self._since: float | None = None
        self._seen = 0.0
        self._anchor = base.now()
        self._mono = base.monotonic()
        self.start_from(floor or _PLAUSIBLE)

    def start_from(self, floor: datetime) -> None:
        """Never show an instant before `floor`, unless the wall clock is synchronised and says so."""
        if self._anchor < floor and not (self._base.synced() and self._anchor >= _PLAUSIBLE):
            self._anchor = floor

    def now(self) -> datetime:
        """The steady wall time, aware, UTC."""
        return self._anchor + timedelta(seconds=self._base.monotonic() - self._mono)

    def monotonic(self) -> float:
        """Seconds that never step."""
        return self._base.monotonic()

    def synced(self) -> bool:
        """Whether the steady time is known to be right: the base is synchronised and no step is pending."""
        return self._base.synced() and self._since is None

    def watch(self) -> float:
        """Follow the wall clock; returns the seconds stepped now, 0.0 for none."""
        wall, mono = self._base.now(), self._base.monotonic()
        off = (wall - self.now()).total_seconds()
        if abs(off) < self.slew:
            self._since = None
            self._anchor, self._mono = wall, mono
            return 0.0
        if self._since is None or abs(off - self._seen) >= self.slew:
            self._since, self._seen = mono, off
            return 0.0
        if wall < _PLAUSIBLE or mono - self._since < (self.settle if self._base.synced() else self.doubt):
            return 0.0
        self._anchor, self._mono, self._since = wall, mono, None
        self.steps += 1
        self.step_seconds += abs(off)
        return off
