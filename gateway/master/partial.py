"""A gateway's sum of a node's side, from the cells of a batch."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from protocols.reading import State

__all__ = ["parse"]

_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)
_INT31 = (1 << 31) - 1
_KINDS = ("line", "transformer")
_SIDES = ("supply", "sale")


def parse(cells: Sequence[Any], start: datetime, end: datetime) -> Aggregate:
    """The record in the cells of a batch; `start` and `end` are its instants. Raises ValueError."""
    kind, node, side, span, _, _, energy, unit, due, present, estimated, share, worst, *rest = cells
    skew, flags, version = rest
    if kind not in _KINDS or side not in _SIDES or not node or not start < end:
        raise ValueError("no node, side or period")
    if not _NUMBER.fullmatch(energy) or not _NUMBER.fullmatch(share) or not 0 <= Decimal(share) <= 1:
        raise ValueError(f"no number: {energy[:64]!r} {share[:64]!r}")
    numbers = (due, present, estimated, skew, flags, version)
    if not all(0 <= number <= _INT31 for number in numbers) or not version or present + estimated > due:
        raise ValueError("a count out of range")
    return Aggregate(
        node_kind=kind,
        node=node,
        side=side,
        span=Span(span),
        start=start,
        end=end,
        energy=Decimal(energy),
        due=due,
        present=present,
        estimated=estimated,
        estimated_share=Decimal(share),
        worst=State(worst),
        skew_seconds=skew,
        flags=flags,
        version=version,
        unit=unit,
    )
