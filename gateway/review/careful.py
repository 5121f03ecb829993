"""The slow way of review: every rule for every value of an answer that is not plainly good."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.finding import Finding
from gateway.review.base import Base
from gateway.review.findings import Book
from gateway.review.known import HAND, HANDS, Known, ReviewStats, same_day
from gateway.review.limits import SCALE, Kind, kind_of
from gateway.review.power import Power
from gateway.review.rules import BY_ID, VALUE_RULES, Rule
from gateway.review.rules.rule import REGISTERS
from gateway.review.stage import Stage
from gateway.review.stamp import stamped
from gateway.review.view import UNJUDGED, Hit, Moved, View
from protocols.reading import Flag, Method, Reading, State

__all__ = ["COMBINATION_WORD", "DAYLESS", "FORWARD", "Careful", "power_of"]

COMBINATION_WORD = "dlt645:04000601"
FORWARD = "1-0:1.8.0"
DAYLESS = ("R029", "R030")
"""Rules that a meter without a curve leaves unjudged."""
_BY_KIND = {kind: tuple(rule for rule in VALUE_RULES if kind in rule.kinds) for kind in Kind}
_FROM_MEMORY = frozenset({Method.FREEZE, Method.CURVE, Method.SETTLEMENT})
_UNDECODED: tuple[Rule[View], ...] = (BY_ID["R001"], BY_ID["R002"])
_REMEMBERED = frozenset({Kind.PARAMETER, Kind.COVER})


class Careful:
    """One answer of one meter, judged rule by rule."""

    def __init__(
        self, stats: ReviewStats, book: Book, known: Known, now: datetime, *, synced: bool, tz: ZoneInfo
    ) -> None:
        self._stats, self._book, self._known = stats, book, known
        self._now, self._synced, self._tz = now, synced, tz
        self._stage = Stage(stats, book, known, tz)
        self._findings = self._stage.findings
        self._beside: dict[str, int] = {}
        self._moved: dict[str, Moved] = {}
        self._lacking: frozenset[str] = frozenset()
        self._is_powered = False

    def run(
        self,
        readings: Sequence[Reading],
        address: str,
        due: datetime | None,
        lacking: frozenset[str] = frozenset(),
    ) -> tuple[list[Reading], list[Finding]]:
        """Stamp every value; returns them with the findings to publish."""
        self._lacking = lacking
        self._survey(readings)
        self._integrate(readings)
        self._stage.play(readings)
        if self._known.curves is None and FORWARD in self._beside:
            self._stats.skip(DAYLESS)
        done = [self._judge(reading, address, due) for reading in readings]
        self._mark()
        return done, self._findings

    def _survey(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            if reading.value is None:
                if reading.state is not State.REJECTED:
                    self._lacking |= {reading.point}
                continue
            units = self._beside[reading.point] = int(reading.value * SCALE)
            base = self._known.cells.get(reading.point)
            if base is not None:
                seconds = int(reading.at.timestamp()) - base.at
                self._moved[reading.point] = Moved(units - base.value, seconds, base.at)
        if COMBINATION_WORD in self._beside:
            self._known.word = self._beside[COMBINATION_WORD] // SCALE

    def _integrate(self, readings: Sequence[Reading]) -> None:
        """Bring the power integrals up to this answer."""
        known = self._known
        power = power_of(readings)
        if power is not None:
            self._is_powered = True
            if known.power is None:
                known.power = Power(*power)
            else:
                known.power.take(*power)
        if known.power is not None and any(
            self._moved[p].units for p in (FORWARD, "1-0:2.8.0") if p in self._moved
        ):
            known.power.moved()

    def _mark(self) -> None:
        """A register accepted beside a power begins that power's work anew."""
        base, power, moved = self._known.cells.get(FORWARD), self._known.power, self._moved.get(FORWARD)
        if not self._is_powered or power is None or base is None or FORWARD not in self._beside:
            return
        if moved is None or base.at == moved.began + moved.seconds:
            power.mark(base.at)

    def _judge(self, reading: Reading, address: str, due: datetime | None) -> Reading:
        if reading.value is None and reading.state is not State.REJECTED:
            self._stats.missing += 1
            return stamped(reading, State.MISSING, reading.reason, self._clock_flags(reading))
        view = self._view(reading, address, due)
        rules = _UNDECODED if reading.value is None else _BY_KIND[view.kind]
        hits = self._apply(rules, view) | self._stage.stamps.get((reading.point, reading.at), {})
        flags = self._clock_flags(reading)
        for hit in hits.values():
            flags |= hit.flags
        return self._settle(view, hits, flags)

    def _apply(self, rules: Sequence[Rule[View]], view: View) -> dict[str, Hit]:
        hits: dict[str, Hit] = {}
        meter, at = self._known.meter, view.reading.at
        for rule in rules:
            suppressed = bool(hits) and not hits.keys().isdisjoint(rule.suppressed_by)
            silent = suppressed or (rule.timed and not self._synced)
            verdict = UNJUDGED if silent else rule.judge(view)
            if verdict is UNJUDGED:
                self._stats.unjudged_one(rule.id)
                continue
            if isinstance(verdict, Hit):
                hits[rule.id] = verdict
                self._stats.hits[rule.id] += 1
                finding = self._book.hit(rule, meter, view.reading.point, verdict, at)
            elif self._book.watched(meter.asset_no):
                finding = self._book.passed(rule.id, meter.asset_no, view.reading.point, at)
            else:
                continue
            if finding is not None:
                self._findings.append(finding)
        return hits

    def _settle(self, view: View, hits: dict[str, Hit], flags: int) -> Reading:
        worst = max((hit.severity for hit in hits.values()), default=0)
        if view.reading.state is State.SUSPECT:
            worst = max(worst, 2)  # doubted before: what stood beside it in a dump did not fit
        said = filter(None, view.reading.reason.split(","))
        reason = ",".join(
            dict.fromkeys([*sorted(hits, key=lambda rule: (-hits[rule].severity, rule)), *said])
        )
        known, point = self._known, view.reading.point
        if view.kind is Kind.CLOCK and self._synced and view.reading.value is not None:
            known.clock_off = worst >= 2
            self._stats.clock(abs(view.units) / SCALE)
        if view.kind in REGISTERS and "R020" in hits:
            known.lows = {**(known.lows or {}), point: view.units}
        elif view.kind in REGISTERS and known.lows and worst < 2:
            known.lows.pop(point, None)
        if view.kind in _REMEMBERED and worst < 3:
            self._remember(view)
        if worst >= 3:
            self._stats.rejected[reason.partition(",")[0]] += 1
            return stamped(view.reading, State.REJECTED, reason, flags)
        if worst == 2:
            self._stats.suspect += 1
            return stamped(view.reading, State.SUSPECT, reason, flags)
        self._stats.passed += 1
        if view.kind in REGISTERS:
            self._accept(view, rolled="R021" in hits)
        return stamped(view.reading, State.PASSED, reason, flags)

    def _remember(self, view: View) -> None:
        """What changed by a hand is what the next is compared with."""
        base = view.base
        if base is None or base.at <= view.at:
            since = view.at if base is None or base.value != view.units else base.since
            self._known.cells.put(view.reading.point, Base(view.units, view.at, since, view.units))

    def _accept(self, view: View, *, rolled: bool) -> None:
        base = view.base
        if base is not None and view.units < base.value and not rolled:
            return  # jitter or a late value: the base stays
        if view.reading.origin in HANDS:
            self._known.take(view.reading.point, view.units, view.at, self._tz)
            return
        if base is None and self._known.by_hand(view.reading.point):
            self._known.cells.put(view.reading.point, Base(view.units, view.at, view.at, view.units))
            return
        self._known.accept(view.reading.point, view.units, view.at, self._tz)

    def _view(self, reading: Reading, address: str, due: datetime | None) -> View:
        known, point = self._known, reading.point
        by_hand = reading.origin in HANDS
        base, power = known.cells.get(point), None if by_hand else known.power
        if not by_hand and known.by_hand(point):
            base = None  # what somebody brought is compared by R013; it does not condemn the meter's own word
        return View(
            reading=reading,
            kind=kind_of(point),
            limits=known.limits,
            units=self._beside.get(point, 0),
            at=int(reading.at.timestamp()),
            now=self._now,
            synced=self._synced,
            base=base,
            installed=known.meter.valid_from,
            due=due,
            address=address,
            expected=known.meter.address,
            beside=self._beside,
            moved=self._moved,
            work=power.work if power and self._is_powered and base and power.since == base.at else None,
            rest=power.rest if power else None,
            low=(known.lows or {}).get(point),
            word=known.word,
            other=self._other(reading),
            lacking=self._lacking,
            missing_days=None,  # the 21st: Python 3.11 keeps 2,000 used tuples of 20 and takes none of them up again
        )

    def _other(self, reading: Reading) -> Base | None:
        """The register of the same day from the other kind of source."""
        known, point = self._known, reading.point
        by_hand = reading.origin in HANDS
        found = known.cells.get(point if by_hand else HAND + point)
        if found is None or (by_hand and known.by_hand(point)):
            return None
        return found if same_day(found.at, int(reading.at.timestamp()), self._tz) else None

    def _clock_flags(self, reading: Reading) -> int:
        flags = 0 if self._synced else Flag.CLOCK_UNSYNCED
        if self._known.clock_off and reading.method in _FROM_MEMORY:
            flags |= Flag.CLOCK_OFF
        return int(flags)


def power_of(readings: Sequence[Reading]) -> tuple[int, float] | None:
    """Instant and size in kW of the live total power of an answer, if it has one."""
    for reading in readings:
        if (
            reading.value is not None
            and reading.method is Method.LIVE
            and kind_of(reading.point) is Kind.POWER
        ):
            return int(reading.at.timestamp()), float(reading.value)
    return None
