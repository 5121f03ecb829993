"""DA and DT: which measuring points and which Fn a data unit is about (clause 4.3.4.4)."""

from collections.abc import Iterable, Sequence

__all__ = ["LAST_FN", "LAST_PN", "SIZE", "decode_unit", "encode_unit", "groups"]

SIZE = 4
LAST_PN, LAST_FN = 2040, 248
_ALL = (0xFF, 0x00)


def encode_unit(pns: Sequence[int], fns: Sequence[int]) -> bytes:
    """One data unit identifier: points of one group of eight, or (0,), with Fn of one group of eight.

    Raises ValueError for numbers out of range or of several groups.
    """
    return _points(pns) + _functions(fns)


def _points(pns: Sequence[int]) -> bytes:
    if tuple(pns) == (0,):
        return bytes(2)
    group = {(pn - 1) // 8 for pn in pns}
    if len(group) != 1 or not all(1 <= pn <= LAST_PN for pn in pns):
        raise ValueError(f"measuring points {tuple(pns)} do not fit one data unit")
    mask = sum(1 << (pn - 1) % 8 for pn in set(pns))
    return bytes((mask, group.pop() + 1))


def _functions(fns: Sequence[int]) -> bytes:
    group = {(fn - 1) // 8 for fn in fns}
    if len(group) != 1 or not all(1 <= fn <= LAST_FN for fn in fns):
        raise ValueError(f"F{tuple(fns)} do not fit one data unit")
    return bytes((sum(1 << (fn - 1) % 8 for fn in set(fns)), group.pop()))


def decode_unit(raw: bytes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Measuring points and Fn of four bytes, each ascending; (0,) is the terminal itself, () all points (FFH 00H).

    Raises ValueError for bytes that name nothing.
    """
    if len(raw) != SIZE:
        raise ValueError(f"{len(raw)} bytes are no data unit identifier")
    da1, da2, dt1, dt2 = raw
    fns = tuple(8 * dt2 + bit + 1 for bit in range(8) if dt1 >> bit & 1)
    if not fns or fns[-1] > LAST_FN:
        raise ValueError(f"DT {dt1:02X} {dt2:02X} names no Fn")
    if (da1, da2) == (0, 0):
        return (0,), fns
    if (da1, da2) == _ALL:
        return (), fns
    pns = tuple(8 * (da2 - 1) + bit + 1 for bit in range(8) if da1 >> bit & 1)
    if not pns or not da2:
        raise ValueError(f"DA {da1:02X} {da2:02X} names no point")
    return pns, fns


def groups(pns: Iterable[int], fns: Iterable[int]) -> list[bytes]:
    """As few data unit identifiers as cover all points with all Fn, points first."""
    return [encode_unit(some, wanted) for some in _by_eight(pns) for wanted in _by_eight(fns)]


def _by_eight(numbers: Iterable[int]) -> list[list[int]]:
    found: dict[int, list[int]] = {}
    for number in sorted(set(numbers)):
        found.setdefault((number - 1) // 8, []).append(number)
    return list(found.values())
