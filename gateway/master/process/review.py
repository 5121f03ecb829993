"""The second review of a day: rules over customers and nodes. Hits are kept by day, findings follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from config.second import Second
from gateway.energy.period import Period
from gateway.energy.record import Computed
from gateway.finding import Finding
from gateway.master.process.codes import decimal_of, micros
from gateway.master.process.culprits import suspects_of
from gateway.master.process.history import History, daily
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Roll
from gateway.master.stores.base import Store
from gateway.review.view import Hit
from gateway.second.judge import judge, limits_for
from gateway.second.runs import findings
from gateway.second.view import Case, Subject

__all__ = ["Review"]

_DAYS = 30
_KEPT = 62
"""So many days of hits make findings."""
_MILLION = 1_000_000
_ABNORMAL = frozenset({"P031", "P034"})
_MOST_AREAS = 50
"""So many abnormal areas of a part of the run are searched; where all are abnormal, something else is wrong."""
_HOMES = frozenset({"", "household", "residential"})

_Hits = dict[tuple[str, str], Hit]


@dataclass(slots=True)
class Review:
    """Reviews one day; `last` is the latest day that has been taken up, to which findings reach."""

    store: Store
    period: Period
    limits: Mapping[str, Second]
    last: date
    hits: int = 0
    _days: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Days before this one of which there are energies; without any, rules that look back do not judge."""
        days = History(self.store, self.period).before(_DAYS)
        self._days = [start for (start,) in self.store.ask("energy_days", days)]

    def customers(self, roll: Roll, energies: Mapping[int, Decimal | None], point: int) -> None:
        """Meters of a part of the run, with their energies forward of the day; within no transaction."""
        judged = [number for number in energies if number in roll.entries]
        past = daily(self.store, self._days, judged, point) if self._days else {}
        found: _Hits = {}
        for number in judged:
            case = self._customer(roll, number, energies[number], past.get(number, {}))
            if case is not None:
                found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items()}
        self._keep([roll.entries[number].asset for number in judged], found)

    def nodes(self, balances: Sequence[Balance]) -> None:
        """Lines and transformers with their sums and loss of the day; within no transaction."""
        past = self._losses([one.node for one in balances])
        found: _Hits = {}
        abnormal: list[Balance] = []
        for one in balances:
            case = self._node(one, past.get(one.node, {}))
            hits = judge(case).hits
            found |= {(case.object, rule): hit for rule, hit in hits.items()}
            if _ABNORMAL & hits.keys() and case.subject is Subject.TRANSFORMER:
                abnormal.append(one)
        self._keep([_name(one) for one in balances], found)
        for one in abnormal[:_MOST_AREAS]:
            self._culprits(one)

    def _culprits(self, one: Balance) -> None:
        """P040: of an area whose loss is abnormal, the customers that explain it."""
        found: _Hits = {}
        for suspect in suspects_of(self.store, self.period, one):
            entry = one.entries[suspect.meter]
            case = Case(
                object=suspect.meter,
                subject=Subject.CUSTOMER,
                day=self.period.day,
                limits=limits_for(self.limits, entry.cells[2]),
                culprit=suspect.t,
                area_abnormal=True,
            )
            found |= {(case.object, rule): hit for rule, hit in judge(case).hits.items() if rule == "P040"}
        self._keep([part.meter for part in one.parts], found, gone="hits_gone_p040")

    def _customer(
        self, roll: Roll, number: int, energy: Decimal | None, past: Mapping[int, tuple[Decimal | None, str]]
    ) -> Case | None:
        entry = roll.entries[number]
        capacity = entry.cells[15]
        if not past and (energy is None or (capacity is None and entry.active)):
            return None
        series = [_float(past[start][0]) if start in past else None for start in self._days]
        how = [past[start][1] if start in past else "" for start in self._days]
        known = [value for value in series if value is not None]
        limits = limits_for(self.limits, entry.cells[2])
        size = None if capacity is None else float(capacity)
        return Case(
            object=entry.asset,
            subject=Subject.CUSTOMER,
            day=self.period.day,
            limits=limits,
            daily=(*series, _float(energy)),
            estimated_share=_estimated(series, how),
            estimates_in_row=_in_row(how) if energy is None else 0,
            active=entry.active,
            household=entry.cells[2] in _HOMES,
            large=size is not None and size >= limits.large_kva > 0,
            capacity=size,
            multiplier=float(entry.multiplier),
            usual=sum(known) / len(known) if known else None,
        )

    def _node(self, one: Balance, past: Mapping[int, Sequence[Any]]) -> Case:
        loss, kind = one.loss, one.name[0]
        supply = loss.supply
        days = History(self.store, self.period).before(_DAYS)
        rows = [past.get(start) for start in days]
        whole = bool(supply) and loss.bound is not None
        return Case(
            object=_name(one),
            subject=Subject(kind),
            day=self.period.day,
            limits=limits_for(self.limits, kind),
            daily=(*(_energy(row, 3) for row in rows), _float(supply)),
            sale_daily=(*(_energy(row, 4) for row in rows), _float(loss.sale)),
            members=loss.due,
            large=True,
            household=False,
            rates=(*(_rate(row) for row in rows), _float(loss.rate)),
            rate=_float(loss.rate),
            bound=float(loss.bound / supply) if whole and loss.bound is not None and supply else None,
            coverage_count=(loss.present + loss.estimated) / loss.due if loss.due else None,
            coverage_energy=float(loss.coverage),
            skew_seconds=float(loss.skew_seconds),
        )

    def _losses(self, nodes: Sequence[int]) -> dict[int, dict[int, Sequence[Any]]]:
        first = micros(self.period.start - timedelta(days=_DAYS))
        last = micros(self.period.start) - 1
        found: dict[int, dict[int, Sequence[Any]]] = {}
        for row in self.store.ask("losses_daily", sorted(nodes), first=first, last=last):
            found.setdefault(row[0], {})[row[1]] = row
        return found

    def _keep(self, objects: Sequence[str], found: _Hits, gone: str = "hits_gone") -> None:
        """Hits of these objects on this day, and the findings that follow with those of other days."""
        day = self.period.day.isoformat()
        rows = [
            (what, rule, day, hit.severity, hit.value, hit.limit, int(hit.sure))
            for (what, rule), hit in sorted(found.items())
        ]
        since = (self.last - timedelta(days=_KEPT)).isoformat()
        self.hits += len(rows)
        with self.store.transaction():
            self.store.ask(gone, sorted(set(objects)), day=day)
            if rows:
                self.store.ask("hits_new", rows)
            before = self.store.ask("findings_reviewed", sorted(set(objects)))
            if rows or before:
                concerned = sorted({row[0] for row in (*rows, *before)})
                self._find(self.store.ask("hits_since", concerned, day=since), before)

    def _find(self, hits: Iterable[Sequence[Any]], before: Iterable[Sequence[Any]]) -> None:
        runs: dict[tuple[str, str], dict[date, Hit]] = {}
        for what, rule, day, severity, value, limit, sure in hits:
            on = date.fromisoformat(day)
            runs.setdefault((rule, what), {})[on] = Hit(severity, value, limit, bool(sure))
        zone = self.store.zone
        made = [
            _cells(one)
            for (rule, what), days in sorted(runs.items())
            for one in findings(rule, what, days, max(self.last, *days), zone)
        ]
        there = {(row[1], row[2]) for row in made}
        oldest = datetime.combine(self.last - timedelta(days=_KEPT - 1), time(), zone)
        gone = [
            (key, began)
            for _, key, began, state in before
            if (key, _utc(began)) not in there
            and state != "closed"
            and datetime.fromisoformat(_utc(began)) >= oldest
        ]
        if made:
            self.store.ask("findings_second", made)
        if gone:
            self.store.ask("findings_withdrawn", gone)


