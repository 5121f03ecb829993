"""Where a SunSpec device keeps the models that are wanted (SunSpec Information Model Specification, clauses 6.1, 6.2).

A device marks the begin of its map with the text SunS at one of three addresses. Models follow each other from
there, each with its number and length in front, up to one with the number FFFFH.
"""

from collections.abc import Collection, Generator, Sequence

from protocols.modbus.plan import Request

__all__ = ["BASES", "discover"]

BASES = (40_000, 0, 50_000)
_MARK = [0x5375, 0x6E53]
_END = 0xFFFF
_HEAD = 2
_FUNCTION = 3
# A map that goes round in circles is no map.
_MOST_MODELS = 100


def discover(wanted: Collection[int]) -> Generator[Request, Sequence[int] | None, dict[int, int]]:
    """Yields requests, is sent their words (None for a refusal), returns where each model wanted begins.

    The first of several models of one number counts. Ends as soon as one of the wanted is found.
    """
    for base in BASES:
        words = yield Request(_FUNCTION, base, _HEAD)
        if words is not None and list(words) == _MARK:
            return (yield from _walk(base + _HEAD, wanted))
    return {}


def _walk(place: int, wanted: Collection[int]) -> Generator[Request, Sequence[int] | None, dict[int, int]]:
    for _ in range(_MOST_MODELS):
        if place > _END - _HEAD:
            break
        head = yield Request(_FUNCTION, place, _HEAD)
        if head is None or head[0] == _END:
            break
        number, length = head
        if number in wanted:
            return {number: place}
        place += _HEAD + length
    return {}
