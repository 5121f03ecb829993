"""Sums and loss of a line or transformer, with those of its last thirty days."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.feeds.feed import Around, Fields
from gateway.master.process.history import History
from gateway.master.process.nodes import Balance
from gateway.second.constant import DAYS, constant_share

__all__ = ["Losses", "figures"]

_DAYS = 30
_MILLION = 1_000_000
_Past = Mapping[int, Sequence[Any]]


class Losses:
    """What the balance of the day says, beside the days before."""

    def nodes(self, around: Around, balances: Sequence[Balance]) -> dict[int, Fields]:
        """Of every node."""
        days = History(around.store, around.period).before(_DAYS)
        past = self._past(around, [one.node for one in balances])
        return {one.node: _fields(one, days, past.get(one.node, {})) for one in balances}

    def _past(self, around: Around, nodes: Sequence[int]) -> dict[int, dict[int, Sequence[Any]]]:
        first = micros(around.period.start - timedelta(days=_DAYS))
        last = micros(around.period.start) - 1
        found: dict[int, dict[int, Sequence[Any]]] = {}
        for row in around.store.ask("losses_daily", sorted(nodes), first=first, last=last):
            found.setdefault(row[0], {})[row[1]] = row
        return found


def _fields(one: Balance, days: Sequence[int], past: _Past) -> Fields:
    rows = [past.get(start) for start in days]
    return figures(one) | {
        "daily": (*(_energy(row, 3) for row in rows), _float(one.loss.supply)),
        "sale_daily": (*(_energy(row, 4) for row in rows), _float(one.loss.sale)),
        "rates": (*(_rate(row) for row in rows), _float(one.loss.rate)),
        "constant_share": constant_share(_points(one, rows[-DAYS + 1 :])),
    }


def figures(one: Balance) -> Fields:
    """What a loss says by itself, of a day or of a month."""
    loss = one.loss
    supply = loss.supply
    whole = bool(supply) and loss.bound is not None
    return {
        "rate": _float(loss.rate),
        "bound": float(loss.bound / supply) if whole and loss.bound is not None and supply else None,
        "coverage_count": (loss.present + loss.estimated) / loss.due if loss.due else None,
        "coverage_energy": float(loss.coverage),
        "skew_seconds": float(loss.skew_seconds),
    }


def _points(one: Balance, rows: Sequence[Sequence[Any] | None]) -> list[tuple[float, float]]:
    """Supply and loss of days that have a rate, up to this one."""
    pairs = [(_energy(row, 3), _energy(row, 4)) for row in rows if row is not None and row[2] is not None]
    found = [(supply, supply - sale) for supply, sale in pairs if supply is not None and sale is not None]
    loss = one.loss
    if loss.supply is not None and loss.loss is not None:
        found.append((float(loss.supply), float(loss.loss)))
    return found


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _energy(row: Sequence[Any] | None, place: int) -> float | None:
    return None if row is None or row[place] is None else float(decimal_of(row[place], row[5]))


def _rate(row: Sequence[Any] | None) -> float | None:
    return None if row is None or row[2] is None else row[2] / _MILLION
