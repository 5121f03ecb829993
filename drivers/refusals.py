"""Blocks that meters refused or answered, so that nobody is asked in vain twice a day."""

from datetime import datetime, timedelta

from drivers.asking import Refusals

__all__ = ["KnownBlocks"]

# A meter that refused a block is asked for singles for so long, then tried again: meters are exchanged.
_KEPT = timedelta(days=1)


class KnownBlocks:
    """What is known of all meters of a channel."""

    def __init__(self) -> None:
        self.refused: dict[tuple[str, str], datetime] = {}
        self.answered: dict[str, set[str]] = {}

    def of(self, meter: str, now: datetime) -> Refusals:
        """What is known of one meter at `now`, aware."""
        return _OfMeter(self, meter, now)


class _OfMeter:
    def __init__(self, known: KnownBlocks, meter: str, now: datetime) -> None:
        self._known, self._meter, self._now = known, meter, now

    def __contains__(self, block: object) -> bool:
        until = self._known.refused.get((self._meter, str(block)))
        return until is not None and until > self._now

    def add(self, block: str) -> None:
        """Remember a refusal."""
        self._known.refused[self._meter, block] = self._now + _KEPT

    def answered(self, block: str) -> None:
        """Remember that it answers this one."""
        self._known.answered.setdefault(block, set()).add(self._meter)

    def may_ignore(self, block: str) -> bool:
        """Whether the meter never answered this block."""
        return self._meter not in self._known.answered.get(block, ())
