"""Active power integrated between answers: what rules R023 and R024 hold a register against."""

from dataclasses import dataclass

from gateway.review.limits import SCALE

__all__ = ["Power"]

_LONGEST_GAP = 1800


@dataclass(slots=True)
class Power:
    """Integral of one meter's active power by trapezoids, in units of 0.0001 kWh.

    `work` spans the last two answers, `rest` the time in which the forward register stood still; None where
    the answers lie too far apart to say.
    """

    at: int
    kilowatt: float
    work: float | None = None
    rest: float | None = 0.0

    def take(self, at: int, kilowatt: float) -> None:
        """Take the power of a later answer."""
        seconds = at - self.at
        if seconds <= 0:
            self.work = None
            return
        if seconds > _LONGEST_GAP:
            self.work = self.rest = None
        else:
            self.work = (abs(self.kilowatt) + abs(kilowatt)) / 2 * seconds / 3600 * SCALE
            if self.rest is not None:
                self.rest += self.work
        self.at, self.kilowatt = at, kilowatt

    def moved(self) -> None:
        """The register moved: its rest begins anew."""
        self.rest = 0.0
