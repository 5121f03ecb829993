"""The first review: every value leaves with a state, and what a person should see becomes a finding.

An answer whose values are all plainly good is passed in one go; anything else is judged rule by rule.
A property test holds both ways equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from config.archive import Archive, Exchange, Meter
from config.schema import Review
from drivers.order import Result, Want
from gateway.clock import Clock
from gateway.finding import Finding
from gateway.review.base import Base, Cells, Layout, pack, unpack
from gateway.review.careful import Careful
from gateway.review.days import CURVED, take_days
from gateway.review.dwell import pack_tracks, unpack_tracks
from gateway.review.findings import Book
from gateway.review.known import HANDS, Known, ReviewStats
from gateway.review.limits import SCALE, Kind, Limits, kind_of, limits_of
from gateway.review.roster import Roster
from gateway.review.rules import BY_ID, Rule
from gateway.review.screen import Screen
from gateway.review.stamp import stamped
from gateway.review.view import Hit, View
from gateway.review.witness import Witness
from protocols.reading import Event, Flag, Reading, State

__all__ = ["Reviewer"]

_ABSENT, _IDENTITY, _FAILING = BY_ID["R003"], BY_ID["R002"], BY_ID["R060"]
_DEFAULT = Review()
_PASSED = State.PASSED


class Reviewer:
    """Judges answers against the archive and what was accepted before."""

    def __init__(self, archive: Archive, review: Mapping[str, Review], clock: Clock, tz: ZoneInfo) -> None:
        self.stats = ReviewStats()
        self.book = Book()
        self._clock = clock
        self._tz = tz
        self._root = Layout()
        self._meters = Roster(self._revived)
        self._exchanges: dict[str, Exchange] = {}
        self._review: Mapping[str, Review] = {}
        self._witness = Witness(self.book, clock, self._meter_of)
        self.adopt(archive, review)

    def adopt(self, archive: Archive, review: Mapping[str, Review]) -> list[Finding]:
        """Take a new archive and limits, keeping what is known of meters that stay; returns what closed."""
        self._review = review
        self._archive = archive
        self._exchanges = {exchange.new_asset: exchange for exchange in archive.exchanges}
        gone = {asset for asset in self._meters if asset not in archive.by_asset}
        for asset in gone:
            self._meters.drop(asset)
        for known in self._meters.at_work():
            known.meter = archive.by_asset[known.meter.asset_no]
            known.limits = self._limits(known.meter)
            self._rebase(known)
        return self.book.forget(gone, self._clock.now())

    def review(self, result: Result) -> tuple[list[Reading], list[Finding]]:
        """Judge an answer of the bus."""
        meter, now = result.order.meter, self._clock.now()
        due = result.order.at if result.order.want is not Want.LIVE else None
        said = None
        if result.stranger:
            said = self._answered_by(meter, result.stranger, now)
        elif result.address and self.book.watched(meter.asset_no):
            said = self.book.passed(_IDENTITY.id, meter.asset_no, "", now)
        lacking = frozenset(point for point, _, _ in result.failures)
        readings, findings = self.judge(
            meter, result.readings, address=result.address, due=due, lacking=lacking
        )
        for event in result.events:
            findings += self.witness(event)
        return readings, findings if said is None else [said, *findings]

    def witness(self, event: Event) -> list[Finding]:
        """What an event of a meter or a terminal says to the rules."""
        return self._witness.take(event)

    def judge(
        self,
        meter: Meter,
        readings: Sequence[Reading],
        *,
        address: str = "",
        due: datetime | None = None,
        lacking: frozenset[str] = frozenset(),
    ) -> tuple[list[Reading], list[Finding]]:
        """Stamp the values of one answer of one meter; returns them with the findings to publish.

        `lacking` are points that were asked with these and did not come.
        """
        known = self._meters.get(meter.asset_no) or self._admit(meter)
        self.stats.readings += len(readings)
        now, synced = self._clock.now(), self._clock.synced()
        familiar = not address or _same(address, meter.address)
        if familiar and not lacking and not self.book.watched(meter.asset_no):
            good = self._plainly(known, readings, now, synced, due)
            if good is not None:
                return good, self._days(known, good)
        careful = Careful(self.stats, self.book, known, now, synced=synced, tz=self._tz)
        done, findings = careful.run(readings, address, due, lacking)
        return done, findings + self._days(known, done)

    def _days(self, known: Known, readings: Sequence[Reading]) -> list[Finding]:
        """What the readings bring to the curve of a day; costs nothing where there is none."""
        if known.curves is None and CURVED.isdisjoint([kind_of(reading.point) for reading in readings]):
            return []
        return take_days(known, readings, self.stats, self.book, self._tz)

    def absent(self, meter: Meter, slot: datetime, *, surely: bool = False) -> Finding | None:
        """A due value was not there when its slot closed (R003); returns the finding if it is news.

        One missing slot is not yet a cause: two in a row are, or one that is `surely` due, as a daily freeze.
        """
        known = self._meters.get(meter.asset_no) or self._admit(meter)
        if known.absent_since is None:
            known.absent_since = slot
            if not surely:
                return None
        days = max(0, (slot - known.absent_since).days)
        return self._absence(_ABSENT, known, slot, missing_days=days)

    def failing(self, meter: Meter, slot: datetime) -> Finding | None:
        """Reading this meter failed once more (R060); returns the finding if it is news."""
        known = self._meters.get(meter.asset_no) or self._admit(meter)
        known.failed += 1
        return self._absence(_FAILING, known, slot, failed=known.failed)

    def _absence(self, rule: Rule[View], known: Known, slot: datetime, **given: int) -> Finding | None:
        view = View(
            reading=_nothing(known.meter, slot),
            kind=Kind.OTHER,
            limits=known.limits,
            units=0,
            at=0,
            now=slot,
            missing_days=given.get("missing_days"),
            failed=given.get("failed"),
        )
        hit = rule.judge(view)
        return self.book.hit(rule, known.meter, "", hit, slot) if isinstance(hit, Hit) else None

    def present(self, meter: Meter, slot: datetime) -> list[Finding]:
        """The meter answered again; returns what that clears."""
        if (known := self._meters.get(meter.asset_no)) is not None:
            known.absent_since = None
            known.failed = 0
        if not self.book.watched(meter.asset_no):
            return []
        cleared = (self.book.passed(rule.id, meter.asset_no, "", slot) for rule in (_ABSENT, _FAILING))
        return [finding for finding in cleared if finding is not None]

    def pack(self, meters: Iterable[Meter]) -> bytes:
        """Bases of these meters as a blob for the outbox."""
        held = ((meter.asset_no, self._meters.cells(meter.asset_no)) for meter in meters)
        return pack((asset, cells) for asset, cells in held if cells is not None)

    def pack_watches(self, meters: Iterable[Meter]) -> bytes:
        """Conditions under watch of these meters as a blob for the outbox."""
        known = (self._meters.get(meter.asset_no) for meter in meters)
        return pack_tracks({k.meter.asset_no: k.live for k in known if k and k.live and k.live.watches})

    def unpack_watches(self, blob: bytes) -> None:
        """Take up the conditions of a blob; its meters' bases come first."""
        for asset, track in unpack_tracks(blob):
            if (known := self._meters.get(asset)) is not None:
                known.live = track

    def unpack(self, blob: bytes, archive: Archive) -> None:
        """Take up the bases of a blob; meters that are no longer in the archive are left out."""
        for asset, cells in unpack(blob, self._root):
            if (meter := archive.by_asset.get(asset)) is not None:
                self._admit(meter, cells)
        for finding in self.book.lasting():
            if finding.rule == _ABSENT.id and (known := self._meters.get(finding.meter)):
                known.absent_since = finding.began

    def knows(self, target: str) -> bool:
        """Whether any meter of this target was seen since the start."""
        meters = map(self._archive.by_asset.get, self._meters)
        return any(meter is not None and meter.target == target for meter in meters)

    def base(self, asset: str, point: str) -> Base | None:
        """The last accepted register of a point, for people and tests."""
        cells = self._meters.cells(asset)
        return cells.get(point) if cells else None

    def _answered_by(self, meter: Meter, stranger: str, now: datetime) -> Finding | None:
        """The asked meter gave nothing and another address answered its question (R002).

        The archive's own meters of that line are left out: their late answers are no question of identity.
        """
        if any(_same(other.address, stranger) for other in self._archive.by_target.get(meter.target, ())):
            return None
        known = self._meters.get(meter.asset_no) or self._admit(meter)
        view = View(
            reading=_nothing(meter, now),
            kind=Kind.OTHER,
            limits=known.limits,
            units=0,
            at=0,
            now=now,
            address=stranger,
            expected=meter.address,
        )
        verdict = _IDENTITY.judge(view)
        if not isinstance(verdict, Hit):
            return None
        self.stats.hits[_IDENTITY.id] += 1
        return self.book.hit(_IDENTITY, meter, "", verdict, now)

    def by_hand(self, asset: str, point: str) -> bool:
        """Whether the last accepted register of a point is one that somebody brought."""
        known = self._meters.get(asset)
        return known is not None and known.by_hand(point)

    def _meter_of(self, asset: str) -> Meter | None:
        return self._archive.by_asset.get(asset)

    def _limits(self, meter: Meter) -> Limits:
        review = self._review.get(meter.customer_class) or self._review.get("default") or _DEFAULT
        return limits_of(meter, review)

    def _admit(self, meter: Meter, cells: Cells | None = None) -> Known:
        return self._meters.put(meter.asset_no, self._known(meter, cells or Cells(self._root)))

    def _revived(self, asset: str, cells: Cells) -> Known:
        return self._known(self._archive.by_asset[asset], cells)

    def _known(self, meter: Meter, cells: Cells) -> Known:
        known = Known(meter=meter, limits=self._limits(meter), cells=cells)
        self._rebase(known)
        return known

    def _rebase(self, known: Known) -> None:
        """An exchange record gives the new meter its first base."""
        exchange = self._exchanges.get(known.meter.asset_no)
        if exchange is None:
            return
        at = int(exchange.at.timestamp())
        for point, value in exchange.new_initials.items():
            base = known.cells.get(point)
            if base is None or base.at < at:
                units = int(value * SCALE)
                known.cells.put(point, Base(units, at, at, units))

    def _plainly(
        self, known: Known, readings: Sequence[Reading], now: datetime, synced: bool, due: datetime | None
    ) -> list[Reading] | None:
        """All values stamped PASSED if every one is beyond doubt, else None and nothing has changed."""
        if known.lows or known.clock_off or (known.hand_until and now.timestamp() < known.hand_until):
            return None
        if readings and readings[0].origin in HANDS:
            return None
        screen = Screen(known, now, synced, due)
        if not all(map(screen.good, readings)) or not screen.sound():
            return None
        flags = 0 if synced else int(Flag.CLOCK_UNSYNCED)
        screen.keep(self._tz)
        stats = self.stats
        stats.passed += len(readings)
        for rules in screen.unjudged():
            stats.skip(rules)
        return [stamped(reading, _PASSED, "", flags) for reading in readings]


def _same(one: str, other: str) -> bool:
    """Whether these are one address, in whatever length they are written."""
    return one == other or one.lstrip("0") == other.lstrip("0")


def _nothing(meter: Meter, slot: datetime) -> Reading:
    return Reading(
        meter=meter.asset_no, point="", value=None, unit="", at=slot, read_at=slot, source=meter.target
    )
