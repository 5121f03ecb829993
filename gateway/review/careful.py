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
from gateway.review.rules import RULES, Rule
from gateway.review.stamp import stamped
from gateway.review.view import UNJUDGED, Hit, Moved, View
from protocols.reading import Flag, Method, Reading, State

__all__ = ["COMBINATION_WORD", "REGISTERS", "Careful"]

COMBINATION_WORD = "dlt645:04000601"
REGISTERS = frozenset({Kind.FORWARD, Kind.TARIFF, Kind.REVERSE, Kind.REGISTER})
_BY_KIND: dict[Kind, tuple[Rule, ...]] = {kind: tuple(r for r in RULES if kind in r.kinds) for kind in Kind}
_BY_ID = {rule.id: rule for rule in RULES}
_FROM_MEMORY = frozenset({Method.FREEZE, Method.CURVE, Method.SETTLEMENT})
_UNDECODED = (_BY_ID["R001"], _BY_ID["R002"])


class Careful:
    """One answer of one meter, judged rule by rule."""

    def __init__(
        self, stats: ReviewStats, book: Book, known: Known, now: datetime, *, synced: bool, tz: ZoneInfo
    ) -> None:
        self._stats, self._book, self._known = stats, book, known
        self._now, self._synced, self._tz = now, synced, tz
        self._findings: list[Finding] = []
        self._beside: dict[str, int] = {}
        self._moved: dict[str, Moved] = {}

    def run(
        self, readings: Sequence[Reading], address: str, due: datetime | None
    ) -> tuple[list[Reading], list[Finding]]:
        """Stamp every value; returns them with the findings to publish."""
        self._survey(readings)
        self._integrate(readings)
        done = [self._judge(reading, address, due) for reading in readings]
        return done, self._findings

    def _survey(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            if reading.value is None:
                continue
            units = self._beside[reading.point] = int(reading.value * SCALE)
            base = self._known.cells.get(reading.point)
            if base is not None:
                self._moved[reading.point] = Moved(units - base.value, int(reading.at.timestamp()) - base.at)
        if COMBINATION_WORD in self._beside:
            self._known.word = self._beside[COMBINATION_WORD] // SCALE

    def _integrate(self, readings: Sequence[Reading]) -> None:
        """Bring the power integrals up to this answer."""
        power = next(
            (
                r
                for r in readings
                if r.value is not None and r.method is Method.LIVE and kind_of(r.point) is Kind.POWER
            ),
            None,
        )
        known = self._known
        if power is None or power.value is None:
            return
        at, kilowatt = int(power.at.timestamp()), float(power.value)
        if known.power is None:
            known.power = Power(at, kilowatt)
            return
        known.power.take(at, kilowatt)
        if any(self._moved[p].units for p in ("1-0:1.8.0", "1-0:2.8.0") if p in self._moved):
            known.power.moved()

    def _judge(self, reading: Reading, address: str, due: datetime | None) -> Reading:
        if reading.value is None and reading.state is not State.REJECTED:
            self._stats.missing += 1
            return stamped(reading, State.MISSING, reading.reason, self._clock_flags(reading))
        view = self._view(reading, address, due)
        rules = _UNDECODED if reading.value is None else _BY_KIND[view.kind]
        hits = self._apply(rules, view)
        flags = self._clock_flags(reading)
        for hit in hits.values():
            flags |= hit.flags
        return self._settle(view, hits, flags)

    def _apply(self, rules: Sequence[Rule], view: View) -> dict[str, Hit]:
        hits: dict[str, Hit] = {}
        meter, at = self._known.meter, view.reading.at
        for rule in rules:
            verdict = UNJUDGED if rule.timed and not self._synced else rule.judge(view)
            if verdict is UNJUDGED:
                self._stats.unjudged[rule.id] += 1
                continue
            if isinstance(verdict, Hit):
                if hits.keys() & set(rule.unless):
                    continue
                hits[rule.id] = verdict
                self._stats.hits[rule.id] += 1
                finding = self._book.hit(rule, meter, view.reading.point, verdict, at)
            else:
                finding = self._book.passed(rule.id, meter.asset_no, view.reading.point, at)
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
            work=power.work if power else None,
            rest=power.rest if power else None,
            low=(known.lows or {}).get(point),
            word=known.word,
            other=self._other(reading),
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
