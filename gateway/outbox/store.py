"""The outbox as one thread sees it: entries become numbered batches in one durable transaction.

Nothing here knows asyncio. A Store belongs to the thread that opened it.
"""

import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import config.schema
from gateway import logs, payload
from gateway.clock import Clock
from gateway.outbox import batches, file
from gateway.outbox.batches import Claimed, Draft
from gateway.outbox.custody import Custody
from gateway.outbox.entry import CLASSES, DIAGNOSTIC, Entry, class_of, class_of_sum
from gateway.outbox.errors import OutboxFull
from gateway.outbox.ledger import Ledger

__all__ = ["Store"]

_PAGE = 4096
_WAL_LIMIT = 16 << 20
_RECLAIM = 16
_TOO_LONG = "too long"
_log = logs.get("outbox")
T = TypeVar("T")

_DISK_ERRORS = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
}


def is_disk_error(error: sqlite3.Error) -> bool:
    """Whether the disk, not the file's content, stands in the way: it may pass."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DISK_ERRORS


class Store:
    """The open file with its counters, its epoch and what was sent from here.

    `epoch` is new with a new file, on another machine or place (a copy), without the token of the last run (a
    restored part), and when the master's acknowledgements name what was never sent from here (a rollback).
    """

    def __init__(self, path: Path, settings: config.schema.Store, gateway: str, clock: Clock) -> None:
        self._path = path
        self._settings = settings
        self._gateway = gateway
        self._clock = clock
        self.ballast = file.Ballast(path, settings.ballast_bytes)
        self.tight = False
        self._sent: set[int] = set()
        self._open()

    # ---- opening

    def _open(self) -> None:
        try:
            self._read()
        except sqlite3.DatabaseError as error:
            if is_disk_error(error):
                self.ballast.give_up()  # a full disk: even opening needs a little room
            else:
                self._damaged(str(error))
            self._read()
        self.corruptions = file.set_aside_count(self._path)
        if not self.ballast.there:
            self.tight = not self.ballast.create()

    def _read(self) -> None:
        with ExitStack() as stack:
            self._connection = file.open_file(self._path, self._settings.max_bytes)
            stack.callback(self._connection.close)
            self._custody = Custody.read(self._connection)
            self.ledger = Ledger(self._connection)
            self._sent.clear()
            self._choose_epoch()
            stack.pop_all()

    def _damaged(self, reason: str) -> None:
        stamp = self._clock.now().strftime("%Y%m%dT%H%M%S")
        kept = file.set_aside(self._path, stamp)
        _log.error("the outbox was damaged and is set aside; a new one begins", kept=str(kept), reason=reason)

    def _meta(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def _set(self, key: str, value: str | int) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def _choose_epoch(self) -> None:
        here = file.identity(self._path)
        token = file.read_token(self._path)
        same = self._meta("identity") == here and bool(token) and self._meta("token") == token
        epoch = self._meta("epoch")
        try:
            fresh: str | None = file.renew_token(self._path)
        except OSError:
            fresh = None  # a full disk: the old token stays good
        with self._transaction():
            self._set("identity", here)
            if fresh is not None:
                self._set("token", fresh)
            if not same or epoch is None:
                self._begin_epoch(secrets.token_hex(8), 0)
        self.epoch = str(self._meta("epoch"))
        self.highest = int(self._meta("highest") or 0)
        self._sent_before = int(self._meta("sent") or 0)
        self._sent_now = self._sent_stored = self._sent_before

    def _begin_epoch(self, epoch: str, highest: int) -> None:
        self._set("epoch", epoch)
        self._set("highest", highest)
        self._set("sent", 0)

    def begin_anew(self, reason: str) -> None:
        """Set the file aside, which turned out to be damaged, and begin with a new one and a new epoch."""
        with suppress(sqlite3.Error):
            self._connection.close()
        self._damaged(reason)
        self._open()

    def close(self) -> None:
        """Close the file; what the log still holds is brought into it."""
        self._connection.close()

    # ---- transactions

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        with ExitStack() as stack:
            stack.callback(self._undo)
            yield
            self._custody.write(self._connection)
            self._connection.execute("COMMIT")
            stack.pop_all()
        self._custody.keep()

    def _undo(self) -> None:
        self._custody.forget()
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        self.ledger.refresh()

    def _change(self, work: Callable[[], T]) -> T:
        """A change that must work on a full disk too: give up the ballast and try again."""
        try:
            with self._transaction():
                return work()
        except sqlite3.OperationalError as error:
            if not is_disk_error(error):
                raise
            self._make_room()
        with self._transaction():
            return work()

    def _make_room(self) -> None:
        self.tight = True
        self.ballast.give_up()
        # A log that is written back can be used from its start again, in place.
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()

    def _now(self) -> float:
        return self._clock.now().timestamp()

    # ---- accepting

    def commit(self, entries: Sequence[Entry]) -> None:
        """Make all entries durable, or none: then OutboxFull tells why."""
        if self.tight and not self._relaxed():
            raise OutboxFull("disk", "the disk is full or cannot be written")
        drafts, numbers = self._drafts(entries)
        try:
            with self._transaction():
                self._fit(sum(len(draft.body or draft.raw) for draft in drafts), drafts)
                self._store(drafts)
                self.ledger.mark(mark for entry in entries for mark in entry.marks)
                self._save(entries)
                self._set("highest", numbers)
                if self._sent_now != self._sent_stored:
                    self._set("sent", self._sent_now)
        except sqlite3.OperationalError as error:
            if not is_disk_error(error):
                raise
            if not self._capped():
                self._make_room()
            raise OutboxFull("cap" if self._capped() else "disk", f"nothing stored: {error}") from error
        self.highest = numbers
        self._sent_stored = self._sent_now

    def _relaxed(self) -> bool:
        if self.ballast.room() and self.ballast.create():
            self.tight = False
        return not self.tight

    def _capped(self) -> bool:
        return self.used() > self._limit()

    def _drafts(self, entries: Sequence[Entry]) -> tuple[list[Draft], int]:
        groups: dict[tuple[str, str], list[object]] = defaultdict(list)
        readings: dict[str, list[object]] = {klass: groups["reading", klass] for klass in CLASSES}
        for entry in entries:
            for reading in entry.readings:
                readings[class_of(reading.point)].append(reading)
            for aggregate in entry.aggregates:
                groups["aggregate", class_of_sum(aggregate)].append(aggregate)
            groups["finding", DIAGNOSTIC] += entry.findings
            groups["event", DIAGNOSTIC] += entry.events
            groups["slot", DIAGNOSTIC] += entry.slots
            groups["audit", DIAGNOSTIC] += entry.audits
        drafts = []
        number = self.highest
        for (kind, klass), records in groups.items():
            if not records:
                continue
            for rows, build in payload.split(kind, payload.rows_of(kind, records)):
                if build is None:
                    drafts.append(Draft(kind, klass, len(rows), None, repr(rows).encode("utf-8", "replace")))
                    continue
                number += 1
                drafts.append(Draft(kind, klass, len(rows), build(self._gateway, self.epoch, number)))
        return drafts, number

    def _store(self, drafts: Sequence[Draft]) -> None:
        now = self._now()
        whole = [draft for draft in drafts if draft.body is not None]
        batches.insert(self._connection, self._custody, (self.epoch, self.highest + 1), whole, now)
        for draft in drafts:
            if draft.body is None:
                # Its only row fits into no batch: accepted, and kept where a person can look at it.
                self._custody.add("accepted", draft.klass, draft.rows)
                name = (self.epoch, 0, draft.kind, draft.klass, draft.rows, now)
                batches.bury(self._connection, self._custody, name, (_TOO_LONG, now, draft.raw))

    def _save(self, entries: Iterable[Entry]) -> None:
        saves = [save for entry in entries for save in entry.saves]
        self._connection.executemany("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", saves)

    # ---- room

    def used(self) -> int:
        """Bytes of the file that hold something."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int((pages - free) * _PAGE)

    def _limit(self) -> int:
        # What is kept free lets acknowledgements, marks and states through when rows no longer fit.
        return self._settings.max_bytes - max(65_536, self._settings.max_bytes // 50)

    def _fit(self, need: int, drafts: Sequence[Draft]) -> None:
        """Make room for `need` bytes inside the open transaction.

        What is committed goes first, then diagnostics: dead letters, then what waits.
        """
        need += _PAGE * (2 + len(drafts))
        forever = 1 << 62
        while drafts and self.used() + need > self._limit():
            if not batches.prune(self._connection, forever, _RECLAIM):
                break
        for drop in (batches.drop_dead, batches.drop_diagnostics):
            over = self.used() + need - self._limit()
            if drafts and over > 0:
                drop(self._connection, self._custody, over + _PAGE * _RECLAIM)
        if drafts and self.used() + need > self._limit():
            raise OutboxFull("cap", f"the outbox has reached its {self._settings.max_bytes} bytes")

    def drop(self, entries: Sequence[Entry]) -> None:
        """Entries of diagnostics alone that do not fit: counted as accepted and dropped; states are kept."""
        drafts, _ = self._drafts(entries)

        def work() -> None:
            for draft in drafts:
                self._custody.add("accepted", draft.klass, draft.rows)
                self._custody.add("dropped", draft.klass, draft.rows, "cap")
            self.ledger.mark(mark for entry in entries for mark in entry.marks)
            self._save(entries)

        self._change(work)

    # ---- sending

    def claim(self, count: int, taken: set[int], *, newest: bool) -> list[Claimed]:
        """Batches to send, from one end of the queue, without those taken already.

        From now on they may have reached the broker: an acknowledgement of them is believed.
        """
        found = batches.claim(self._connection, count, taken, newest=newest)
        for claimed in found:
            self._sent.add(claimed.id)
            if claimed.epoch == self.epoch:
                self._sent_now = max(self._sent_now, claimed.number)
        return found

    def renew(self, token: int) -> None:
        """Give a batch a new number in this epoch: the master may know its old one with other content."""
        self._sent.discard(token)

        def work() -> None:
            batches.renumber_one(self._connection, self._gateway, token, (self.epoch, self.highest + 1))
            self._set("highest", self.highest + 1)

        self._change(work)
        self.highest += 1

    def acked(self, epoch: str, ranges: Sequence[tuple[int, int]]) -> list[int]:
        """Take over the master's acknowledgement; returns the tokens it freed.

        An acknowledgement of our epoch for what was never sent from here belongs to another life of this
        outbox: a new epoch begins, and what was not sent before this run is numbered anew in it. What was
        sent before belongs to both lives and keeps its name.
        """
        found = batches.named(self._connection, epoch, ranges)
        if epoch == self.epoch and self._foreign(found, ranges):
            common = self._sent_before
            self._move()
            found = [row for row in found if row[4] <= common]
        # What is sent again for a restored master is free only after this run has sent it: the broker may
        # still keep the acknowledgement from before.
        found = [row for row in found if row[3] == 0 or row[0] in self._sent]
        if found:
            self._change(lambda: self._take(found))
        self._sent.difference_update(row[0] for row in found)
        return [row[0] for row in found]

    def _take(self, found: Sequence[tuple[int, str, int, int, int]]) -> None:
        batches.ack(self._connection, self._custody, found, self._now())
        self._set("sent", self._sent_now)
        if self._settings.keep_days == 0:
            batches.prune(self._connection, 1 << 62, len(found))

    def _foreign(
        self, found: Sequence[tuple[int, str, int, int, int]], ranges: Sequence[tuple[int, int]]
    ) -> bool:
        if any(last > self.highest for _, last in ranges):
            return True
        return any(row[4] > self._sent_before and row[0] not in self._sent for row in found if row[3] == 0)

    def _move(self) -> None:
        old, new = (self.epoch, self._sent_before), secrets.token_hex(8)

        def work() -> int:
            highest = batches.renumber(self._connection, self._gateway, old, new)
            self._begin_epoch(new, highest)
            return highest

        self.highest = self._change(work)
        self.epoch = new
        self._sent_before = self._sent_now = self._sent_stored = 0
        self._sent.clear()

    def settle(self, tokens: Iterable[int]) -> None:
        """These batches are committed: the broker's own word is enough (ack = "broker")."""
        found = [row for row in (batches.one(self._connection, token) for token in tokens) if row]
        self._change(lambda: self._take(found))
        self._sent.difference_update(row[0] for row in found)

    def gone_up(self, tokens: Iterable[int]) -> None:
        """These batches went to a broker that never answers (ack = "keep"): only age removes them."""
        chosen = list(tokens)
        self._change(lambda: batches.mark_sent(self._connection, chosen))
        self._sent.difference_update(chosen)

    def dead(self, token: int, reason: str) -> bool:
        """Move a batch to the dead letters."""
        self._sent.discard(token)
        return self._change(
            lambda: batches.kill(self._connection, self._custody, token, (reason, self._now()))
        )

    # ---- queries and housekeeping

    def load(self, key: str) -> bytes | None:
        """A saved state."""
        row = self._connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def forget(self, task: str, before: datetime) -> int:
        """Delete old slots of a task from the ledger."""
        return self._change(lambda: self.ledger.forget(task, before))

    def replay(self, since: datetime) -> int:
        """Have kept batches made since an instant sent again; custody does not change. Returns how many."""
        return self._change(lambda: batches.revive(self._connection, since.timestamp()))

    def maintain(self, *, ages: bool) -> bool:
        """A small step of housekeeping; True when another one would find work.

        Kept batches beyond keep_days go; with `ages` (ack = "keep") the others too, counted.
        """
        before = self._now() - self._settings.keep_days * 86_400
        (waiting,) = self._connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM batch WHERE state = 1 AND done < ? LIMIT 1)", (before,)
        ).fetchone()
        freed = 0
        if waiting:
            freed = self._change(lambda: batches.prune(self._connection, before))
        if ages and batches.oldest(self._connection) < before:
            freed += self._change(lambda: batches.age(self._connection, self._custody, before))
        self._tidy()
        return freed > 0

    def _tidy(self) -> None:
        wal = self._path.with_name(self._path.name + "-wal")
        if wal.exists() and wal.stat().st_size > _WAL_LIMIT:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        if free > 1_024 and free * 2 > pages and not self.tight:
            self._connection.execute("PRAGMA incremental_vacuum(512)").fetchall()
        if self.tight:
            self._relaxed()

    def oldest(self) -> float | None:
        """When the oldest batch that waits was made, in seconds since 1970."""
        row = self._connection.execute(
            "SELECT made FROM batch WHERE state IN (0, 2) ORDER BY id LIMIT 1"
        ).fetchone()
        return None if row is None else float(row[0])

    @property
    def custody(self) -> Custody:
        """The counters."""
        return self._custody
