"""What the master makes of a history: store, processing, and what follows from them.

Conclusions are drawn from the database alone; what is true is only held against them at the end.
"""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.archive import Archive
from gateway.archived import tables_of
from gateway.clock import Clock, SystemClock
from gateway.master.archive.keep import keep
from gateway.master.process.run import Processor
from gateway.master.report import brought, due
from gateway.master.stores import store_of
from gateway.master.stores.base import Store
from gateway.report.success import success
from gateway.story.collecting import Collected, collect
from gateway.story.told import KINDS, Chapter, Story, Told

__all__ = ["chapters", "tell"]

_SUSPICIOUS = 2
_MORNING = timedelta(hours=7)
_TOLD = (
    "file",
    "ok",
    "committed",
    "receipt",
    "profile",
    "rows",
    "accepted",
    "quarantined",
    "states",
    "rules",
)
"""What a story tells of the importer's report."""

_Found = dict[str, tuple[str, str]]
"""By kind: the object, and what found it."""
_Rows = Mapping[str, Mapping[str, Sequence[Any]]]


class _At:
    """A clock that stands where the history ends, for a run that is timed by the machine's."""

    def __init__(self, now: datetime) -> None:
        self._now, self._real = now, SystemClock()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._real.monotonic()

    def synced(self) -> bool:
        return True


def tell(told: Told, database: str) -> Story:
    """Collect a history, process it in a database and conclude; raises StoreProblem, OutboxError, OSError."""
    began = time.monotonic()
    name = told.loaded.settings.gateway.name
    with closing(store_of(database)) as store:
        store.connect()
        keep(store, name, told.loaded.digest, tables_of(told.loaded.archive), told.begin)
        collected = collect(told, store.write)
        clock: Clock = _At(max(collected.now or told.end, told.end + _MORNING))
        Processor(store, clock).run()
        return _summary(store, told, collected, began)


def _summary(store: Store, told: Told, collected: Collected, began: float) -> Story:
    archive = told.loaded.archive
    has = Counter((meter, point, at) for meter, point, at, _ in store.stored())
    rows = {meter: _findings(store, meter) for meter in archive.by_asset}
    nodes = [_findings(store, f"{node.kind}:{node.code}") for node in archive.nodes]
    rules = Counter(rule for found in (*rows.values(), *nodes) for rule in found)
    return Story(
        meters=len(archive.meters),
        readings_accepted=len(collected.accepted),
        readings_committed=sum(has.values()),
        lost=len(collected.accepted - has.keys()),
        duplicates=sum(count - 1 for count in has.values()),
        findings=rules.total(),
        findings_by_rule=dict(sorted(rules.items())),
        story=chapters(store, told),
        first=_days(told)[0].isoformat(),
        last=_days(told)[1].isoformat(),
        named=_named(rows, archive),
        outcomes=_outcomes(store, told),
        imported=_imported(collected),
        seconds=round(time.monotonic() - began, 1),
    )


def chapters(store: Store, told: Told) -> list[Chapter]:
    """What the database says happened, held against what is true; raises StoreProblem."""
    rows = {meter: _findings(store, meter) for meter in told.loaded.archive.by_asset}
    found = {**_of_meters(rows), **_of_collection(store, told)}
    return [_chapter(kind, found, told.truth) for kind in KINDS if kind in found or kind in told.truth]


def _imported(collected: Collected) -> dict[str, Any]:
    report = collected.report
    if report is None:
        return {}
    return {key: value for key, value in report.as_json().items() if key in _TOLD}


def _chapter(kind: str, found: _Found, truth: Mapping[str, str]) -> Chapter:
    what, by = found.get(kind, ("", ""))
    return Chapter(kind, what, bool(what) and truth.get(kind) == what, by)


def _days(told: Told) -> tuple[Any, Any]:
    """The first and the last data day."""
    zone = ZoneInfo(told.loaded.settings.gateway.timezone)
    return told.begin.astimezone(zone).date(), (told.end - timedelta(seconds=1)).astimezone(zone).date()


def _findings(store: Store, meter: str) -> dict[str, Sequence[Any]]:
    """The weightiest finding of each rule about a meter."""
    rows = sorted(store.ask("review_findings", [meter]), key=lambda row: int(row[4]))
    return {row[0]: row for row in rows}


def _named(rows: _Rows, archive: Archive) -> dict[str, list[str]]:
    """Customers whom a rule calls suspicious, by rule."""
    supply = {one.meter for one in archive.relations if one.side == "supply"}
    named: dict[str, list[str]] = defaultdict(list)
    for meter, said in sorted(rows.items()):
        for rule, row in said.items():
            if row[4] >= _SUSPICIOUS and meter not in supply:
                named[rule].append(meter)
    return dict(sorted(named.items()))


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
    first, last = _days(told)
    zone = ZoneInfo(told.loaded.settings.gateway.timezone)
    rows = success(due(store, first, last, ["daily"]), {}, zone, ["target"])
    silent = [row for row in rows if row.first_run == 0 and row.headline]
    if silent:
        said = "; ".join(
            f"meterd success --day {row.day}: {row.first_run:.0%}, {row.headline:.0%}, {row.after_rereads:.0%}"
            for row in silent
        )
        found["silent_concentrator"] = " ".join(sorted({row.key for row in silent})), said
    slots = {one.slot for one in due(store, first, last, ["daily"])}
    by_hand = {one for slot in slots for one in brought(store, slot)}
    if by_hand:
        origins = ", ".join(sorted({origin for _, origin in by_hand}))
        found["hand_held_filled"] = " ".join(sorted({meter for meter, _ in by_hand})), f"origin {origins}"
    return found


def _outcomes(store: Store, told: Told) -> dict[str, int]:
    """What the reports of slots say of meters, over all slots; one that was missing and came counts in both."""
    count: Counter[str] = Counter()
    bounds = [at.isoformat() for at in (told.begin - timedelta(days=1), told.end + timedelta(days=1))]
    for _, _, _, outcomes in store.ask("report_slots", bounds):
        told_ = json.loads(outcomes) if isinstance(outcomes, str) else outcomes
        count.update(outcome for _, outcome in told_)
    return dict(sorted(count.items()))
