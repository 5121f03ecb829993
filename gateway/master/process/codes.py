"""Records of results as the cells of their tables, and back. Instants are microseconds since 1970."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from gateway.energy.period import Span
from gateway.energy.record import Aggregate, Loss
from gateway.master.rows import EPOCH, shift
from protocols.reading import State

__all__ = [
    "SPANS",
    "aggregate_cells",
    "aggregate_of",
    "decimal_of",
    "loss_cells",
    "micros",
    "number_of",
    "scaled",
]

SPANS: tuple[Span, ...] = (Span.QUARTER, Span.HOUR, Span.DAY, Span.MONTH)
"""Numbers of the spans in the database: the place here."""

_MICRO = timedelta(microseconds=1)
_PLACES = 6
_MILLION = 1_000_000


def number_of(span: Span) -> int:
    """The number of a span."""
    return SPANS.index(span)


def micros(at: datetime) -> int:
    """An aware instant as the tables have it."""
    return (at - EPOCH) // _MICRO


def scaled(value: Decimal) -> tuple[int, int]:
    """A number as an integer with its decimal places, at most six; what is finer is rounded."""
    exponent = value.as_tuple().exponent
    places = min(max(-exponent if isinstance(exponent, int) else 0, 0), _PLACES)
    return _at(value, places), places


def _at(value: Decimal, places: int) -> int:
    return int(value.scaleb(places).to_integral_value())


def decimal_of(value: int, places: int) -> Decimal:
    """The number that `scaled` took apart."""
    return Decimal(value).scaleb(-places)


def _share(value: Decimal | None) -> int | None:
    return None if value is None else int((value * _MILLION).to_integral_value())


def aggregate_cells(one: Aggregate, node: int, gateway: int, version: int | None = None) -> tuple[Any, ...]:
    """start, node, span, side, unit, gateway, version, and the other cells of `aggregate_row`."""
    energy, scale = scaled(one.energy)
    key = (micros(one.start), node, number_of(one.span), one.side, one.unit, gateway, version or one.version)
    counts = (one.due, one.present, one.estimated, _share(one.estimated_share))
    return (*key, micros(one.end), energy, scale, *counts, one.skew_seconds, int(one.flags), str(one.worst))


def aggregate_of(cells: Sequence[Any], node: tuple[str, str], zone: tzinfo, source: str = "") -> Aggregate:
    """The record of such cells."""
    start, _, span, side, unit, _, version, end, energy, scale, due, present, estimated, *rest = cells
    share, skew, flags, worst = rest
    return Aggregate(
        node_kind=node[0],
        node=node[1],
        side=side,
        span=SPANS[span],
        start=shift(start).astimezone(zone),
        end=shift(end).astimezone(zone),
        energy=decimal_of(energy, scale),
        due=due,
        present=present,
        estimated=estimated,
        estimated_share=decimal_of(share, _PLACES),
        worst=State(worst),
        skew_seconds=skew,
        flags=flags,
        version=version,
        source=source,
        unit=unit,
    )


def loss_cells(one: Loss, node: int, version: int = 1) -> tuple[Any, ...]:
    """start, node, span, version, and the other cells of `loss_row`."""
    energies = (one.supply, one.sale, one.loss, one.bound)
    scale = max((scaled(value)[1] for value in energies if value is not None), default=0)
    numbers = (None if value is None else _at(value, scale) for value in energies)
    rates = (_share(value) for value in (one.rate, one.rate_low, one.rate_high, one.coverage))
    key = (micros(one.start), node, number_of(one.span), version)
    counts = (one.due, one.present, one.estimated, one.skew_seconds)
    return (*key, micros(one.end), scale, *numbers, *rates, *counts, str(one.state), one.reason)
