"""Sums every period once it has closed, and once more where later readings change it.

Registers come from what has become durable. A sum and the note that it was made become durable together, so that a
restart neither loses nor doubles one.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

import config.schema
from config.archive import Archive
from config.second import Second
from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.compute import sums
from gateway.aggregates.keeping import (
    SECOND,
    SHARDS,
    STATE,
    State,
    newer_key,
    pack_newer,
    pack_shard,
    pack_state,
    shard_key,
    shard_of,
    unpack_newer,
    unpack_shard,
    unpack_state,
)
from gateway.aggregates.roster import NodeKey, Roster
from gateway.aggregates.second import DayJudge
from gateway.aggregates.stats import AggregateStats
from gateway.aggregates.track import KEEP_DAYS, KEEP_SHORT
from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD, REVERSE, Aggregate
from gateway.finding import Finding
from gateway.outbox.entry import Entry
from gateway.outbox.errors import OutboxFull

__all__ = ["Aggregator"]

_POINTS = frozenset({FORWARD, REVERSE})
_USABLE = frozenset({"PASSED", "ACCEPTED"})
_SHORT = frozenset({Span.QUARTER, Span.HOUR})
_NEAR = timedelta(minutes=30)
_NAP = 5.0
_AT_ONCE = 500
_SAVE_SECONDS, _OVERLAP_SECONDS = 900.0, 3_600


class Clock(Protocol):
    """Wall and monotonic time; `pace` is how much faster than ours it runs."""

    @property
    def pace(self) -> float:
        """1 but for simulated time."""
        ...

    def now(self) -> datetime:
        """The wall time, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step."""
        ...


class Store(Protocol):
    """What is needed of the outbox."""

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is durable; raises OutboxFull."""
        ...

    async def load(self, key: str) -> bytes | None:
        """A saved state."""
        ...


