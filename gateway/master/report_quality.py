"""Figures of the quality of supply as the master has them: samples, energies, and the meters they are of."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from config.archive import Meter
from gateway.energy.period import Period, Span, days
from gateway.energy.record import FORWARD, Computed
from gateway.master.process.codes import decimal_of, micros, number_of
from gateway.master.process.history import daily
from gateway.master.stores.base import Store
from gateway.report.places import Network, Relation, Wanted

__all__ = [
    "Energies",
    "Member",
    "Samples",
    "energies",
    "heard",
    "members",
    "network",
    "numbers_of",
    "samples",
]

_CHUNK = 20_000

Samples = dict[int, dict[str, Counter[Decimal]]]
"""How often each value came, by the number of the meter and the point."""
Energies = dict[int, dict[str, Decimal | None]]
"""Energy of a period by the number of the meter and the point; None: not read for all of it."""


@dataclass(frozen=True, slots=True)
class Member:
    """A meter by its number, as its archive has it, and the number of the gateway that reads or is to read it."""

    number: int
    meter: Meter
    gateway: int


def network(store: Store, period: Period) -> Network:
    """Relations that hold at some time of the period; the master's own archive goes before. Raises StoreProblem."""
    last = (period.end - timedelta(microseconds=1)).date()
    rows = store.ask("report_relations", [], first=period.start.date().isoformat(), last=last.isoformat())
    own = {row[0] for row in rows if row[2] == 0}
    lines = {
        code: line for kind, code, line in store.ask("report_nodes", []) if kind == "transformer" and line
    }
    found = {
        Relation(asset, (kind, code), side == "supply", sign)
        for number, asset, gateway, kind, code, side, sign in rows
        if gateway == 0 or number not in own
    }
    return Network.of(sorted(found, key=lambda one: (one.node, one.meter, one.is_supply)), lines)


def numbers_of(store: Store, net: Network, wanted: Wanted) -> Sequence[int]:
    """Numbers of the meters that are asked for; empty where all are. Raises StoreProblem."""
    if wanted.all:
        return ()
    assets = {meter for meter, place in net.places.items() if wanted.takes(meter, place)} | wanted.meters
    store.reload(sorted(assets))
    known = store.ids["meters"]
    # No meter has the number 0: what is asked for and unknown is not everything.
    return sorted(known[asset] for asset in assets if asset in known) or (0,)


def members(store: Store, numbers: Collection[int]) -> dict[int, Member]:
    """Meters by number, of several archives as the master's own or that of who reads it says; raises StoreProblem."""
    ordered = sorted(numbers)
    chosen: dict[int, tuple[tuple[bool, bool, int], Sequence[Any]]] = {}
    for first in range(0, len(ordered), _CHUNK):
        for row in store.ask("report_meters", ordered[first : first + _CHUNK]):
            number, _, owner, archive = row[:4]
            order = (archive != 0, archive != owner, archive)
            if number not in chosen or order < chosen[number][0]:
                chosen[number] = (order, row)
    return {number: Member(number, _meter(row), row[2] or row[3]) for number, (_, row) in chosen.items()}


def _meter(row: Sequence[Any]) -> Meter:
    status, target, wiring, decimals, tariffs, ct, pt, primary, rated, capacity, standard, supply = row[4:]
    return Meter(
        asset_no=row[1],
        address="",
        protocol="",
        target=target,
        status=status,
        wiring=wiring,
        decimals=decimals,
        tariffs=tariffs,
        ct=Decimal(ct),
        pt=Decimal(pt),
        register_is_primary=bool(primary),
        rated_voltage=_number(rated),
        capacity_kva=_number(capacity),
        pf_standard=_number(standard),
        supply_type=supply,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def samples(store: Store, period: Period, points: Collection[str], meters: Sequence[int]) -> Samples:
    """Effective values of these points in a period that count, day by day; raises StoreProblem."""
    names = _points(store, points)
    counted: dict[tuple[int, int], Counter[tuple[int, int]]] = defaultdict(Counter)
    last = (period.end - timedelta(microseconds=1)).date()
    only = json.dumps(meters)
    for day in days(period.start.date(), last, store.zone) if names else ():
        bounds = {"first": micros(day.start), "before": micros(day.end)}
        for meter, point, value, scale, count in store.ask(
            "report_samples", sorted(names), meters=only, **bounds
        ):
            counted[meter, point][value, scale] += count
    found: Samples = defaultdict(dict)
    for (meter, point), those in counted.items():
        found[meter][names[point]] = _decimals(those)
    return found


def _decimals(counted: Counter[tuple[int, int]]) -> Counter[Decimal]:
    """Equal values of different scales are one; few of many samples are different."""
    found: Counter[Decimal] = Counter()
    for (value, scale), count in counted.items():
        found[decimal_of(value, scale)] += count
    return found


def energies(store: Store, period: Period, points: Collection[str], meters: Sequence[int]) -> Energies:
    """Energies of a period: those of a whole month as they were computed, else sums of its days.

    Raises StoreProblem.
    """
    names = _points(store, points)
    if not names:
        return {}
    count = 1 if period.span is Span.MONTH else (period.end - period.start) // timedelta(days=1)
    span = Span.MONTH if period.span is Span.MONTH else Span.DAY
    rows = store.ask(
        "report_energies",
        sorted(names),
        meters=json.dumps(meters),
        first=micros(period.start),
        before=micros(period.end),
        span=number_of(span),
    )
    return _summed(((meter, names[point], *rest) for meter, point, *rest in rows), count)


def _summed(rows: Iterable[Sequence[Any]], count: int) -> Energies:
    parts: dict[tuple[int, str], list[Decimal | None]] = defaultdict(list)
    for meter, point, _, energy, scale, computed, *_ in rows:
        known = energy is not None and computed == Computed.READ
        parts[meter, point].append(decimal_of(energy, scale) if known else None)
    found: Energies = defaultdict(dict)
    for (meter, point), those in parts.items():
        whole = [one for one in those if one is not None]
        found[meter][point] = sum(whole, Decimal(0)) if len(whole) == count else None
    return found


def heard(store: Store, period: Period, numbers: Collection[int]) -> set[int]:
    """Those of these meters that have an energy forward on some day of the period; raises StoreProblem.

    Days are looked at from the last back, and of each only who was not heard of yet.
    """
    points = _points(store, {FORWARD})
    last = (period.end - timedelta(microseconds=1)).date()
    silent = sorted(numbers)
    for day in reversed(list(days(period.start.date(), last, store.zone))) if points else ():
        if not silent:
            break
        found: set[int] = set()
        for first in range(0, len(silent), _CHUNK):
            known = daily(store, [micros(day.start)], silent[first : first + _CHUNK], min(points))
            found |= {
                meter for meter, its in known.items() if any(one is not None for one, _ in its.values())
            }
        silent = [number for number in silent if number not in found]
    return set(numbers).difference(silent) if points else set()


def _points(store: Store, wanted: Collection[str]) -> dict[int, str]:
    return {number: code for number, code in store.ask("point_ids", []) if code in wanted}
