"""What gateways summed up of a node beside what the master did, from the same members."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.energy.aggregate import deviation, merged
from gateway.energy.record import Aggregate
from gateway.master.process.codes import aggregate_of, micros, number_of
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.nodes import Balance
from protocols.reading import Flag

__all__ = ["Hierarchy"]

_Rows = Mapping[str, list[Sequence[Any]]]
"""The latest sums of each gateway by side."""


class Hierarchy:
    """P037: the sum that gateways sent of a side, and the master's own of the members themselves.

    A line's members may hang behind several gateways: their sums are added up. The two are compared where they say
    the same of as many members: so many due, read and estimated, read at the ends of the period themselves, with the
    same states and flags. Where that is not so of both sides other data are behind them, and it is not judged. The
    side that is further off counts.
    """

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Of nodes of which gateways sent sums of the period."""
        period = around.period
        sent: dict[int, dict[str, list[Sequence[Any]]]] = {}
        for row in around.store.ask(
            "aggregates_sent",
            sorted(one.node for one in balances),
            start=micros(period.start),
            span=number_of(period.span),
        ):
            sent.setdefault(row[1], {}).setdefault(row[3], []).append(row)
        found: dict[int, Fields] = {}
        for one in balances:
            pair = _worst(around, one, sent.get(one.node, {}))
            if pair is not None:
                found[one.node] = {"stored_sum": float(pair[0].energy), "members_sum": float(pair[1].energy)}
        return found


def _worst(around: Around, one: Balance, rows: _Rows) -> tuple[Aggregate, Aggregate] | None:
    """None unless both sides can be compared: what a customer feeds in counts on the one and is due on the other."""
    pairs = []
    for own in one.sides:
        parts = [aggregate_of(row, one.name, around.store.zone) for row in rows.get(own.side, ())]
        whole = [sent for sent in merged(parts) if (sent.unit, sent.end) == (own.unit, own.end)]
        if whole and _alike(whole[0], own):
            pairs.append((whole[0], own))
        elif whole or own.due or own.energy:
            return None
    return max(pairs, key=lambda pair: deviation(pair[0].energy, [pair[1].energy]), default=None)


def _alike(sent: Aggregate, own: Aggregate) -> bool:
    """Whether both say the same of their members; whether a value came late is not kept by gateways."""
    counts = [(side.due, side.present, side.estimated, side.worst, side.skew_seconds) for side in (sent, own)]
    return counts[0] == counts[1] and not own.skew_seconds and not (sent.flags ^ own.flags) & ~Flag.LATE
