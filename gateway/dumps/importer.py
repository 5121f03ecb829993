"""The import itself: the daemon's part that owns the spool, or the command's own where no daemon runs.

A file is checked as a whole first; then its rows go through the review into the outbox, two hundred at a time, with
the number of the last one in the same durable step. After a kill it goes on behind that row: nothing is lost and
nothing comes twice.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from config.archive import Archive, Exchange
from config.profiles import ProfileError, read_profile
from config.schema import Settings
from config.text import say
from gateway import logs
from gateway.clock import Clock
from gateway.dumps.check import Judging, Shape, check, walk
from gateway.dumps.counts import DumpCounts
from gateway.dumps.examine import Judged
from gateway.dumps.exchanges import Collector, append, finals_and_initials, fresh_of
from gateway.dumps.judged import answers, event_of, found, reviewed
from gateway.dumps.match import Matcher
from gateway.dumps.register import Register, RegisterError
from gateway.dumps.report import Report
from gateway.dumps.returned import Returned
from gateway.dumps.rounds import ROUNDS, RoundsError
from gateway.dumps.spool import Spool, Ticket
from gateway.finding import Finding
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxFull
from gateway.payload import Audit
from gateway.review.reviewer import Reviewer
from gateway.sink import Store
from protocols.dumps.record import Status
from protocols.reading import Event, Reading

__all__ = ["Importer", "Surroundings"]

_log = logs.get("dumps")
_CHUNK = 200
_MOST_FINDINGS = 5_000  # of one file beside those of the review; all rows keep their state and reason
_NAP = 1.0
_PAUSES = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an import works with. `archive` and `shape` give what is in force; `exchanged` hears of new exchanges.

    `patient` waits for room in a full outbox; without it the import is refused and goes on next time.
    """

    spool: Spool
    register: Path
    outbox: Store
    reviewer: Reviewer
    clock: Clock
    settings: Callable[[], Settings]
    archive: Callable[[], Archive]
    shape: Callable[[], Shape]
    exchanged: Callable[[list[Exchange]], None] = lambda _fresh: None
    patient: bool = True
    counts: DumpCounts = field(default_factory=DumpCounts)


