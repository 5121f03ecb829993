"""What gateways keep at the broker, taken into the databases: their archives and their last word of themselves."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from config.archive import Archive
from gateway.archived import Table, tables_of
from gateway.logs import get
from gateway.master.archive.collect import ArchiveError, Collector, Published
from gateway.master.archive.keep import keep, keep_status
from gateway.master.prepare import Letter, Notice, letter
from gateway.master.stores.base import Store

__all__ = ["Desk"]

log = get("ingest")


class Desk:
    """Takes notices; an archive is kept in every store when it is whole. Used by one thread at a time.

    `own` is the master's own archive.
    """

    def __init__(self, own: Archive | None = None) -> None:
        self._own = own
        self._collector = Collector()
        self.archives = 0
        """How many came that were not in force yet."""

    def keep_own(self, store: Store, now: datetime) -> None:
        """Bring the master's own archive into a store, where there is one; raises StoreProblem."""
        if self._own is not None:
            keep(store, "", self._own.digest, tables_of(self._own), now)

    def take(self, notices: Iterable[Notice], stores: Sequence[Store], now: datetime) -> list[Letter]:
        """Those that make no sense come back; raises StoreProblem."""
        letters: list[Letter] = []
        statuses: dict[str, tuple[Any, ...]] = {}
        for notice in notices:
            try:
                if notice.leaf == "status":
                    statuses[notice.gateway] = _status(notice.body)
                elif found := self._collector.take(notice.gateway, notice.page, notice.body):
                    self._keep(found, stores, now)
            except ArchiveError as error:
                letters.append(letter(notice, "payload", str(error)))
        if statuses:
            for store in stores:
                keep_status(store, statuses, now)
        return letters

    def again(self) -> None:
        """After a store failed: what was whole may not be everywhere, and comes again with the next connection."""
        self._collector = Collector()

    def _keep(self, found: Published, stores: Sequence[Store], now: datetime) -> None:
        new = False
        for store in stores:
            bad = keep(store, found.gateway, found.digest, found.tables, now)
            new |= bad is not None
            if bad:
                log.warning("rows of an archive make no sense", gateway=found.gateway, rows=bad)
        if new:
            self.archives += 1
            meters: Table | None = found.tables.get("meters")
            log.info("archive taken", gateway=found.gateway, meters=len(meters.rows) if meters else 0)


def _status(body: bytes) -> tuple[str, str, str, int | None]:
    try:
        found = json.loads(body)
        texts = [found.get(key, "") for key in ("state", "version", "config")]
        backlog = found.get("backlog")
    except (ValueError, AttributeError, RecursionError) as error:
        raise ArchiveError(f"no status: {error}") from None
    if not all(isinstance(text, str) and "\x00" not in text and len(text) <= 200 for text in texts):
        raise ArchiveError("no status")
    known = type(backlog) is int and 0 <= backlog < 1 << 62
    return texts[0], texts[1], texts[2], backlog if known else None
