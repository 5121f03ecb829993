"""The ledger: what came of each meter in each slot, one byte each, and one row per task, target and slot."""

import sqlite3
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.outbox.entry import Mark

__all__ = ["Ledger"]

_UPSERT = """
INSERT INTO ledger (task, target, slot, outcomes) VALUES (?, ?, ?, ?)
ON CONFLICT (task, target, slot) DO UPDATE SET outcomes = excluded.outcomes
"""
_ONE = "SELECT outcomes FROM ledger WHERE task = ? AND target = ? AND slot = ?"
_RANGE = (
    "SELECT slot, outcomes FROM ledger WHERE task = ? AND target = ? AND slot >= ? AND slot < ? ORDER BY slot"
)
_FOREVER = 1 << 62


def _pack(places: bytes) -> bytes:
    # Nearly every slot ends with all meters alike: one outcome and their number. Else compressed or plain.
    if places and places.count(places[0]) == len(places):
        return b"=" + places[:1] + len(places).to_bytes(4, "big").lstrip(b"\0")
    small = zlib.compress(places, 1)
    return b"z" + small if len(small) < len(places) else b"-" + places


def _unpack(stored: bytes) -> bytearray:
    kind, rest = stored[:1], stored[1:]
    if kind == b"=":
        return bytearray(rest[:1] * int.from_bytes(rest[1:], "big"))
    return bytearray(zlib.decompress(rest) if kind == b"z" else rest)


class Ledger:
    """Reads and writes the ledger through the writer's connection; names are remembered as numbers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, int] = {}
        self._outcomes: dict[str, int] = {}
        self._places: dict[int, dict[str, int]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read the names again; needed after a rollback, which may have taken new ones back."""
        self._names = dict(self._connection.execute("SELECT name, id FROM ledger_name"))
        self._outcomes = dict(self._connection.execute("SELECT name, id FROM ledger_outcome"))
        self._places = {}

    def _number(self, table: str, known: dict[str, int], name: str) -> int:
        if name not in known:
            number = len(known) + 1
            if table == "ledger_outcome" and number > 255:
                return known[min(known, key=lambda found: known[found])]
            query = f"INSERT INTO {table} (id, name) VALUES (?, ?)"  # noqa: S608  (two fixed names)
            self._connection.execute(query, (number, name))
            known[name] = number
        return known[name]

    def _meters(self, target: int) -> dict[str, int]:
        if target not in self._places:
            query = "SELECT meter, place FROM ledger_meter WHERE target = ?"
            self._places[target] = dict(self._connection.execute(query, (target,)))
        return self._places[target]

    def _place(self, target: int, meter: str) -> int:
        known = self._meters(target)
        if meter not in known:
            place = len(known)
            query = "INSERT INTO ledger_meter (target, meter, place) VALUES (?, ?, ?)"
            self._connection.execute(query, (target, meter, place))
            known[meter] = place
        return known[meter]

    def mark(self, marks: Iterable[Mark]) -> None:
        """Write marks inside the open transaction; a later mark of a meter and slot replaces the earlier."""
        changed: dict[tuple[int, int, int], bytearray] = {}
        for mark in marks:
            task = self._number("ledger_name", self._names, mark.task)
            target = self._number("ledger_name", self._names, mark.target)
            key = (task, target, int(mark.slot.timestamp()))
            places = changed.get(key)
            if places is None:
                row = self._connection.execute(_ONE, key).fetchone()
                places = changed[key] = _unpack(row[0]) if row else bytearray()
            place = self._place(target, mark.meter)
            if place >= len(places):
                places.extend(bytes(place + 1 - len(places)))
            places[place] = self._number("ledger_outcome", self._outcomes, mark.outcome)
        rows = [(*key, _pack(bytes(places))) for key, places in changed.items()]
        self._connection.executemany(_UPSERT, rows)

    def slots(
        self, task: str, target: str, since: datetime, until: datetime | None
    ) -> dict[datetime, dict[str, str]]:
        """Outcome by meter of every slot that has a mark, oldest first; `until` itself is left out."""
        names = (self._names.get(task), self._names.get(target))
        if names[0] is None or names[1] is None:
            return {}
        end = int(until.timestamp()) if until else _FOREVER
        outcome = {number: name for name, number in self._outcomes.items()}
        meters = self._meters(names[1])
        found = {}
        for slot, stored in self._connection.execute(_RANGE, (*names, int(since.timestamp()), end)):
            places = _unpack(stored)
            held = {
                name: places[place] for name, place in meters.items() if place < len(places) and places[place]
            }
            found[datetime.fromtimestamp(slot, UTC)] = {
                name: outcome[number] for name, number in held.items()
            }
        return found

    def forget(self, task: str, before: datetime) -> int:
        """Delete the slots of a task before an instant, inside the open transaction; returns how many."""
        number = self._names.get(task)
        query = "DELETE FROM ledger WHERE task = ? AND slot < ?"
        return self._connection.execute(query, (number, int(before.timestamp()))).rowcount