class Importer:
    """Takes what waits in the spool, one file after the other."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.counts = around.counts

    async def run(self) -> None:
        """Import until cancelled."""
        around = self._around
        await asyncio.to_thread(around.spool.prepare, around.clock.now())
        while True:
            for ticket in await asyncio.to_thread(around.spool.waiting):
                await self.take(ticket)
            await asyncio.sleep(_NAP)

    async def take(self, ticket: Ticket) -> Report:
        """Import one waiting file; its report is kept in the spool. Raises RegisterError and OSError."""
        around = self._around
        now = around.clock.now()
        with Register(around.register) as register:
            report = await _Run(around, register, ticket, now).run()
        counts = around.counts
        counts.taken += report.committed
        counts.readings += sum(report.states.values())
        if not report.ok:
            counts.refuse(report.refused[0][0])
        report.file, report.receipt = ticket.name, ticket.receipt
        await asyncio.to_thread(around.spool.finish, ticket, report.json_pieces())
        await asyncio.to_thread(around.spool.trim, around.settings().dumps.keep_bytes)
        _log.info(
            "dump imported" if report.ok else "dump refused",
            receipt=ticket.receipt,
            rows=report.rows,
            accepted=report.accepted,
            quarantined=report.quarantined,
            reasons=[reason for reason, _ in report.refused],
        )
        return report


class _Run:
    """One import."""

    def __init__(self, around: Surroundings, register: Register, ticket: Ticket, now: datetime) -> None:
        self._around, self._register, self._ticket, self._now = around, register, ticket, now
        self._path = around.spool.dump(ticket.receipt)
        self._key = f"dump:{ticket.receipt}"
        self._targets: set[str] = set()
        self._told = 0
        self._returned = Returned(around.register.with_name(ROUNDS), around.settings().dumps.rotation_months)
        archive = around.archive()
        self._judging = Judging(
            now=now,
            settings=around.settings().dumps,
            archive=archive,
            review=dict(around.settings().review),
            known=lambda key: register.known(key, ticket.receipt),
            bases=around.reviewer,
        )

    async def run(self) -> Report:
        earlier = await asyncio.to_thread(self._register.repeated, self._ticket.sha256)
        try:
            shape = await asyncio.to_thread(self._shape)
        except ProfileError as error:
            return Report(file=self._ticket.name, refused=[("profile", str(error))])
        report = await asyncio.to_thread(check, self._path, shape, self._judging)
        if earlier:
            report.repeated = earlier
            report.duplicates += report.accepted
            report.accepted = 0
            return report
        if report.ok:
            await self._commit(shape, report)
        await self._audit(report)
        return report

    def _shape(self) -> Shape:
        """How this file is read: by the profile that came with it, the one its ticket names, or any that fits."""
        shape, name = self._around.shape(), self._ticket.profile
        if (own := self._around.spool.profile(self._ticket.receipt)) is not None:
            return replace(shape, wanted=replace(read_profile(own), name=name))
        if not name:
            return replace(shape, wanted=None)
        for spec in shape.profiles:
            if spec.name == name:
                return replace(shape, wanted=spec)
        raise ProfileError(name, (say("unknown profile", "未知的格式模板"),))

    async def _commit(self, shape: Shape, report: Report) -> None:
        blob = await self._around.outbox.load(self._key)
        done = int(json.loads(blob)["row"]) if blob else 0
        again, spec = Report(file=report.file), report.spec
        if spec is None:
            raise ValueError("a file that is taken was read by a profile")
        rows = walk(self._path, replace(shape, wanted=spec), self._judging, again)
        swaps = Collector(Matcher(self._around.archive(), spec))
        while chunk := await asyncio.to_thread(_some, rows, again):
            last = chunk[-1][0]
            for _, one in chunk:
                if one.row.swap is not None:
                    swaps.add(one.row)
            fresh = [one for number, one in chunk if number > done]
            if fresh and not await self._store(fresh, last, report):
                report.refused.append(("outbox_full", ""))
                return
            await self._mark(one for _, one in chunk)
            await self._strike_out([one for _, one in chunk])
            await asyncio.sleep(0)
        await self._exchange(swaps, report)
        await self._rotation()
        await asyncio.to_thread(self._register.done, self._ticket.receipt, self._ticket.sha256, self._now)
        report.committed = True

    async def _store(self, fresh: list[Judged], last: int, report: Report) -> bool:
        """One durable step: readings, findings, events, and how far the file is."""
        readings: list[Reading] = []
        findings: list[Finding] = []
        events: list[Event] = []
        for together in answers(fresh):
            meter = together[0].meter
            if meter is None:
                continue
            self._targets.add(meter.target)
            read = [one for one in together if one.row.status is Status.READ or one.row.interval is not None]
            if read:
                done, news = reviewed(read, self._around.reviewer, self._now, report)
                readings += done
                findings += news
            for one in together:
                at = one.row.read_time or self._now
                if self._told < _MOST_FINDINGS:
                    news = found(one.notes, self._around.reviewer.book, meter, one.row.point, at)
                    self._told += len(news)
                    findings += news
                if one.row.status is not Status.READ and one.row.interval is None:
                    events.append(event_of(one.row, meter, self._now, str(one.row.status)))
                if one.row.swap is not None:
                    events.append(event_of(one.row, meter, self._now, "exchange"))
        progress = json.dumps({"row": last}).encode()
        return await self._append(
            Entry(
                readings=tuple(readings),
                findings=tuple(findings),
                events=tuple(events),
                saves=((self._key, progress),),
                urgent=True,
            )
        )

    async def _append(self, entry: Entry) -> bool:
        tries = 0
        while True:
            try:
                await self._around.outbox.append(entry)
            except OutboxFull as error:
                if not self._around.patient:
                    return False
                _log.warning("the outbox is full: the import waits", reason=error.reason)
                await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                tries += 1
            else:
                return True

    async def _mark(self, rows: Iterator[Judged]) -> None:
        cells = [(one.key, one.print, one.version) for one in rows if one.key]
        try:
            await asyncio.to_thread(self._register.mark, self._ticket.receipt, cells, self._now)
        except RegisterError as error:
            _log.warning("keys are not remembered", reason=str(error))

    async def _strike_out(self, rows: list[Judged]) -> None:
        try:
            await asyncio.to_thread(self._returned.take, rows, self._now)
        except RoundsError as error:
            _log.warning("route lists are not kept up", reason=str(error))

    async def _rotation(self) -> None:
        try:
            notes = await asyncio.to_thread(self._returned.conclude)
        except RoundsError as error:
            _log.warning("the rotation of readers is not judged", reason=str(error))
            return
        if notes:
            await self._append(Entry(findings=tuple(notes), urgent=True))

    async def _exchange(self, swaps: Collector, report: Report) -> None:
        """Findings of incomplete exchanges; records and readings of the complete ones."""
        complete, notes = swaps.conclude()
        around, archive = self._around, self._around.archive()
        for note in notes:
            report.note(note)
        report.exchanges = len(complete)
        fresh = await asyncio.to_thread(fresh_of, around.register.parent, complete)
        readings: list[Reading] = []
        findings: list[Finding] = []
        for note in notes:
            meter = archive.by_asset[note.meter]
            findings += found([note], around.reviewer.book, meter, note.point, self._now)
        for asset, raw in finals_and_initials(fresh, self._now):
            if (known := archive.by_asset.get(asset)) is not None:
                done, news = around.reviewer.judge(known, raw)
                readings += done
                findings += news
        if readings or findings:
            await self._append(Entry(readings=tuple(readings), findings=tuple(findings), urgent=True))
        if fresh:
            await asyncio.to_thread(append, around.register.parent, fresh)
            around.exchanged(fresh)

    async def _audit(self, report: Report) -> None:
        ticket = self._ticket
        outcome = "imported" if report.committed else "refused"
        detail = {
            "name": ticket.name,
            "sha256": ticket.sha256,
            "via": ticket.via,
            "from": ticket.origin,
            "rows": report.rows,
            "accepted": report.accepted,
            "quarantined": report.quarantined,
            "reasons": [reason for reason, _ in report.refused],
        }
        audit = Audit(
            at=self._now,
            actor=ticket.who,
            action="import",
            object=ticket.receipt,
            outcome=outcome,
            detail=json.dumps(detail, ensure_ascii=False),
        )
        archive, reviewer = self._around.archive(), self._around.reviewer
        saves = [
            (f"base:{target}", reviewer.pack(archive.by_target.get(target, ())))
            for target in sorted(self._targets)
        ]
        saves += [(f"finding:{target}", reviewer.book.pack(target)) for target in sorted(self._targets)]
        await self._append(Entry(audits=(audit,), saves=tuple(saves), urgent=True))


def _some(rows: Iterator[Judged], report: Report) -> list[tuple[int, Judged]]:
    """The next rows with their number in the file."""
    return [(report.rows, one) for one in islice(rows, _CHUNK)]
