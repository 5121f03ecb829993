"""Which Fn to ask for some points, and with which time tag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from protocols.errors import CatalogueError
from protocols.gdw1376_1.body import Unit
from protocols.gdw1376_1.catalogue import lookup, size_of, where
from protocols.gdw1376_1.units import SIZE

__all__ = ["Wanted", "plan", "share"]

_LIVE, _FREEZE, _SETTLEMENT, _CURVE, _READING_DAY = (
    "live",
    "freeze",
    "settlement",
    "load_record",
    "reading_day",
)
# Appendix C: the density that names a point of this many minutes; the coarsest that fits.
_DENSITIES = ((15, 1), (5, 254), (1, 255))
# A frame without its data units, with the counters of events.
_FRAME = 18
_POINTS_OF_UNIT = 8
_SOME_FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - terminals know local time only
_Place = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Fn to be asked together. `tag` follows the identifier, `size` is the answer's bytes for one measuring point.

    `fits` tells whether what came belongs to the instant that was asked for.
    """

    afn: int
    fns: tuple[int, ...]
    tag: bytes
    size: int
    fits: Callable[[Unit], bool]


def plan(
    points: Sequence[str], want: str, *, at: datetime | None = None, freeze_offset: int = 1
) -> tuple[Wanted, ...]:
    """What to ask for these points as `want` (live, freeze, settlement, load_record).

    `at` is the naive local instant of a stored value; `freeze_offset` the days from a freeze's date to its midnight.
    A settlement that is not on the first of a month is a meter-reading-day freeze. Raises CatalogueError.
    """
    memory, tag, name, text = _moment(want, at, freeze_offset)
    places = _cover(points, memory)
    afns = sorted({afn for afn, _ in places})
    found = []
    for afn in afns:
        fns = tuple(sorted(fn for of, fn in places if of == afn))
        size = sum(SIZE + len(tag) + size_of(afn, fn) for fn in fns)
        found.append(Wanted(afn=afn, fns=fns, tag=tag, size=size, fits=_fits(name, text)))
    return tuple(found)


def share(points: Sequence[str], want: str, frame_bytes: int) -> tuple[float, float, float]:
    """What one measuring point takes where many are asked for together: questions, bytes sent and bytes answered.

    Points that no Fn gives cost nothing.
    """
    known = [point for point in points if where(point, want)]
    questions = sent = answered = 0.0
    for wanted in plan(known, want, at=_SOME_FIRST):
        together = max(1, (frame_bytes - _FRAME) // wanted.size)
        questions += 1 / together
        sent += _FRAME / together + (SIZE + len(wanted.tag)) / _POINTS_OF_UNIT
        answered += _FRAME / together + wanted.size
    return questions, sent, answered


def _fits(name: str, text: str) -> Callable[[Unit], bool]:
    return lambda unit: not name or unit.data.get(name) == text


def _moment(want: str, at: datetime | None, offset: int) -> tuple[str, bytes, str, str]:
    """Which memory, the time tag, and the name and text with which an answer repeats it."""
    if want == _LIVE:
        return want, b"", "", ""
    if at is None or want not in (_FREEZE, _SETTLEMENT, _CURVE):
        raise CatalogueError(f"a terminal has no {want}")
    if want == _CURVE:
        density = next((code for step, code in _DENSITIES if at.minute % step == 0), 255)
        tag = bytes.fromhex(at.strftime("%M%H%d%m%y")) + bytes((density, 1))
        return want, tag, "ts", at.isoformat(timespec="minutes")
    if at != at.replace(hour=0, minute=0, second=0, microsecond=0):
        raise CatalogueError(f"a terminal freezes at midnight, not at {at:%H:%M:%S}")
    if want == _SETTLEMENT and at.day == 1:
        month = at - timedelta(days=1)
        return want, bytes.fromhex(month.strftime("%m%y")), "Td_m", f"{month:%Y-%m}"
    day = at - timedelta(days=offset)
    memory = _READING_DAY if want == _SETTLEMENT else want
    return memory, bytes.fromhex(day.strftime("%d%m%y")), "Td_d", f"{day:%Y-%m-%d}"


def _cover(points: Sequence[str], memory: str) -> set[_Place]:
    """Few Fn, and of those the shorter ones, that have all the points."""
    wanted = {point: set(where(point, memory)) for point in points}
    if lacking := sorted(point for point, places in wanted.items() if not places):
        raise CatalogueError(f"no Fn of Q/GDW 1376.1 gives {', '.join(lacking)} as {memory}")
    found: set[_Place] = set()
    while left := {point: places for point, places in wanted.items() if not places & found}:
        candidates = sorted(set().union(*left.values()))
        found.add(min(candidates, key=lambda place: _cost(place, left)))
    return found


def _cost(place: _Place, left: dict[str, set[_Place]]) -> float:
    """Bytes of an answer for each point that it brings."""
    fn = lookup(*place)
    tag = fn.tag_bytes if fn is not None else 0
    return (SIZE + tag + size_of(*place)) / sum(place in places for places in left.values())
