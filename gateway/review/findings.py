"""The life of findings: one for one cause at one object, extended while it lasts, cleared when it is gone.

open -> confirmed -> cleared -> closed. A cause that comes back within a day of clearing reopens its finding.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Protocol

from config.archive import Meter
from config.text import say
from gateway.finding import Finding
from gateway.review.view import Hit

__all__ = ["Book", "Cause"]

_QUIET = timedelta(days=1)


class Cause(Protocol):
    """What a finding is of: a rule of the first review, or one on what stands in a dump."""

    @property
    def id(self) -> str:
        """The rule's name."""
        ...

    @property
    def en(self) -> str:
        """What to look at, in English."""
        ...

    @property
    def zh(self) -> str:
        """What to look at, in Chinese."""
        ...


class Book:
    """Findings that are not closed."""

    def __init__(self) -> None:
        self._open: dict[str, Finding] = {}
        self._meters: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return sum(1 for _ in self.lasting())

    def lasting(self) -> Iterator[Finding]:
        """Findings whose cause is still there."""
        return (finding for finding in self._open.values() if finding.state in {"open", "confirmed"})

    def watched(self, meter: str) -> bool:
        """Whether this meter has a finding that a good value may clear."""
        return meter in self._meters

    def hit(self, rule: Cause, meter: Meter, point: str, hit: Hit, at: datetime) -> Finding | None:
        """A rule's verdict at an object; returns what is to be published, None if it only extends quietly."""
        key = f"{rule.id}:{meter.asset_no}:{point}"
        known = self._open.get(key)
        state = "confirmed" if hit.sure or (known is not None and known.state == "confirmed") else "open"
        if known is None:
            finding = Finding(
                key=key,
                rule=rule.id,
                meter=meter.asset_no,
                point=point,
                began=at,
                ended=None,
                severity=hit.severity,
                state=state,
                value=hit.value,
                limit=hit.limit,
                check=say(rule.en, rule.zh),
                source=meter.target,
            )
            self._put(finding)
            return finding
        finding = replace(
            known,
            ended=None,
            severity=hit.severity,
            state=state,
            value=hit.value,
            limit=hit.limit,
            count=known.count + 1,
        )
        self._put(finding)
        changed = (known.state, known.severity) != (finding.state, finding.severity)
        return finding if changed or finding.count & (finding.count - 1) == 0 else None

    def passed(self, rule: str, meter: str, point: str, at: datetime) -> Finding | None:
        """The rule found nothing at this object: its finding clears; returns it if that is news."""
        known = self._open.get(f"{rule}:{meter}:{point}")
        if known is None or known.state == "cleared":
            return None
        finding = replace(known, state="cleared", ended=at)
        self._put(finding)
        return finding

    def sweep(self, target: str, now: datetime) -> list[Finding]:
        """Close what stayed clear for a day at this target."""
        old = [
            finding
            for finding in self._open.values()
            if finding.source == target and finding.ended is not None and now - finding.ended >= _QUIET
        ]
        for finding in old:
            self._drop(finding)
        return [replace(finding, state="closed") for finding in old]

    def forget(self, meters: set[str], now: datetime) -> list[Finding]:
        """Close what belongs to meters that left the archive."""
        gone = [finding for finding in self._open.values() if finding.meter in meters]
        for finding in gone:
            self._drop(finding)
        return [replace(finding, state="closed", ended=finding.ended or now) for finding in gone]

    def pack(self, target: str) -> bytes:
        """Findings of one target as a blob."""
        packer = zlib.compressobj()
        parts, between = [packer.compress(b"[")], ""
        for finding in self._open.values():  # one by one: thousands as one text would be many MiB
            if finding.source == target:
                text = json.dumps(asdict(finding), default=datetime.isoformat, ensure_ascii=False)
                parts.append(packer.compress((between + text).encode()))
                between = ","
        return b"".join((*parts, packer.compress(b"]"), packer.flush()))

    def unpack(self, blob: bytes) -> None:
        """Take up the findings of a blob."""
        for row in json.loads(zlib.decompress(blob)):
            began, ended = row.pop("began"), row.pop("ended")
            self._put(
                Finding(
                    **row,
                    began=datetime.fromisoformat(began),
                    ended=datetime.fromisoformat(ended) if ended else None,
                )
            )

    def _put(self, finding: Finding) -> None:
        self._open[finding.key] = finding
        self._meters.setdefault(finding.meter, set()).add(finding.key)

    def _drop(self, finding: Finding) -> None:
        del self._open[finding.key]
        keys = self._meters[finding.meter]
        keys.discard(finding.key)
        if not keys:
            del self._meters[finding.meter]