class Aggregator:
    """The sums of one gateway."""

    def __init__(self, store: Store, clock: Clock, tz: tzinfo, source: str) -> None:
        self.stats = AggregateStats()
        self._store, self._clock, self._tz, self._source = store, clock, tz, source
        self._settings = config.schema.Aggregate()
        self._spans: tuple[Span, ...] = ()
        self._roster = Roster(Archive(), tz)
        self._boundaries = Boundaries(tz)
        self._state = State()
        self._judge = DayJudge(tz, source)
        self._late: set[tuple[NodeKey, Span, datetime]] = set()
        self._late_since: datetime | None = None
        self._saved = clock.monotonic()
        self._behind: set[int] = set()

    def adopt(
        self, settings: config.schema.Aggregate, archive: Archive, limits: Mapping[str, Second] | None = None
    ) -> None:
        """Take settings, archive and limits; registers of meters that still count stay."""
        self._settings = settings
        self._judge.limits = limits or {}
        self._spans = tuple(Span(span) for span in Span if settings.enabled and span in settings.spans)
        self._roster = Roster(archive, self._tz)
        self._boundaries.step = 900 if Span.QUARTER in self._spans else 3600
        self._boundaries.keep(self._roster.wanted if self._spans else frozenset())

    async def load(self) -> None:
        """Take up what an earlier run left."""
        load = self._store.load
        self._state = unpack_state(await load(STATE))
        self._judge.unpack(await load(SECOND))
        for shard in range(SHARDS):
            unpack_shard(await load(shard_key(shard)), self._boundaries, self._roster.wanted)
            unpack_newer(await load(newer_key(shard)), self._boundaries, self._roster.wanted)
        now = self._clock.now()
        self._state.since = self._state.since or now
        if not any(self._state.kept):
            self._state.kept = [int(now.timestamp())] * SHARDS
        for span in Span:
            start = period_of(now, span, self._tz).start
            self._state.closed[span] = max(self._state.closed.get(span, start), now - _horizon(span))

    def take(self, entry: Entry) -> None:
        """What has become durable."""
        if not self._spans:
            return
        wanted = self._roster.wanted
        for reading in entry.readings:
            if reading.point in _POINTS and reading.state in _USABLE and reading.meter in wanted:
                track = self._boundaries.take(reading)
                if track is not None:
                    at = int(reading.at.timestamp())
                    shard = shard_of(reading.meter)
                    if at < self._state.kept[shard] - _OVERLAP_SECONDS:
                        self._behind.add(shard)  # what is kept in between would not hold it: its turn is next
                    self._touch(reading.meter, reading.at, track.neighbours(at))

    async def run(self) -> None:
        """Sum until cancelled."""
        while True:
            await asyncio.sleep(_NAP / self._clock.pace)
            await self.tick()

    async def tick(self) -> None:
        """Sum what has closed and what has changed; a full outbox leaves all for the next time."""
        if not self._spans or not self._roster.wanted:
            return
        now = self._clock.now()
        closed = dict(self._state.closed)
        late = self._late if self._is_ripe(now) else set()
        work = {*self._due(now, closed), *late}
        try:
            await self._make(work, closed)
            await self._keep()
        except OutboxFull:
            return
        self._late = self._late - late
        if not self._late:
            self._late_since = None
        self.stats.registers = len(self._boundaries)

    def _is_ripe(self, now: datetime) -> bool:
        """Late readings come in crowds: what they change is made once for many."""
        grace = timedelta(seconds=self._settings.grace_seconds)
        return self._late_since is not None and now - self._late_since >= grace

    async def stop(self) -> None:
        """Keep all registers, before the end."""
        if not self._spans or not self._roster.wanted:
            return
        with suppress(OutboxFull):
            for shard in range(SHARDS):
                await self._store.append(Entry(saves=(self._shard(shard),)))
            await self._store.append(Entry(saves=self._saves(), urgent=True))

    def _saves(self) -> tuple[tuple[str, bytes], ...]:
        """The blobs to be kept: what was sent, the days of the second review, registers since each shard was kept.

        Small ones: the database holds a blob twice while it takes it.
        """
        newer = (
            (newer_key(shard), pack_newer(self._boundaries, shard, at - _OVERLAP_SECONDS))
            for shard, at in enumerate(self._state.kept)
        )
        return (STATE, pack_state(self._state)), (SECOND, self._judge.pack()), *newer

    def _shard(self, shard: int) -> tuple[str, bytes]:
        """A shard to be kept now."""
        self._state.kept[shard] = int(self._clock.now().timestamp())
        self._behind.discard(shard)
        return shard_key(shard), pack_shard(self._boundaries, shard)

    async def _keep(self) -> None:
        """Now and then: forget what is old, and keep one shard more: one that late registers came to, or the oldest."""
        if self._clock.monotonic() - self._saved < _SAVE_SECONDS:
            return
        now = self._clock.now()
        self._saved = self._clock.monotonic()
        self._boundaries.prune(int(now.timestamp()))
        self._state.ledger.prune(now)
        kept = self._state.kept
        shard = next(iter(self._behind), kept.index(min(kept)))
        before = kept[shard]
        try:
            await self._store.append(Entry(saves=(self._shard(shard), *self._saves())))
        except OutboxFull:
            kept[shard] = before
            self._behind.add(shard)
            raise

    # -- which periods -------------------------------------------------------------------------------------

    def _due(self, now: datetime, closed: dict[Span, datetime]) -> Iterator[tuple[NodeKey, Span, datetime]]:
        """Periods that have closed by now; `closed` goes on with them."""
        for span in self._spans:
            period = period_of(closed[span], span, self._tz)
            grace = self._settings.grace_seconds if span in _SHORT else self._settings.day_grace_seconds
            while period.end + timedelta(seconds=grace) <= now:
                for node in self._roster.nodes:
                    yield node, span, period.start
                closed[span] = period.end
                period = period.next()

    def _touch(self, asset: str, at: datetime, beside: tuple[int | None, int | None]) -> None:
        """A register came: sums that went out and have an end between its neighbours are to be made again."""
        before, behind = beside
        if before is None and behind is None:
            return
        first = at - _NEAR if before is None else datetime.fromtimestamp(before, self._tz)
        last = at + _NEAR if behind is None else datetime.fromtimestamp(behind, self._tz)
        for span in self._spans:
            closed = self._state.closed.get(span)
            if closed is None or first >= closed:
                continue
            period = period_of(max(first, closed - _horizon(span)), span, self._tz)
            while period.end <= closed and period.start <= last:
                self._late.update((node, span, period.start) for node in self._roster.nodes_of(asset))
                self._late_since = self._late_since or self._clock.now()
                period = period.next()

    # -- sums ----------------------------------------------------------------------------------------------

    async def _make(
        self, work: Iterable[tuple[NodeKey, Span, datetime]], closed: Mapping[Span, datetime]
    ) -> None:
        """Make the sums of these periods, durable in pieces, the last one with the instants summed up to."""
        fresh: list[Aggregate] = []
        findings: list[Finding] = []
        for node, span, start in sorted(work, key=lambda one: (one[2], one[1], one[0])):
            made = self._made(node, span, start)
            fresh += self._changed(made)
            if span is Span.DAY:
                findings += self._judge.take(node, made, is_whole=self._roster.is_whole(node))
            if len(fresh) >= _AT_ONCE:
                await self._send(fresh, findings)
                fresh, findings = [], []
            await asyncio.sleep(0)
        before = dict(self._state.closed)
        self._state.closed.update(closed)
        if fresh or findings:
            try:
                await self._send(fresh, findings)
            except OutboxFull:
                self._state.closed = before
                raise

    def _made(self, node: NodeKey, span: Span, start: datetime) -> list[Aggregate]:
        """The sums of one node and period, as far as they are worth a word."""
        period = period_of(start, span, self._tz)
        found = sums(self._roster, self._boundaries, node, period, self._source)
        return [one for one in found if self._is_worth(one)]

    def _changed(self, made: Iterable[Aggregate]) -> list[Aggregate]:
        """Those that did not go out just so, with their versions."""
        return [found for one in made if (found := self._state.ledger.fresh(one)) is not None]

    def _is_worth(self, one: Aggregate) -> bool:
        """Short periods without any register are left out, and what began before this gateway summed at all."""
        if one.present + one.estimated or self._state.ledger.knows(one):
            return True
        since = self._state.since
        return one.span not in _SHORT and since is not None and one.start >= since

    async def _send(self, fresh: Iterable[Aggregate], findings: Iterable[Finding]) -> None:
        """Sums, the note that they were made, and the registers become durable in one step."""
        sent = tuple(fresh)
        for one in sent:
            self._state.ledger.sent(one)
        try:
            await self._store.append(Entry(aggregates=sent, findings=tuple(findings), saves=self._saves()))
        except OutboxFull:
            for one in sent:
                self._state.ledger.undo(one)
            raise
        self.stats.made += len(sent)
        self.stats.revised += sum(one.version > 1 for one in sent)


def _horizon(span: Span) -> timedelta:
    return timedelta(seconds=KEEP_SHORT if span in _SHORT else KEEP_DAYS)
