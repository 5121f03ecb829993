"""What became of a dump: counts that add up, every row that was not taken, and what a person should look at."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from gateway.dumps.words import told
from protocols.dumps.record import Bad
from protocols.dumps.spec import Spec

__all__ = ["MOST_FINDINGS", "MOST_QUARANTINED", "Note", "Report"]

MOST_QUARANTINED = 100_000
MOST_FINDINGS = 20_000
"""Beyond these only the counts go on: a file cannot fill the memory with its own faults."""


_PLAIN = (
    "file", "size", "sha256", "format", "profile", "encoding", "rows", "accepted", "unread", "failed", "quarantined",
    "duplicates", "withheld", "deleted", "exchanges", "meters", "committed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """Something in one row that a person should look at; `text` says what, in the reader's language."""

    rule: str
    severity: int
    line: int
    offset: int | None
    meter: str
    point: str
    value: str
    limit: str
    text: str


@dataclass(slots=True, kw_only=True)
class Report:
    """The report of one file.

    rows = accepted + unread + quarantined + duplicates + withheld. `unread` counts rows that were not read or
    failed; `failed` of them failed. `withheld` are good rows of a file that is refused as a whole, for a reason in
    `refused`. `accepted` are rows that are, or without `committed` would be, taken. `receipt` names the import;
    `repeated` is the receipt of the earlier import of the same content.
    """

    file: str
    size: int = 0
    sha256: str = ""
    format: str = ""
    profile: str = ""
    encoding: str = ""
    rows: int = 0
    accepted: int = 0
    unread: int = 0
    failed: int = 0
    quarantined: int = 0
    duplicates: int = 0
    withheld: int = 0
    deleted: int = 0
    exchanges: int = 0
    meters: int = 0
    unknown: dict[str, int] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    quarantine: list[Bad] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    facts: dict[str, str] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    committed: bool = False
    receipt: str = ""
    repeated: str = ""
    spec: Spec | None = None

    @property
    def ok(self) -> bool:
        """Whether the file may be, or was, taken."""
        return not self.refused

    def put_aside(self, bad: Bad) -> None:
        """Count a row into quarantine."""
        self.quarantined += 1
        self.reasons[bad.reason] += 1
        if len(self.quarantine) < MOST_QUARANTINED:
            self.quarantine.append(bad)

    def note(self, note: Note) -> None:
        """Keep what a rule said."""
        self.rules[note.rule] += 1
        if len(self.notes) < MOST_FINDINGS:
            self.notes.append(note)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Report":
        """The report that another process wrote."""
        plain = {name: told[name] for name in _PLAIN}
        report = cls(**plain, receipt=told["receipt"] or "", repeated=told["repeated"] or "")
        report.unknown = dict.fromkeys(told["unknown"], 1)
        report.refused = [(one["reason"], one["detail"]) for one in told["refused"]]
        report.remarks = [(one["reason"], one["detail"]) for one in told["remarks"]]
        report.quarantine = [
            Bad(one["line"], one["offset"], one["reason"], one["field"] or "", one["value"])
            for one in told["quarantine"]
        ]
        report.notes = [Note(**one) for one in told["findings"]]
        report.rules, report.states = Counter(told["rules"]), Counter(told["states"])
        times = (told["first"], told["last"])
        report.first, report.last = (datetime.fromisoformat(text) if text else None for text in times)
        return report

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; keys are fixed."""
        head, lists = self._head(), self._lists()
        return head | {name: list(rows) for name, rows in lists.items()}

    def json_pieces(self) -> Iterator[str]:
        """The same as text, in pieces: a report of many rows need not be built as a whole."""
        text = json.dumps(self._head(), ensure_ascii=False)
        yield text[:-1]
        for name, rows in self._lists().items():
            yield f', "{name}": ['
            for place, row in enumerate(rows):
                yield (", " if place else "") + json.dumps(row, ensure_ascii=False)
            yield "]"
        yield "}"

    def _head(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "ok": self.ok,
            "committed": self.committed,
            "receipt": self.receipt or None,
            "repeated": self.repeated or None,
            "size": self.size,
            "sha256": self.sha256,
            "format": self.format,
            "profile": self.profile,
            "encoding": self.encoding,
            "rows": self.rows,
            "accepted": self.accepted,
            "unread": self.unread,
            "failed": self.failed,
            "quarantined": self.quarantined,
            "duplicates": self.duplicates,
            "withheld": self.withheld,
            "deleted": self.deleted,
            "exchanges": self.exchanges,
            "meters": self.meters,
            "unknown_meters": len(self.unknown),
            "unknown": list(self.unknown),
            "states": dict(self.states),
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "refused": [_reason(*pair) for pair in self.refused],
            "remarks": [_reason(*pair) for pair in self.remarks],
            "rules": dict(self.rules),
        }

    def _lists(self) -> dict[str, Iterator[dict[str, Any]]]:
        return {
            "quarantine": (
                {
                    "line": bad.line,
                    "offset": bad.offset,
                    "reason": bad.reason,
                    "field": bad.field or None,
                    "value": bad.text,
                    "text": told(bad.reason),
                }
                for bad in self.quarantine
            ),
            "findings": (asdict(note) for note in self.notes),
        }


def _reason(reason: str, detail: str) -> dict[str, str]:
    return {"reason": reason, "detail": detail, "text": told(reason)}
