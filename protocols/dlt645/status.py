"""What the bits of a status or mode word mean."""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping

__all__ = ["names", "words"]

_Bits = tuple[tuple[int, str, str], ...]


def names(di: str, word: str | int) -> tuple[tuple[str, str], ...]:
    """English and Chinese names of the bits that are set, lowest first; a set bit without a name is "bit 15".

    `word` is a number or the text that decoding gives ("0x0050"). No names for identifiers that are no words.
    """
    table = words().get(di.upper())
    if table is None:
        return ()
    value = word if isinstance(word, int) else int(word, 16)
    known = {bit: (en, zh) for bit, en, zh in table}
    return tuple(known.get(bit, (f"bit {bit}",) * 2) for bit in range(value.bit_length()) if value >> bit & 1)


@functools.cache
def words() -> Mapping[str, _Bits]:
    """The bits of every word, by identifier: 8 digits of 2007, 4 of 1997."""
    file = importlib.resources.files(__package__) / "data" / "status.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    known: dict[str, _Bits] = {di: _bits(rows) for di, rows in data["words"].items()}
    for di, (en, zh) in data["phase"].items():
        known[di] = tuple((bit, en + what, zh + what_zh) for bit, what, what_zh in data["phase_bits"]["bits"])
    return known | {di: known[other] for di, other in data["same"].items()}


def _bits(rows: list[tuple[int, str, str]]) -> _Bits:
    return tuple((bit, en, zh) for bit, en, zh in rows)
