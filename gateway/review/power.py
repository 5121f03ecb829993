"""Active power integrated between answers: what rules R023 and R024 hold a register against."""

from dataclasses import dataclass

from gateway.review.limits import SCALE

__all__ = ["Power"]

_LONGEST_GAP = 1800


@dataclass(slots=True)
class Power:
    """Integral of one meter's active power by trapezoids, in units of 0.0001 kWh, up to `at` (seconds since 1970).

    `work` runs since the register of the instant `since`, `rest` since a register moved; None where answers lay too
    far apart to say.
    """

    at: int
    kilowatt: float
    work: float | None = None
    rest: float | None = 0.0
    since: int = 0

    def after(self, at: int, kilowatt: float) -> tuple[float | None, float | None]:
        """`work` and `rest` as they will be with the power of a later answer; nothing changes."""
        seconds = at - self.at
        if seconds <= 0:
            return None, self.rest
        if seconds > _LONGEST_GAP:
            return None, None
        more = (abs(self.kilowatt) + abs(kilowatt)) / 2 * seconds / 3600 * SCALE
        work = None if self.work is None else self.work + more
        return work, None if self.rest is None else self.rest + more

    def take(self, at: int, kilowatt: float) -> None:
        """Take the power of a later answer."""
        self.work, self.rest = self.after(at, kilowatt)
        if at > self.at:
            self.at, self.kilowatt = at, kilowatt

    def mark(self, at: int) -> None:
        """A register was accepted beside this power: its work begins anew."""
        self.work, self.since = 0.0, at

    def moved(self) -> None:
        """The register moved: its rest begins anew."""
        self.rest = 0.0