def _cells(one: Finding) -> tuple[Any, ...]:
    """gateway, key, began, rank and the other cells of `finding_row`."""
    began = _utc(one.began.isoformat())
    ended = None if one.ended is None else _utc(one.ended.isoformat())
    head = (0, one.key, began, one.count, ended, one.rule, one.meter, one.point, one.severity, one.state)
    return (*head, one.value, one.limit, one.check, one.count, one.source)


def _utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")


def _name(one: Balance) -> str:
    return f"{one.name[0]}:{one.name[1]}"


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _estimated(series: Sequence[float | None], how: Sequence[str]) -> float | None:
    """Estimated part of the energy of the days before; None without any."""
    whole = sum(value for value in series if value is not None)
    part = sum(
        value
        for value, said in zip(series, how, strict=True)
        if value is not None and said == Computed.ESTIMATED
    )
    return part / whole if whole > 0 else None


def _in_row(how: Sequence[str]) -> int:
    """So many days up to the one that is judged, which was not read, were not read either but estimated."""
    count = 1
    for said in reversed(how):
        if said != Computed.ESTIMATED:
            break
        count += 1
    return count


def _energy(row: Sequence[Any] | None, place: int) -> float | None:
    return None if row is None or row[place] is None else float(decimal_of(row[place], row[5]))


def _rate(row: Sequence[Any] | None) -> float | None:
    return None if row is None or row[2] is None else row[2] / _MILLION
