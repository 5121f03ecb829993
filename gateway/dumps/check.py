"""The pure check of a file: what it is, what would be taken of it, and what is wrong with which line."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.dumps import formats
from drivers.dumps.files import Limits, opened
from gateway.dumps.examine import Judged, Judging, Pass
from gateway.dumps.judged import answers, reviewed
from gateway.dumps.report import Report
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Notes, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean

__all__ = ["Judging", "Shape", "check", "walk", "zone_of"]

_STEP = 2_000
_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How files are read: the profiles to choose from, the one that is wanted, the zone of local times, limits."""

    profiles: tuple[Spec, ...]
    tz: ZoneInfo
    wanted: Spec | None = None
    limits: Limits = _LIMITS


Progress = Callable[[int], None]
"""Told now and then how many rows are done."""


def check(path: Path, shape: Shape, judging: Judging, progress: Progress = lambda _rows: None) -> Report:
    """The report of a file, taking nothing. Never raises for what stands in the file."""
    report = Report(file=clean(path.name))
    rows = _telling(walk(path, shape, judging, report), report, progress)
    if judging.reviewer is None:
        deque(rows, maxlen=0)
    else:
        read = (one for one in rows if one.row.status is Status.READ and one.meter is not None)
        for together in answers(read):
            reviewed(together, judging.reviewer, judging.now, report)
    progress(report.rows)
    return report


def _telling(rows: Iterator[Judged], report: Report, progress: Progress) -> Iterator[Judged]:
    for one in rows:
        if report.rows % _STEP == 0:
            progress(report.rows)
        yield one


def walk(path: Path, shape: Shape, judging: Judging, report: Report) -> Iterator[Judged]:
    """The rows to keep, while the report fills; a file that cannot be read on ends it with a reason."""
    notes = Notes()
    judge: Pass | None = None
    try:
        with opened(path, shape.limits) as file:
            report.size, report.sha256 = file.size, file.sha256()
            spec = formats.choose(file, shape.profiles, shape.wanted)
            spec = replace(spec, newest=judging.now.astimezone(zone_of(spec, shape.tz)).date())
            report.profile, report.format, report.spec = spec.name, spec.format, spec
            judge = Pass(judging, spec, report)
            yield from judge.run(formats.rows(file, spec, zone_of(spec, shape.tz), notes))
            if not report.rows and not notes.refusals:
                notes.refuse("empty")
    except DumpError as error:
        notes.refuse(error.reason, error.detail)
    if judge is not None:
        judge.conclude(notes)
    else:
        report.refused += notes.refusals


def zone_of(spec: Spec, tz: tzinfo) -> tzinfo:
    """The zone of local times in a file: the profile's, else the gateway's."""
    name = spec.timezone
    if not name:
        return tz
    if name[0] in "+-":
        hours, _, minutes = name[1:].partition(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if name[0] == "-" else offset)
    return ZoneInfo(name)
