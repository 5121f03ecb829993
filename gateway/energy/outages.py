"""From what equipment told of its supply to times without any."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Spell", "spells", "together"]


@dataclass(frozen=True, slots=True, order=True)
class Spell:
    """A time without supply, from `began` up to `ended`, both aware; None: nobody told its end."""

    began: datetime
    ended: datetime | None = None


def spells(told: Iterable[Spell], powered: Iterable[datetime]) -> list[Spell]:
    """Spells of one piece of equipment, in their order.

    Of two reports of one beginning the one with an end counts. An end that nobody told is the first instant after the
    beginning at which there was power: one of `powered`, or the beginning of the next spell.
    """
    known: dict[datetime, datetime | None] = {}
    for one in told:
        ends = [end for end in (known.get(one.began), one.ended) if end is not None]
        known[one.began] = max(ends, default=None)
    signs = sorted({*powered, *known})
    return [Spell(began, ended or _after(signs, began)) for began, ended in sorted(known.items())]


def _after(signs: Sequence[datetime], began: datetime) -> datetime | None:
    place = bisect_right(signs, began)
    return signs[place] if place < len(signs) else None


def together(several: Sequence[Sequence[Spell]], until: datetime) -> list[Spell]:
    """The times in which all of them are without supply; what has no end lasts `until` then."""
    if not several:
        return []
    common, *others = ([(one.began, one.ended or until) for one in own] for own in several)
    for other in others:
        common = [
            (max(one[0], two[0]), min(one[1], two[1]))
            for one in common
            for two in other
            if max(one[0], two[0]) < min(one[1], two[1])
        ]
    return [Spell(began, ended) for began, ended in sorted(common)]
