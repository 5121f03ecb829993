"""What the gateway and the master make of a history: first review, store, processing, and what they conclude.

Conclusions are drawn from the database alone; what is true is only held against them at the end.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Archive
from gateway import payload
from gateway.archived import tables_of
from gateway.finding import Finding, SlotReport
from gateway.master.archive.keep import keep
from gateway.master.process.run import Processor
from gateway.master.report import brought, due
from gateway.master.stores import store_of
from gateway.master.stores.base import Store
from gateway.report.success import success
from gateway.review.reviewer import Reviewer
from protocols.reading import Reading

__all__ = ["KINDS", "Chapter", "Story", "Told", "tell"]

KINDS = ("theft", "wrong_multiplier", "reverse_running", "silent_concentrator", "hand_held_filled")
_NAME = "demo"
_BATCH = 200
_MORNING = timedelta(hours=7)
_SUSPICIOUS = 2

_Found = dict[str, tuple[str, str]]
"""By kind: the object, and what found it."""
_Rows = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A history: answers in the order in which they came, slots as they closed, and the truth by kind."""

    archive: Archive
    zone: ZoneInfo
    begin: datetime
    days: int
    answers: Sequence[tuple[Reading, ...]]
    slots: Sequence[SlotReport]
    truth: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that may have happened: the object concluded, whether that is the true one, and what found it."""

    kind: str
    object: str
    found: bool
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The summary of a story; counts as in the summary of the live demonstration."""

    meters: int
    readings_accepted: int
    readings_committed: int
    lost: int
    duplicates: int
    findings: int
    story: list[Chapter]
    findings_by_rule: dict[str, int]
    bus_utilisation: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing twice, and everything that happened was found."""
        return not (self.lost or self.duplicates) and all(one.found for one in self.story)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class _Then:
    """A clock that stands where the history is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def synced(self) -> bool:
        return True

    async def sleep_until(self, at: datetime) -> None:
        self.at = at


def tell(told: Told, folder: Path) -> Story:
    """Feed a history through the first review into a database in `folder`, process it and conclude.

    Raises StoreProblem.
    """
    clock = _Then(told.begin)
    readings, first = _reviewed(told, clock)
    with closing(store_of(f"sqlite:///{folder / 'story.db'}")) as store:
        store.connect()
        keep(store, _NAME, "story", tables_of(told.archive), told.begin)
        store.write(list(_batches(readings, first, told.slots)), clock.now())
        clock.at = max(clock.at, told.begin + timedelta(days=told.days) + _MORNING)
        Processor(store, clock).run()
        return _summary(store, told, readings)


def _reviewed(told: Told, clock: _Then) -> tuple[list[Reading], list[Finding]]:
    reviewer = Reviewer(told.archive, {}, clock, told.zone)
    readings: list[Reading] = []
    findings: list[Finding] = []
    for answer in told.answers:
        clock.at = answer[0].read_at
        meter = told.archive.by_asset[answer[0].meter]
        done, said = reviewer.judge(meter, answer, address=meter.address)
        readings += done
        findings += said
    return readings, findings


def _batches(*kinds: Iterable[Any]) -> Iterator[payload.Batch]:
    number = 0
    for kind, records in zip(("reading", "finding", "slot"), kinds, strict=True):
        for part in _parts(records):
            number += 1
            rows = payload.rows_of(kind, part)
            yield payload.decode(payload.encode(_NAME, "story", number, kind, rows))


def _parts(records: Iterable[Any]) -> Iterator[list[Any]]:
    left = list(records)
    return (left[place : place + _BATCH] for place in range(0, len(left), _BATCH))


def _summary(store: Store, told: Told, readings: Sequence[Reading]) -> Story:
    has = Counter((meter, point, at) for meter, point, at, _ in store.stored())
    took = {(one.meter, one.point, one.at) for one in readings}
    rows = {meter: _findings(store, meter) for meter in told.archive.by_asset}
    nodes = [_findings(store, f"{node.kind}:{node.code}") for node in told.archive.nodes]
    rules = Counter(rule for found in (*rows.values(), *nodes) for rule in found)
    found = {**_of_meters(rows), **_of_collection(store, told)}
    return Story(
        meters=len(told.archive.meters),
        readings_accepted=len(readings),
        readings_committed=sum(has.values()),
        lost=len(took - has.keys()),
        duplicates=sum(count - 1 for count in has.values()),
        findings=rules.total(),
        findings_by_rule=dict(rules),
        story=[_chapter(kind, found, told.truth) for kind in KINDS if kind in found or kind in told.truth],
    )


def _chapter(kind: str, found: _Found, truth: Mapping[str, str]) -> Chapter:
    what, by = found.get(kind, ("", ""))
    return Chapter(kind, what, bool(what) and truth.get(kind) == what, by)


def _findings(store: Store, meter: str) -> dict[str, Sequence[Any]]:
    """The weightiest finding of each rule about a meter."""
    rows = sorted(store.ask("review_findings", [meter]), key=lambda row: int(row[4]))
    return {row[0]: row for row in rows}


def _of_meters(rows: _Rows) -> _Found:
    """A rule that names one cause explains a meter before the regression, to which all causes look alike."""
    found: _Found = {}
    for kind, rule, unless in (
        ("wrong_multiplier", "P007", ()),
        ("reverse_running", "R027", ()),
        ("theft", "P040", ("P007", "R027")),
    ):
        named = {
            meter: said[rule]
            for meter, said in rows.items()
            if rule in said and said[rule][4] >= _SUSPICIOUS and not said.keys() & set(unless)
        }
        if named:
            said = "; ".join(f"{rule}: {row[6]} ({row[7]})" for _, row in sorted(named.items()))
            found[kind] = " ".join(sorted(named)), said
    return found


def _of_collection(store: Store, told: Told) -> _Found:
    """Concentrators that had nothing at the first cut-off and something later, and who was read by hand then."""
    found: _Found = {}
    first = told.begin.astimezone(told.zone).date()
    last = first + timedelta(days=told.days - 1)
    rows = success(due(store, first, last), {}, told.zone, ["target"])
    silent: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for row in rows:
        if row.first_run == 0 and row.headline:
            said = f"{row.first_run:.0%}, {row.headline:.0%}, {row.after_rereads:.0%}"
            silent[row.key].append((row.day, said))
    if silent:
        said = "; ".join(
            f"meterd success --day {day}: {share}" for days in silent.values() for day, share in days
        )
        found["silent_concentrator"] = " ".join(sorted(silent)), said
    by_hand = {one for slot in {one.slot for one in told.slots} for one in brought(store, slot)}
    if by_hand:
        origins = ", ".join(sorted({origin for _, origin in by_hand}))
        found["hand_held_filled"] = " ".join(sorted({meter for meter, _ in by_hand})), f"origin {origins}"
    return found
