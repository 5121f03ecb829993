"""What the sums count of themselves."""

from dataclasses import dataclass

__all__ = ["AggregateStats"]


@dataclass(slots=True)
class AggregateStats:
    """Plain counts: sums that went out, those that changed an earlier one, and the registers held."""

    made: int = 0
    revised: int = 0
    registers: int = 0
