"""Settings of the sums that a gateway makes."""

from typing import Annotated, Literal

from pydantic import Field

from config.record import Record

__all__ = ["Aggregate"]


class Aggregate(Record):
    """[aggregate]: sums per line and transformer of what this gateway reads, by the archive's relations."""

    enabled: bool = True
    """Whether sums are made here; without relations there are none."""
    spans: tuple[Literal["15m", "1h", "1d", "1mo"], ...] = ("15m", "1h", "1d", "1mo")
    """Lengths of the periods; 15m and 1h are summed where registers come that often."""
    grace_seconds: Annotated[int, Field(ge=0, le=86_400)] = 300
    """How long after its end a quarter hour or an hour is summed; what comes later makes a new version."""
    day_grace_seconds: Annotated[int, Field(ge=0, le=259_200)] = 7_200
    """The same for days and months."""
