"""One pass over a dump: each record gets its meter, its notes and its fate, and the report its counts.

The check before an import and the import itself make the same pass, so that they cannot disagree.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from config.archive import Archive, Meter
from config.schema import Dumps, Review
from config.text import say
from gateway.dumps.match import Matcher, Unmatched
from gateway.dumps.report import Note, Report
from gateway.dumps.rules import Entry, Spot, hits
from gateway.dumps.seen import Seen, key_of, number_of, print_of
from gateway.review.limits import SCALE, limits_of
from gateway.review.reviewer import Reviewer
from protocols.dumps.record import Bad, Mode, Notes, Row, Status
from protocols.dumps.spec import Spec
from protocols.reading import Origin

__all__ = ["Judged", "Judging", "Known", "Pass", "origin_of"]

Known = Callable[[int], tuple[int, int] | None]
"""What an earlier import brought under a key: the print of its value and its version."""
_DEFAULT = Dumps()
_MOST_RATES = 4096
"""Meters whose largest rate is kept: a file of a whole district must not cost memory."""
_ORIGINS = {Mode.KEYED: Origin.HHU_KEYED, Mode.BARCODE: Origin.HHU_KEYED, Mode.FILE: Origin.FILE}


def origin_of(row: Row) -> Origin:
    """Keyed by a person, read by the hand-held itself, or from a file of another system."""
    return _ORIGINS.get(row.mode, Origin.HHU_AUTO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What rows are held against; without `archive` only what a file shows by itself is judged.

    `now` aware. `known` looks up what earlier imports brought. `reviewer` is one of its own, which the check may
    use up; `bases` one that is only asked for what it accepted.
    """

    now: datetime
    settings: Dumps = _DEFAULT
    archive: Archive | None = None
    review: dict[str, Review] = field(default_factory=dict)
    known: Known = lambda _key: None
    reviewer: Reviewer | None = None
    bases: Reviewer | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that is to be kept: its meter, what rules said of it, and the version its value will have.

    `key` and `print` name its reading and its value for the register; 0 for a row that was not read.
    """

    row: Row
    meter: Meter | None
    notes: tuple[Note, ...]
    version: int = 1
    key: int = 0
    print: int = 0

    @property
    def severity(self) -> int:
        """The worst that was said."""
        return max((note.severity for note in self.notes), default=0)


class Pass:
    """Judges the records of one file into its report; yields those that are kept, read or not."""

    def __init__(self, judging: Judging, spec: Spec, report: Report) -> None:
        self._judging, self._report = judging, report
        self._matcher = Matcher(judging.archive, spec) if judging.archive is not None else None
        self._seen = Seen()
        self._meters = Seen()
        self._spots: dict[str, Spot] = {}
        self._rates: dict[str, float | None] = {}
        self._spec = spec
        self._others: dict[int, list[int]] = {}
        self._undated = False
        self.bad = 0
        self.total = Decimal(0)

    def run(self, items: Iterable[Row | Bad]) -> Iterator[Judged]:
        """Judge every record; the report's counts add up when the last one is taken."""
        for item in items:
            self._report.rows += 1
            if isinstance(item, Bad):
                self.bad += 1
                self._report.put_aside(item)
                continue
            if item.this_read is not None:
                self.total += item.this_read
            if (judged := self._row(item)) is not None:
                yield judged

    def conclude(self, notes: Notes) -> None:
        """Hold the file as a whole against its trailer and the share of bad rows."""
        report = self._report
        report.encoding, report.deleted = notes.encoding, notes.deleted
        report.facts = dict(notes.facts)
        report.refused += notes.refusals
        report.remarks += notes.remarks
        if self._undated:
            report.remarks.append(("no_time_of_day", ""))
        if self._spec.yearless:
            report.remarks.append(("no_year", ""))
        if (trailer := notes.trailer) is not None:
            if self.bad and trailer.summed:
                report.remarks.append(("sum_not_judged", ""))
            wrong = trailer.wrong(notes.records or report.rows, None if self.bad else self.total)
            report.refused += [wrong] if wrong else []
        if self.bad > self._spec.bad_share * report.rows:
            report.refused.append(("bad_share", f"{self.bad} / {report.rows} > {self._spec.bad_share:.0%}"))
        report.meters = len(self._meters)
        if report.refused:
            report.withheld, report.accepted = report.withheld + report.accepted, 0

    def _row(self, row: Row) -> Judged | None:
        report = self._report
        try:
            meter = self._meter(row)
        except Unmatched as error:
            report.unknown[error.given] = report.unknown.get(error.given, 0) + 1
            field = "asset_no" if row.asset_no else "comm_addr" if row.comm_addr else "cons_no"
            report.put_aside(Bad(row.line, row.offset, error.reason, field, error.given))
            return None
        who = meter.asset_no if meter else row.asset_no or row.comm_addr or row.cons_no
        self._meters.put(number_of(who), 0)
        if row.status is not Status.READ:
            report.unread += 1
            report.failed += row.status is Status.FAILED
            report.exchanges += row.swap is not None
            return Judged(row, meter, self._notes(row, meter) if row.swap else ())
        return self._read(row, meter)

    def _read(self, row: Row, meter: Meter | None) -> Judged | None:
        report = self._report
        who = meter.asset_no if meter else row.asset_no or row.comm_addr or row.cons_no
        if row.read_time is None or row.this_read is None:
            raise ValueError("a row that was read has a time and a value")
        key = key_of(who, row.point, row.read_time, origin_of(row))
        value = print_of(row.this_read)
        before = self._seen.put(key, value)
        earlier = self._judging.known(key)
        if value in (before, earlier[0] if earlier else None):
            report.duplicates += 1
            return None
        notes = self._notes(row, meter)
        version = 1
        if before is not None or earlier is not None:
            others = self._others.setdefault(key, [])
            if value in others:
                report.duplicates += 1
                return None
            others.append(value)
            version = (earlier[1] if earlier else before is not None) + len(others)
            notes = (*notes, self._conflict(row, who))
        for note in notes:
            report.note(note)
        report.accepted += 1
        report.exchanges += row.swap is not None
        self._undated = self._undated or not row.dated
        report.first = min(report.first or row.read_time, row.read_time)
        report.last = max(report.last or row.read_time, row.read_time)
        return Judged(row, meter, notes, version, key, value)

    def _meter(self, row: Row) -> Meter | None:
        if self._matcher is None:
            return None
        if row.swap is not None and row.swap.new_asset and row.this_read is not None:
            return self._matcher.asset(row.swap.new_asset)  # what stands there now was read
        return self._matcher.find(row)

    def _notes(self, row: Row, meter: Meter | None) -> tuple[Note, ...]:
        bases = self._judging.bases or self._judging.reviewer
        entry = Entry(
            row=row,
            now=self._judging.now,
            settings=self._judging.settings,
            meter=meter,
            rate=self._rate(meter),
            before=self._spots.get(row.reader_id),
            base=bases.base(meter.asset_no, row.point) if bases and meter else None,
            by_hand=bases.by_hand(meter.asset_no, row.point) if bases and meter else False,
        )
        who = meter.asset_no if meter else row.asset_no or row.comm_addr or row.cons_no
        notes = tuple(
            Note(rule.id, hit.severity, row.line, row.offset, who, row.point, hit.value, hit.limit,
                 say(rule.en, rule.zh))
            for rule, hit in hits(entry, reviewed=meter is not None)
        )  # fmt: skip
        if row.lat is not None and row.lon is not None and row.read_time is not None:
            self._spots[row.reader_id] = Spot(row.lat, row.lon, row.read_time)
        return notes

    def _rate(self, meter: Meter | None) -> float | None:
        if meter is None:
            return None
        if meter.asset_no not in self._rates:
            if len(self._rates) >= _MOST_RATES:
                self._rates.clear()
            review = self._judging.review.get(meter.customer_class) or self._judging.review.get("default")
            review = review or Review()
            rate = limits_of(meter, review).rate
            self._rates[meter.asset_no] = None if rate is None else rate / SCALE / review.runaway_factor
        return self._rates[meter.asset_no]

    def _conflict(self, row: Row, who: str) -> Note:
        text = say(
            "The same register and instant came with another value: compare both.",
            "同一示数同一时刻出现两个不同的值：请比对。",
        )
        return Note("R004", 2, row.line, row.offset, who, row.point, str(row.this_read), "-", text)
