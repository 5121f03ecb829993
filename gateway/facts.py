"""What drivers learn beside results: events of terminals, their archives and clocks, what a carrier network sees."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod

from config.archive import Meter
from drivers.surroundings import (
    AddressContested,
    ArchiveCompared,
    ClockShown,
    Fact,
    Kept,
    Observed,
    RatiosCompared,
    TerminalEvent,
)
from gateway.clock import Clock
from gateway.outbox.entry import Entry
from gateway.review.reviewer import Reviewer
from gateway.review.rules import BY_ID
from gateway.review.view import Hit

__all__ = ["CAUSES", "Cause", "FactDesk", "kept_key", "pack_kept", "unpack_kept"]

_WARN_SECONDS, _SUSPECT_SECONDS = 60, 300
_WARN, _SUSPICIOUS = 1, 2
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What a finding about equipment is of; `en` and `zh` say what to look at."""

    id: str
    en: str
    zh: str


CAUSES: Mapping[str, Cause] = {
    cause.id: cause
    for cause in (
        Cause(
            id="T001",
            en="Its archive differs from ours: compare on site, then `meterd concentrator sync`; of a carrier module "
            "set send.archive_write.",
            zh="设备档案与本方不符：现场核对后执行 `meterd concentrator sync`；载波模块则开启 send.archive_write。",
        ),
        Cause(
            id="T002",
            en="The terminal's clock is off: its freezes are taken at another time.",
            zh="终端时钟偏差：其冻结时刻不准。",
        ),
        Cause(
            id="T003",
            en="Two terminals seem to have one address: look for the second on site.",
            zh="疑似两台终端同一地址：现场查找。",
        ),
        Cause(
            id="T004",
            en="The ratios set in the terminal differ from the archive: energy would be multiplied wrongly.",
            zh="终端所设互感器变比与档案不符：电量倍率将有误。",
        ),
    )
}
"""Findings about equipment between us and the meters, by name."""


def kept_key(target: str) -> str:
    """Where what a driver finds again is saved."""
    return f"kept:{target}"


def pack_kept(kept: Kept) -> bytes:
    """As a blob for the outbox."""
    verified: dict[str, dict[int, str]] = {}
    for point, (address, at) in kept.verified.items():
        verified.setdefault(at.isoformat(), {})[point] = address
    return json.dumps({"v": 1, "verified": verified, "events": kept.events}).encode()


def unpack_kept(blob: bytes | None) -> Kept:
    """From a blob; an unknown version holds nothing."""
    saved = json.loads(blob) if blob else {}
    if saved.get("v") != 1:
        return Kept()
    verified = {
        int(point): (address, datetime.fromisoformat(at))
        for at, points in saved["verified"].items()
        for point, address in points.items()
    }
    events = saved["events"]
    return Kept(verified=verified, events=(events[0], events[1]) if events else None)


class FactDesk:
    """Takes the facts of one line's drivers and puts what follows into its sink."""

    def __init__(
        self,
        meters: Mapping[str, Meter],
        targets: Iterable[str],
        reviewer: Reviewer,
        put: Callable[[Entry], None],
        clock: Clock,
    ) -> None:
        self.kept: dict[str, Kept] = {name: Kept() for name in targets}
        self._meters = meters
        self._reviewer, self._book, self._put, self._clock = reviewer, reviewer.book, put, clock

    def tell(self, fact: Fact) -> None:
        """Take a fact."""
        self._take(fact)

    @singledispatchmethod
    def _take(self, fact: Fact) -> None:
        raise NotImplementedError(type(fact).__name__)

    @_take.register
    def _(self, fact: TerminalEvent) -> None:
        findings = tuple(self._reviewer.witness(fact.event))
        self._put(Entry(events=(fact.event,), findings=findings, saves=self._save(fact.target)))

    @_take.register
    def _(self, fact: Observed) -> None:
        """Phase and area as seen; only what contradicts the archive is a finding, and the archive stays."""
        meter = self._meters.get(fact.meter)
        if meter is None:
            return
        ours = meter.phase if fact.kind == "phase" else ""
        differs = bool(ours) and _phase(ours) != _phase(fact.value)
        self._judge("R061", meter, fact.kind, Hit(_WARN, fact.value, ours) if differs else None, fact.at)

    @_take.register
    def _(self, fact: ArchiveCompared) -> None:
        kept = self.kept[fact.target]
        kept.verified.update({pn: (address, fact.at) for pn, address in fact.verified.items()})
        self._put(Entry(saves=self._save(fact.target)))
        more = len(fact.differences) - _SHOWN
        value = "; ".join(fact.differences[:_SHOWN]) + (f"; +{more}" if more > 0 else "")
        hit = Hit(_WARN, value, "", sure=True) if fact.differences else None
        self._judge("T001", self._itself(fact.target), "", hit, fact.at)

    @_take.register
    def _(self, fact: RatiosCompared) -> None:
        value = "; ".join(fact.differences[:_SHOWN])
        hit = Hit(_SUSPICIOUS, value, "", sure=True) if fact.differences else None
        self._judge("T004", self._itself(fact.target), "", hit, fact.at)

    @_take.register
    def _(self, fact: ClockShown) -> None:
        if not self._clock.synced():
            return
        off = abs(fact.seconds)
        severity = _SUSPICIOUS if off > _SUSPECT_SECONDS else _WARN
        hit = Hit(severity, f"{fact.seconds} s", f"{_WARN_SECONDS} s", sure=True)
        self._judge("T002", self._itself(fact.target), "", hit if off > _WARN_SECONDS else None, fact.at)

    @_take.register
    def _(self, fact: AddressContested) -> None:
        hit = Hit(_SUSPICIOUS, ", ".join(fact.peers), "", sure=True)
        self._judge("T003", self._itself(fact.target), "", hit, fact.at)

    def _save(self, target: str) -> tuple[tuple[str, bytes], ...]:
        return ((kept_key(target), pack_kept(self.kept[target])),)

    def _judge(self, rule: str, meter: Meter, point: str, hit: Hit | None, at: datetime) -> None:
        cause = CAUSES.get(rule) or BY_ID[rule]
        if hit is not None:
            finding = self._book.hit(cause, meter, point, hit, at)
        else:
            finding = self._book.passed(cause.id, meter.asset_no, point, at)
        if finding is not None:
            self._put(Entry(findings=(finding,)))

    def _itself(self, target: str) -> Meter:
        """The equipment as the object of a finding."""
        return Meter(asset_no=target, address="", protocol="", target=target)


def _phase(text: str) -> str:
    """A, B, C or 1, 2, 3 alike."""
    return {"A": "1", "B": "2", "C": "3"}.get(text.strip().upper(), text.strip())
