"""A circuit breaker for one meter: a dead one is left alone, and one cheap probe revives it."""

from enum import Enum

__all__ = ["Breaker", "Permit"]


class Permit(Enum):
    """How a meter may be asked now."""

    NORMAL = "normal"
    CAUTIOUS = "cautious"
    """It did not answer last time: ask after the others, with one retry at most."""
    PROBE = "probe"
    """It was left alone long enough: one try, no retries."""
    OPEN = "open"
    """Leave it alone."""


class Breaker:
    """Counts silence of one meter. `seconds` of rest follow `failures` unanswered orders in a row."""

    __slots__ = ("_failures", "_open_until", "_seconds", "_silent")

    def __init__(self, failures: int, seconds: float) -> None:
        self._failures = failures
        self._seconds = seconds
        self._silent = 0
        self._open_until = 0.0

    @property
    def open(self) -> bool:
        """Whether the meter counts as dead; true until it answers."""
        return self._silent >= self._failures

    def permit(self, now: float) -> Permit:
        """How the meter may be asked at this monotonic second."""
        if self.open:
            return Permit.PROBE if now >= self._open_until else Permit.OPEN
        return Permit.CAUTIOUS if self._silent else Permit.NORMAL

    def answered(self) -> None:
        """The meter said something, be it a refusal."""
        self._silent = 0

    def silent(self, now: float) -> None:
        """An order got no answer at all."""
        self._silent += 1
        if self.open:
            self._open_until = now + self._seconds
