"""Judges the scenes of an answer: dwell, hysteresis and suppression of the rules on phases and wiring."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.finding import Finding
from gateway.review.dwell import Track, Watch
from gateway.review.findings import Book
from gateway.review.known import Known, ReviewStats
from gateway.review.limits import Limits
from gateway.review.rules import SCENE_RULES, Rule
from gateway.review.scene import PLACES, Scene, scene_of, scenes_of
from gateway.review.view import UNJUDGED, Hit
from protocols.reading import Reading

__all__ = ["Stage", "lacking"]

_WHOLE = frozenset({0, 1, 2})
Stamps = dict[tuple[str, datetime], dict[str, Hit]]
"""Hits by point and instant of the reading that they stamp."""


@lru_cache(maxsize=4096)
def lacking(limits: Limits, presence: int) -> tuple[str, ...]:
    """Rules that a calm scene with these quantities leaves unjudged, one name for each phase."""
    if limits.phases is None:
        return tuple(rule.id for rule in SCENE_RULES)
    quiet = [limits.un or 1.0] * 3 + [0.01] * (len(PLACES) - 3)
    here = [value if presence >> place & 1 else None for place, value in enumerate(quiet)]
    scene = scene_of(here, 0, limits)
    names = []
    for rule in _rules(limits):
        for phase, _ in _places(rule, limits):
            scene.phase = phase
            if rule.judge(scene) is UNJUDGED:
                names.append(rule.id)
    return tuple(names)


@lru_cache(maxsize=64)
def _for(wiring: str) -> tuple[Rule[Scene], ...]:
    return tuple(rule for rule in SCENE_RULES if wiring in rule.wirings)


def _rules(limits: Limits) -> Sequence[Rule[Scene]]:
    return _for(limits.wiring)


def _places(rule: Rule[Scene], limits: Limits) -> Iterable[tuple[int, str]]:
    """Phase and point of everything that a rule judges."""
    if len(rule.points) == 1:
        return ((0, rule.points[0]),)
    return ((phase, rule.points[phase]) for phase in limits.phases or ())


class Stage:
    """The scenes of one answer of one meter."""

    def __init__(self, stats: ReviewStats, book: Book, known: Known, tz: ZoneInfo) -> None:
        self._stats, self._book, self._known, self._tz = stats, book, known, tz
        self._active: dict[str, frozenset[int]] = {}
        self.findings: list[Finding] = []
        self.stamps: Stamps = {}

    def play(self, readings: Iterable[Reading]) -> None:
        """Judge every scene."""
        limits = self._known.limits
        scenes = scenes_of(readings, limits)
        if not scenes or limits.phases is None:
            self._stats.skip(lacking(limits, 0))
            return
        for scene, group in scenes:
            self._active = {}
            track = self._known.track(scene.at)
            for rule in _rules(limits):
                for phase, point in _places(rule, limits):
                    verdict = self._judge(rule, scene, phase, track)
                    if verdict is not None:
                        self._stamp(rule, point, group, verdict)

    def _stamp(self, rule: Rule[Scene], point: str, group: Iterable[Reading], hit: Hit) -> None:
        for reading in group:
            if reading.point == point:
                self.stamps.setdefault((point, reading.at), {})[rule.id] = hit

    def _judge(self, rule: Rule[Scene], scene: Scene, phase: int, track: Track) -> Hit | None:
        """The hit that stands, if it does."""
        point = rule.points[phase if len(rule.points) > 1 else 0]
        key = (rule.id, point)
        mine = frozenset({phase}) if len(rule.points) > 1 else _WHOLE
        watch = track.watches.get(key)
        if any(self._active.get(other, frozenset()) & mine for other in rule.suppressed_by):
            self._stats.unjudged_one(rule.id)
            if watch is not None and not watch.is_on and not rule.daily:
                del track.watches[key]
            return None
        scene.phase, scene.lasting = phase, watch is not None and watch.is_on
        verdict = rule.judge(scene)
        if scene.lasting or isinstance(verdict, Hit):
            self._active[rule.id] = self._active.get(rule.id, frozenset()) | mine
        if verdict is UNJUDGED:
            self._stats.unjudged_one(rule.id)
            return None
        if not isinstance(verdict, Hit):
            self._passed(rule, point, scene, watch, track)
            return None
        watch = track.watches.setdefault(key, Watch())
        if not self._holds(rule, watch, scene):
            return None
        self._stats.hits[rule.id] += 1
        self._tell(self._book.hit(rule, self._known.meter, point, verdict, self._instant(scene)))
        return verdict

    def _holds(self, rule: Rule[Scene], watch: Watch, scene: Scene) -> bool:
        review = scene.limits.review
        if rule.daily:
            return watch.seen(self._instant(scene).toordinal(), review.reverse_days, held=True)
        return watch.holds(scene.at, review.dwell_seconds)

    def _passed(self, rule: Rule[Scene], point: str, scene: Scene, watch: Watch | None, track: Track) -> None:
        review = scene.limits.review
        if watch is not None:
            if rule.daily:
                watch.seen(self._instant(scene).toordinal(), review.reverse_days, held=False)
                is_over, is_done = not watch.is_on, not watch.days
            else:
                is_over = is_done = watch.ends(scene.at, review.restore_seconds)
            if is_done:
                del track.watches[rule.id, point]
            if not is_over:
                return
        self._tell(self._book.passed(rule.id, self._known.meter.asset_no, point, self._instant(scene)))

    def _instant(self, scene: Scene) -> datetime:
        return datetime.fromtimestamp(scene.at, self._tz)

    def _tell(self, finding: Finding | None) -> None:
        if finding is not None:
            self.findings.append(finding)
