"""Nodes by their loss rate, and how many are in which state (domain 7.7): for the chart and for the table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.energy.loss import LossLimits, rankable
from gateway.report.rows import LossRow

__all__ = ["STATES", "Counted", "Ranked", "Ranking", "ranking"]

STATES = ("normal", "high", "negative", "not_computable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A node on its last day: `days` in a row has it been in this state."""

    rank: int
    kind: str
    code: str
    day: date
    loss_rate: Decimal
    loss_kwh: Decimal | None
    supply_kwh: Decimal | None
    state: str
    days: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many nodes are in a state."""

    state: str
    nodes: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The nodes from the highest rate to the most negative one; `below` are those supplied with less than the floor."""

    rows: tuple[Ranked, ...]
    counts: tuple[Counted, ...]
    below: tuple[str, ...]


def ranking(rows: Sequence[LossRow], limits: LossLimits | None = None) -> Ranking:
    """Of every node the last row there is; nodes that cannot be computed are counted, not ranked."""
    days: dict[tuple[str, str], list[LossRow]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        days.setdefault((row.kind, row.code), []).append(row)
    last = [own[-1] for own in days.values()]
    kept = [row for row in last if rankable(row.loss_rate, row.supply_kwh, row.hours, limits)]
    kept.sort(key=lambda row: (-(row.loss_rate or 0), row.code))
    below = sorted(row.code for row in last if row.loss_rate is not None and row not in kept)
    states: Mapping[str, int] = Counter(row.state for row in last)
    return Ranking(
        tuple(_ranked(rank, row, days[row.kind, row.code]) for rank, row in enumerate(kept, 1)),
        tuple(Counted(state, states.get(state, 0)) for state in STATES),
        tuple(below),
    )


def _ranked(rank: int, row: LossRow, own: Sequence[LossRow]) -> Ranked:
    days = 0
    for one in reversed(own):
        if one.state != row.state:
            break
        days += 1
    return Ranked(
        rank=rank,
        kind=row.kind,
        code=row.code,
        day=row.day,
        loss_rate=row.loss_rate or Decimal(0),
        loss_kwh=row.loss_kwh,
        supply_kwh=row.supply_kwh,
        state=row.state,
        days=days,
    )
