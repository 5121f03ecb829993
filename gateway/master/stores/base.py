"""What every store of the master does, in terms of a few statements that each database spells its own way.

Statements take one JSON text of rows and work on the whole set. A store is used by one thread at a time.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from gateway.master.own import Difference
from gateway.master.prepare import Prepared, prepare
from gateway.master.rows import ORIGINS
from gateway.master.stores.errors import BadUrl, StoreBusy, StoreError, StoreGone, StoreProblem
from gateway.master.stores.intake import Intake, Outcome
from gateway.master.stores.scripts import migrations, statements
from gateway.payload import Batch

__all__ = [
    "DEAD_LETTERS",
    "BadUrl",
    "Outcome",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreGone",
    "StoreProblem",
    "migrations",
]

DEAD_LETTERS = 1_000
"""So many of the latest dead letters are kept."""

_ATTEMPTS = 5


class Store(ABC):
    """A database of the master. `connect` first; after any StoreProblem `close` and `connect` again."""

    dialect = ""

    def __init__(self, url: str, utc_offset_seconds: int) -> None:
        self.url = url
        self._offset = utc_offset_seconds
        self._sql = statements(self.dialect)
        self.ids: dict[str, dict[Any, int]] = defaultdict(dict)
        self.owners: dict[str, int] = {}
        self.zone = timezone(timedelta(seconds=utc_offset_seconds))

    # ---- what each database spells its own way

    @abstractmethod
    def connect(self) -> None:
        """Connect and bring the schema up to date; raises StoreProblem."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database; never fails."""

    @abstractmethod
    def bury(self, letters: Sequence[tuple[str, str, str, bytes]]) -> None:
        """Keep bodies that are no batch: received, topic, reason, body; only the latest stay."""

    @abstractmethod
    def stored(self) -> Iterator[tuple[str, str, datetime, Decimal | None]]:
        """Every reading: meter, point, at, value."""

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside is committed together, durably, or not at all; raises StoreProblem."""

    @abstractmethod
    def ask(self, name: str, rows: Sequence[Any], **more: int | str) -> list[tuple[Any, ...]]:
        """Run a statement on a set of rows, and with what else it takes; its answer."""

    @abstractmethod
    def put(self, rows: Sequence[tuple[Any, ...]]) -> tuple[int, list[Difference]]:
        """Store readings; how many were new, and those whose key was there with another value."""

    @abstractmethod
    def put_energy(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add energies: start (microseconds), energy, registers, meter, quality, skew, point, variant."""

    @abstractmethod
    def tune(self) -> None:
        """Prepare this connection for a processing run; forgotten when it closes."""

    # ---- what all do alike

    def _prepare(self) -> None:
        """After a connection: fill what is constant."""
        self.forget()
        with self.transaction():
            self.ask("origins_new", [(number, str(origin)) for number, origin in enumerate(ORIGINS)])
            self.ask("settings_new", [("utc_offset_seconds", str(self._offset))])
            [(offset,)] = self.ask("settings", ["utc_offset_seconds"])
        self.zone = timezone(timedelta(seconds=int(offset)))

    def forget(self) -> None:
        """Ids may be of another life of the database, or of a transaction that came to nothing."""
        self.ids.clear()
        self.owners.clear()

    def write(self, batches: Sequence[Batch], now: datetime) -> Outcome:
        """Commit batches as one set; raises StoreProblem, and then nothing of them is there."""
        return self.commit([prepare(batch) for batch in batches], now)

    def commit(self, batches: Sequence[Prepared], now: datetime) -> Outcome:
        """`write` of what was prepared beforehand."""
        for attempt in range(_ATTEMPTS):
            outcome = Outcome()
            try:
                with self.transaction():
                    Intake(self).write(batches, now, outcome)
            except BaseException as error:
                self.forget()  # ids given out in a transaction that came to nothing
                if not isinstance(error, StoreBusy) or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return outcome
        raise AssertionError

    def known(self, name: str, wanted: Iterable[Any]) -> dict[Any, int]:
        """Ids of dictionary entries, made where they are missing."""
        ids = self.ids[name]
        missing = sorted({key for key in wanted if key not in ids})
        if missing:
            found = self._fetch(name, missing)
            unknown = [key for key in missing if key not in found]
            if unknown:
                self.ask(name + "_new", unknown)
                found |= self._fetch(name, unknown)
            ids.update(found)
        return ids

    def _fetch(self, name: str, keys: list[Any]) -> dict[Any, int]:
        rows = self.ask(name, keys)
        return {row[0] if len(row) == 2 else tuple(row[:-1]): row[-1] for row in rows}

    def learn(self, assets: Sequence[str], gateway: int) -> None:
        """Numbers and owners of meters; new ones belong to `gateway`, 0 where nobody has read them yet."""
        if not assets:
            return
        there = self.reload(assets)
        if unknown := [asset for asset in assets if asset not in there]:
            self.ask("meters_new", [(asset, gateway) for asset in unknown])
            self.reload(unknown)

    def reload(self, assets: Sequence[str]) -> set[str]:
        """Take numbers and owners of meters from the database; those that are there."""
        found = self.ask("meters", assets)
        for asset, number, owner in found:
            self.ids["meters"][asset] = number
            self.owners[asset] = owner
        return {row[0] for row in found}
