"""Meter exchanges that a hand-held brought: complete ones become records, kept beside the archive's own.

An exchange is complete with its time, the new meter, and for every register that the old one has its final and the
new one's initial value. Without them the period cannot be computed, so nothing is recorded and a person is told.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from config.archive import Exchange, Meter
from config.text import say
from gateway.dumps.match import Matcher, Unmatched
from gateway.dumps.recorded import EXCHANGES, recorded
from gateway.dumps.report import Note
from protocols.dumps.record import Row
from protocols.points import find
from protocols.reading import Flag, Origin, Reading

__all__ = ["Collector", "append", "finals_and_initials", "fresh_of"]

_TOTAL = "1-0:1.8.0"


@dataclass(slots=True)
class _Told:
    """What the rows of one exchange told so far."""

    row: Row
    old: Meter
    new_asset: str
    at: datetime
    finals: dict[str, Decimal] = field(default_factory=dict)
    initials: dict[str, Decimal] = field(default_factory=dict)
    ct: Decimal | None = None
    pt: Decimal | None = None


class Collector:
    """Gathers the exchange rows of a file, each of which tells of one register."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._told: dict[tuple[str, str, datetime], _Told] = {}

    def add(self, row: Row) -> None:
        """Take what one row tells; what lacks a time or a meter was told as a finding of its row."""
        swap = row.swap
        if swap is None or swap.at is None or not swap.new_asset:
            return
        try:
            old = self._matcher.find(row)
        except Unmatched:
            return
        told = self._told.setdefault(
            (old.asset_no, swap.new_asset, swap.at), _Told(row, old, swap.new_asset, swap.at)
        )
        if swap.old_final is not None:
            told.finals[row.point] = swap.old_final
        if swap.new_initial is not None:
            told.initials[row.point] = swap.new_initial
        told.ct, told.pt = swap.ct or told.ct, swap.pt or told.pt

    def conclude(self) -> tuple[list[Exchange], list[Note]]:
        """The complete exchanges, and what the others lack."""
        done, notes = [], []
        for told in self._told.values():
            lacking = _lacking(told)
            if lacking:
                notes.append(_note(told, lacking))
            else:
                done.append(_exchange(told, self._new_asset(told)))
        return done, notes

    def _new_asset(self, told: _Told) -> str:
        try:
            return self._matcher.asset(told.new_asset).asset_no
        except Unmatched:
            return told.new_asset  # not in the archive yet: the number as it was read


def _lacking(told: _Told) -> list[str]:
    wanted = {_TOTAL, *(f"1-0:1.8.{tariff}" for tariff in range(1, told.old.tariffs + 1))}
    wanted |= told.finals.keys() | told.initials.keys()
    finals = [f"old:{point}" for point in sorted(wanted - told.finals.keys())]
    return finals + [f"new:{point}" for point in sorted(wanted - told.initials.keys())]


def _note(told: _Told, lacking: Sequence[str]) -> Note:
    text = say(
        "The exchange is not complete: finals and initials of all tariffs are needed, the period cannot be computed.",
        "换表记录不完整：需要全部费率的旧表止码和新表起码，该周期无法计算电量。",
    )
    row = told.row
    return Note("H008", 2, row.line, row.offset, told.old.asset_no, row.point, ", ".join(lacking), "-", text)


def _exchange(told: _Told, new_asset: str) -> Exchange:
    """Ratios that the reader did not note stay those of the old meter's place."""
    return Exchange(
        mp_no=told.old.mp_no,
        old_asset=told.old.asset_no,
        new_asset=new_asset,
        at=told.at,
        old_finals=dict(sorted(told.finals.items())),
        new_initials=dict(sorted(told.initials.items())),
        ct=told.ct or told.old.ct,
        pt=told.pt or told.old.pt,
    )


def fresh_of(folder: Path, exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Those that are not recorded yet."""
    known = {(one.old_asset, one.new_asset, one.at) for one in recorded(folder)}
    return [one for one in exchanges if (one.old_asset, one.new_asset, one.at) not in known]


def append(folder: Path, fresh: Iterable[Exchange]) -> None:
    """Record exchanges durably in the form of the archive's table."""
    path = folder / EXCHANGES
    target = path.with_name(path.name + ".new")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.open("w", encoding="utf-8") as file:
        file.write(_table([*recorded(folder), *fresh]))
        file.flush()
        os.fsync(file.fileno())
    target.replace(path)


def finals_and_initials(exchanges: Iterable[Exchange], now: datetime) -> Iterator[tuple[str, list[Reading]]]:
    """The registers of an exchange as readings of the old meter and of the new one, at its instant."""
    for one in exchanges:
        for asset, registers in ((one.old_asset, one.old_finals), (one.new_asset, one.new_initials)):
            yield asset, [_reading(asset, point, value, one.at, now) for point, value in registers.items()]


def _reading(asset: str, point: str, value: Decimal, at: datetime, now: datetime) -> Reading:
    known = find(point)
    return Reading(
        meter=asset,
        point=point,
        value=value,
        unit=known.unit if known else "",
        at=at,
        read_at=now,
        origin=Origin.HHU_KEYED,
        flags=int(Flag.EXCHANGED),
        source="handheld",
    )


def _table(exchanges: Sequence[Exchange]) -> str:
    olds = sorted({point for one in exchanges for point in one.old_finals})
    news = sorted({point for one in exchanges for point in one.new_initials})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["mp_no", "old_asset", "new_asset", "at", "ct", "pt"]
    writer.writerow([*head, *(f"old:{point}" for point in olds), *(f"new:{point}" for point in news)])
    for one in exchanges:
        cells = [one.mp_no, one.old_asset, one.new_asset, one.at.isoformat(), one.ct, one.pt]
        finals = [one.old_finals.get(point, "") for point in olds]
        writer.writerow([*cells, *finals, *(one.new_initials.get(point, "") for point in news)])
    return text.getvalue()
