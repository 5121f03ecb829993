"""The notation in which the catalogue writes how data is laid out, read into fields.

`XXXXXX.XX` and `NN.NN` are BCD digits with their decimal point, `YYMMDDhhmm` digits of a time (WW a weekday,
NN a number among them), `ASCII(n)` `BIN(n)` `BCD(n)` `HEX(n)` n bytes of that kind; `a+b` follows one
another, `x{3}` repeats, `x{n}` repeats to the end of the data. Everything multi-byte comes with its lowest
byte first.
"""

import functools
import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Field", "Group", "length_of", "parse", "scale_of"]

_NUMBER = re.compile(r"[XN]+(?:\.([XN]+))?")
_TIME = re.compile(r"(?:YY|MM|DD|WW|hh|mm|ss|NN)+")
_SIZED = re.compile(r"(ASCII|BIN|BCD|HEX)\((\d+)\)")
_PIECES = re.compile(r"(?:ASCII|BIN|BCD|HEX)\(\d+\)|[A-Za-z.]+|[()+]|\{\w+\}")


@dataclass(frozen=True, slots=True)
class Field:
    """One value: `kind` number, time, ascii, bin, bcd or hex; `size` in bytes, 0 for all that is left.

    `decimals` belongs to a number, `letters` to a time.
    """

    kind: str
    size: int
    decimals: int = 0
    letters: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that repeat; `count` None means until the data ends."""

    fields: tuple[Field, ...]
    count: int | None

    @property
    def size(self) -> int:
        """Bytes of one round."""
        return sum(field.size for field in self.fields)


@functools.lru_cache(maxsize=256)
def parse(layout: str) -> tuple[Group, ...]:
    """The groups of a layout; empty for a layout in words (load records, vendor data)."""
    if layout.startswith("LOADREC") or " " in layout or layout in {"composite", "vendor"}:
        return ()
    pieces = _PIECES.findall(layout)
    if "".join(pieces) != layout:
        raise ValueError(f"layout {layout!r}")
    groups: list[Group] = []
    nested: list[Field] | None = None
    for piece in pieces:
        if piece == "(":
            nested = []
        elif piece == ")":
            groups.append(Group(tuple(nested or ()), 1))
            nested = None
        elif piece[0] == "{":
            groups[-1] = Group(groups[-1].fields, int(piece[1:-1]) if piece[1:-1].isdigit() else None)
        elif piece != "+":
            if nested is not None:
                nested.append(_field(piece))
            else:
                groups.append(Group((_field(piece),), 1))
    return tuple(groups)


def _field(piece: str) -> Field:
    if number := _NUMBER.fullmatch(piece):
        decimals = len(number[1] or "")
        digits = len(piece) - (1 if decimals else 0)
        return Field("number", (digits + 1) // 2, decimals)
    if sized := _SIZED.fullmatch(piece):
        return Field(sized[1].lower(), int(sized[2]))
    if _TIME.fullmatch(piece):
        return Field("time", len(piece) // 2, letters=piece)
    if piece == "HEX":
        return Field("hex", 0)
    raise ValueError(f"layout {piece!r}")


def length_of(layout: str) -> int | str:
    """The bytes of a layout, or the rule `size*n` where it repeats to the end."""
    groups = parse(layout)
    if not groups:
        return "var"
    total = 0
    for group in groups:
        if group.count is None:
            return f"{group.size}*{layout[-2]}"
        total += group.size * group.count
    return total


def scale_of(layout: str) -> Decimal | None:
    """The value of the last digit where the layout is one number repeated, perhaps with times beside it."""
    fields = [field for group in parse(layout) for field in group.fields]
    numbers = {field.decimals for field in fields if field.kind == "number"}
    if not fields or fields[0].kind != "number" or len(numbers) != 1:
        return None
    return Decimal(1).scaleb(-numbers.pop())
