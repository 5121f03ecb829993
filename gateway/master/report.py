"""The figures of reports as the master has them: losses, who was due and when it came, usual energies."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD
from gateway.master.rows import shift
from gateway.master.stores.base import Store
from gateway.report.rows import LossRow
from gateway.report.success import Due, data_day

__all__ = ["brought", "due", "findings_by_day", "last_day", "losses", "placed", "weights"]

_SPANS = {Span.DAY: 2, Span.MONTH: 3}
_MILLION = Decimal(1_000_000)
_PRESENT = frozenset({"ok", "partial", "backfilled"})
_WEIGHT_DAYS = 28
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(day: date, store: Store) -> int:
    return (datetime.combine(day, time(), store.zone) - _EPOCH) // timedelta(microseconds=1)


def losses(
    store: Store, span: Span, first: date, last: date, *, kind: str = "", codes: Sequence[str] = ()
) -> list[LossRow]:
    """Losses of days or months that begin from `first` to `last`, the latest version of each, by node and time.

    Raises StoreProblem.
    """
    after = last + timedelta(days=1)
    found = store.ask("report_losses", [_SPANS[span], _micros(first, store), _micros(after, store), kind])
    wanted = set(codes)
    return [_loss(row, span, store) for row in found if not wanted or row[1] in wanted]


def _loss(row: tuple[Any, ...], span: Span, store: Store) -> LossRow:
    kind, code, start, scale, *rest = row
    begin = shift(start).astimezone(store.zone)
    energies = [None if value is None else Decimal(value).scaleb(-scale) for value in rest[:4]]
    rates = [None if value is None else Decimal(value) / _MILLION for value in rest[4:8]]
    state, reason, due_, present, estimated, skew = rest[8:]
    return LossRow(
        kind=kind,
        code=code,
        day=begin.date(),
        supply_kwh=energies[0],
        sale_kwh=energies[1],
        loss_kwh=energies[2],
        bound_kwh=energies[3],
        loss_rate=rates[0],
        loss_rate_low=rates[1],
        loss_rate_high=rates[2],
        coverage=rates[3],
        state=state,
        reason=reason,
        due=due_,
        present=present,
        estimated=estimated,
        skew_seconds=skew,
        hours=period_of(begin, span).hours,
    )


def findings_by_day(store: Store, kind: str, code: str, first: date, last: date) -> dict[date, int]:
    """How many rules of the second review hit a node and its members, by day from `first` to `last`.

    Raises StoreProblem.
    """
    places = placed(store.ask("report_places", [last.isoformat()]))
    members = [meter for meter, (line, area) in places.items() if code == (line if kind == "line" else area)]
    asked = [(name, first.isoformat()) for name in (f"{kind}:{code}", *sorted(members))]
    days = [date.fromisoformat(row[2]) for row in store.ask("hits_since", asked, span=_SPANS[Span.DAY])]
    return dict(Counter(day for day in days if day <= last))


def due(store: Store, first: date, last: date, tasks: Iterable[str] = ()) -> Iterator[Due]:
    """Everybody who was due on these data days, with the instant at which a value that counts was read.

    Raises StoreProblem.
    """
    zone = store.zone
    bounds = [datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1))]
    texts = [at.astimezone(UTC).isoformat(timespec="microseconds") for at in bounds]
    places = placed(store.ask("report_places", [last.isoformat()]))
    wanted = set(tasks)
    outcomes: dict[tuple[str, str, datetime], dict[str, str]] = {}
    for task, target, slot, told in store.ask("report_slots", texts):
        if wanted and task not in wanted:
            continue
        at = datetime.fromisoformat(slot) if isinstance(slot, str) else slot
        known = outcomes.setdefault((task, target, at.astimezone(UTC)), {})
        for meter, outcome in json.loads(told) if isinstance(told, str) else told:
            if known.get(meter) not in _PRESENT:
                known[meter] = outcome
    arrived = _arrivals(store, {at for _, _, at in outcomes})
    for (task, target, at), meters in outcomes.items():
        for meter, outcome in meters.items():
            line, transformer = places.get(meter, ("", ""))
            yield Due(
                meter=meter,
                task=task,
                target=target,
                slot=at,
                arrived=arrived.get((meter, at)),
                outcome=outcome,
                transformer=transformer,
                line=line,
            )


def last_day(store: Store) -> date | None:
    """The last data day of which a slot was reported, None where none ever was; raises StoreProblem."""
    [(slot,)] = store.ask("report_last_slot", [])
    if slot is None:
        return None
    at = datetime.fromisoformat(slot) if isinstance(slot, str) else slot
    return data_day(at, store.zone)


def _arrivals(store: Store, instants: set[datetime]) -> dict[tuple[str, datetime], datetime]:
    wanted = sorted((at - _EPOCH) // timedelta(microseconds=1) for at in instants)
    rows = store.ask("report_arrivals", wanted) if wanted else []
    return {(meter, shift(at)): shift(read) for meter, at, read in rows}


def brought(store: Store, at: datetime) -> list[tuple[str, str]]:
    """Meters with a value of this instant that counts and came by a hand-held unit, with its origin.

    Raises StoreProblem.
    """
    wanted = [(at - _EPOCH) // timedelta(microseconds=1)]
    return [(meter, origin) for meter, origin in store.ask("report_brought", wanted)]


def placed(rows: Iterable[tuple[Any, ...]]) -> dict[str, tuple[str, str]]:
    """Line and transformer of each meter, from its relations, the archive that goes before last."""
    found: dict[str, tuple[str, str]] = {}
    for meter, kind, code, line in rows:
        now = found.get(meter, ("", ""))
        found[meter] = (code, now[1]) if kind == "line" else (now[0] or line, code)
    return found


def weights(store: Store, before: date) -> dict[str, float]:
    """Mean daily forward energy of each meter over the four weeks before a day, in kWh; raises StoreProblem."""
    since = _micros(before - timedelta(days=_WEIGHT_DAYS), store)
    rows = store.ask("report_weights", [FORWARD, since, _micros(before, store)])
    return {meter: float(mean) for meter, mean in rows if mean is not None}
