"""Custody: what became of every row ever accepted, counted in the transactions that change it."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Custody"]

_ADD = """
INSERT INTO counter (name, class, reason, value) VALUES (?, ?, ?, ?)
ON CONFLICT (name, class, reason) DO UPDATE SET value = value + excluded.value
"""
_IN_OUTBOX = "SELECT class, sum(rows), count(*) FROM batch WHERE state IN (0, 3) GROUP BY class"


@dataclass
class Custody:
    """The counters of one connection.

    `add` collects changes of a transaction, `write` puts them into it, `keep` takes them over after
    the commit and `forget` drops them after a rollback.
    What lies in the outbox is counted in the table itself at the start: the books close only if both agree.
    """

    totals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    pending: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    _changes: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @classmethod
    def read(cls, connection: sqlite3.Connection) -> "Custody":
        """The counters as stored."""
        found = cls()
        for name, kind, reason, value in connection.execute("SELECT name, class, reason, value FROM counter"):
            found.totals[name, kind, reason] = value
        for kind, rows, batches in connection.execute(_IN_OUTBOX):
            found.pending[kind] = rows
            found.batches += batches
        return found

    def add(self, name: str, kind: str, rows: int, reason: str = "") -> None:
        """Count rows of a class; "pending" and "batches" are not stored."""
        self._changes[name, kind, reason] += rows

    def write(self, connection: sqlite3.Connection) -> None:
        """Put the changes into the open transaction."""
        stored = [
            (*key, rows)
            for key, rows in self._changes.items()
            if rows and key[0] not in ("pending", "batches")
        ]
        connection.executemany(_ADD, stored)

    def keep(self) -> None:
        """The transaction is durable."""
        for (name, kind, reason), rows in self._changes.items():
            if name == "pending":
                self.pending[kind] += rows
            elif name == "batches":
                self.batches += rows
            else:
                self.totals[name, kind, reason] += rows
        self._changes.clear()

    def forget(self) -> None:
        """The transaction did not happen."""
        self._changes.clear()

    def total(self, name: str) -> int:
        """Rows of all classes and reasons under one name."""
        return sum(rows for key, rows in self.totals.items() if key[0] == name)

    def by(self, name: str) -> dict[tuple[str, str], int]:
        """Rows by (class, reason) under one name."""
        return {(kind, reason): rows for (found, kind, reason), rows in self.totals.items() if found == name}

    @property
    def difference(self) -> int:
        """Rows unaccounted for; 0."""
        gone = self.total("committed") + self.total("dead") + self.total("dropped")
        return self.total("accepted") - gone - sum(self.pending.values())
