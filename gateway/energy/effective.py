"""The one effective reading of a meter, point and instant, and whether two sources agree."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from gateway.energy.series import Register
from protocols.reading import Method, Origin, Reading, State

__all__ = ["BY_PERSON", "USABLE", "agree", "effective", "precedence", "rank", "registers"]

BY_PERSON = frozenset({State.ACCEPTED, State.EDITED, State.FINAL})
"""States that a person gave."""
USABLE = BY_PERSON | {State.PASSED, State.ESTIMATED}
"""States of readings that may enter a sum; an estimated one makes the energy estimated."""

_METHODS = {Method.FREEZE: 1, Method.SETTLEMENT: 1, Method.REREAD: 1, Method.CURVE: 2, Method.LIVE: 3}
_HANDS = {Origin.HHU_AUTO: 4, Origin.FILE: 4, Origin.HHU_KEYED: 5, Origin.MANUAL: 5}
_ESTIMATED = 6
_UNUSABLE = 9


def rank(origin: Origin, method: Method, state: State) -> int:
    """Place in the order of sources, the best is 0; 9 is never used.

    What a person accepted goes first, then a freeze of the meter or of the terminal, a register of the curve,
    a live value, what a hand-held read by itself, what was keyed, and last what was estimated.
    """
    if state in BY_PERSON:
        return 0
    if state not in USABLE:
        return _UNUSABLE
    if state is State.ESTIMATED:
        return _ESTIMATED
    return _HANDS.get(origin) or _METHODS.get(method, _ESTIMATED)


def precedence(reading: Reading) -> tuple[int, int, int, datetime, str, str]:
    """Sort key: of readings of one meter, point and instant the smallest is the effective one.

    Of equal rank the higher version counts, then the finer register, then the one that came first: what comes
    late from an equal source changes nothing.
    """
    value = reading.value if reading.value is not None else Decimal(0)
    place = _UNUSABLE if reading.value is None else rank(reading.origin, reading.method, reading.state)
    return place, -reading.version, -decimals(value), reading.read_at, reading.source, str(value)


def effective(readings: Iterable[Reading]) -> dict[tuple[str, str, datetime], Reading]:
    """The effective reading of every meter, point and instant; where none is usable the key is not there."""
    found: dict[tuple[str, str, datetime], Reading] = {}
    for one in readings:
        key = (one.meter, one.point, one.at)
        held = found.get(key)
        if held is None or precedence(one) < precedence(held):
            found[key] = one
    return {key: one for key, one in found.items() if precedence(one)[0] != _UNUSABLE}


def registers(readings: Iterable[Reading], point: str) -> dict[str, list[Register]]:
    """Effective registers of one point by meter, in the order of their instants."""
    found: dict[str, list[Register]] = {}
    for (meter, its, _), one in sorted(effective(readings).items()):
        if its == point and one.value is not None:
            register = Register(one.at, one.value, one.state, one.method, one.flags)
            found.setdefault(meter, []).append(register)
    return found


def decimals(value: Decimal) -> int:
    """Decimal places that a value was given with."""
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def agree(one: Decimal, other: Decimal) -> bool:
    """Whether two registers of one instant are the same at the coarser of their resolutions (R004, R013).

    A terminal may keep fewer decimals than the meter, cut off or rounded: less than one coarse step is equal.
    """
    return abs(one - other) < Decimal(1).scaleb(-min(decimals(one), decimals(other)))
