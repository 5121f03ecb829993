"""What must hold after a fault: conservation, no invention, integrity, and that the fault really happened.

Accepted is what the gateway's outbox ever took (it keeps committed batches); committed is what the master's
table holds; said is what the simulated meters really answered.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from simulators.witness import Witness

Key = tuple[str, str, str]
"""Meter, point and instant in UTC as text."""


@dataclass
class Verdict:
    """Everything found; `ok` says whether it is as it must be."""

    accepted: int = 0
    committed: int = 0
    lost: list[Key] = field(default_factory=list)
    duplicated: list[Key] = field(default_factory=list)
    invented: list[tuple[Key, Decimal]] = field(default_factory=list)
    wrong: list[tuple[Key, Decimal, Decimal]] = field(default_factory=list)
    unknown: list[Key] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.lost or self.duplicated or self.invented or self.wrong or self.unknown)

    def __str__(self) -> str:
        parts = [f"accepted {self.accepted}, committed {self.committed}"]
        for name in ("lost", "duplicated", "invented", "wrong", "unknown"):
            found = getattr(self, name)
            if found:
                parts.append(f"{name} {len(found)}: {found[:5]}")
        return "; ".join(parts)


Rows = list[tuple[Key, Decimal | None]]


def judge(accepted: Rows, committed: Rows, witness: Witness | None) -> Verdict:
    """Hold what the outbox accepted and what the meters said against what the master has."""
    verdict = Verdict(accepted=len(accepted), committed=len(committed))
    took = dict(accepted)
    counts = Counter(key for key, _ in committed)
    has = dict(committed)
    verdict.lost = [key for key in took if key not in counts]
    verdict.duplicated = [key for key, count in counts.items() if count > 1]
    verdict.unknown = [key for key in has if key not in took]
    for key, value in has.items():
        if key in took and took[key] != value:
            verdict.wrong.append((key, took[key], value))
        if value is not None and witness is not None and witness.knows(key[0], key[1], value) is False:
            verdict.invented.append((key, value))
    return verdict
