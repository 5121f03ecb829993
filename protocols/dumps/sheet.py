"""A list of registers to read, in the words of a profile: the records of a dump that are not filled in yet."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from protocols.dumps.record import Row, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean

__all__ = ["COLUMNS", "Sheet", "SheetError", "Unfit", "Words", "meters"]

COLUMNS = (
    "batch_id", "route", "seq", "cons_no", "cons_name", "addr", "asset_no", "comm_addr", "lon", "lat", "read_type",
    "digits", "multiplier", "last_time", "last_read", "this_read", "read_time", "status", "mode", "ex_code",
    "reader_id", "remark",
)  # fmt: skip
"""What a list has, in this order, where the profile does not name columns of its own."""
_TEXTS = ("batch_id", "route", "seq", "cons_no", "cons_name", "addr", "asset_no", "comm_addr", "remark")
_NUMBERS = ("multiplier", "last_read", "lon", "lat")
_MARKS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}
_PATTERN = re.compile("|".join(_MARKS))
_SPOKEN = {"auto", "epoch_s", "epoch_ms"}
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


class SheetError(Exception):
    """No list can be written in this layout; `reason` is a code."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class Unfit(Exception):
    """A register that the layout has no room for: `field` is the one that does not fit."""

    def __init__(self, row: Row, field: str) -> None:
        super().__init__(f"{row.asset_no}: {field}")
        self.row = row
        self.field = field


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A list and what became of it while it was written.

    `facts` go into a header record (batch_id, created, route). `left_out` are rows that the layout cannot hold;
    `replaced` counts characters that the encoding does not have.
    """

    rows: Sequence[Row]
    facts: Mapping[str, str]
    left_out: list[Unfit] = field(default_factory=list)
    replaced: int = 0


class Words:
    """Texts of a row's cells as one profile writes them.

    `zone` is that of local times; `chinese` chooses between the common names of columns and registers; `compact`
    writes times without marks.
    """

    def __init__(self, spec: Spec, zone: tzinfo, *, chinese: bool, compact: bool = False) -> None:
        self._spec, self._zone, self._chinese = spec, zone, chinese
        self._time = _time_pattern(spec.times, compact=compact)
        self.wide = tuple(name[5:] for name in spec.names if name.startswith("this:"))

    def heading(self, name: str) -> str:
        """The heading of a field."""
        names = self._spec.names.get(name, (name,))
        return names[1] if self._chinese and names[0] == name and len(names) > 1 else names[0]

    def columns(self) -> tuple[str, ...]:
        """The fields of a list with headings."""
        known = [name for name in COLUMNS if name in self._spec.names]
        if not self.wide:
            return tuple(known)
        here = known.index("this_read") if "this_read" in known else len(known)
        registers = [name for name in self._spec.names if name.startswith(("last:", "this:"))]
        single = {"read_type", "last_read", "this_read"}
        return tuple(name for name in (*known[:here], *registers, *known[here:]) if name not in single)

    def code(self, name: str, meant: str, fits: Callable[[str], bool] = lambda _: True) -> str:
        """What stands for a meaning: the profile's own code, a common one that fits, or the meaning itself."""
        own = self._spec.codes.get(name, {}).get(meant)
        if own is not None:
            return own
        common = [given for given, means in self._spec.values.get(name, {}).items() if means == meant]
        spoken = common[1:] if self._chinese or name == "status" else []
        return next((given for given in (*spoken, meant, *common) if fits(given)), meant)

    def texts(self, row: Row, fits: Callable[[str], bool] = lambda _: True) -> dict[str, str]:
        """The cells of one register; `fits` tells whether a code of its type has room."""
        cells = {name: clean(getattr(row, name)) for name in _TEXTS}
        cells |= {name: self.number(getattr(row, name)) for name in _NUMBERS}
        cells["digits"] = "" if row.digits is None else str(row.digits)
        cells["read_type"] = self.code("read_type", row.point, fits)
        cells["last_time"] = self.time(row.last_time)
        cells["status"] = self.code("status", str(Status.UNREAD))
        return cells

    def broad(self, rows: Iterable[Row]) -> dict[str, str]:
        """The cells of one meter in a layout with a column for each register."""
        cells: dict[str, str] = {}
        for row in rows:
            cells = self.texts(row) | {name: text for name, text in cells.items() if ":" in name}
            cells[f"last:{row.point}"] = self.number(row.last_read)
        return cells

    def number(self, value: Decimal | None) -> str:
        """A plain number with the profile's decimal mark."""
        if value is None:
            return ""
        return f"{value:f}".replace(".", self._spec.decimal if self._spec.decimal == "," else ".")

    def time(self, at: datetime | None) -> str:
        """A local time as the profile writes it."""
        if at is None:
            return ""
        if self._time in _SPOKEN:
            seconds = int(at.astimezone(UTC).timestamp())
            return str(seconds * 1000 if self._time == "epoch_ms" else seconds)
        return at.astimezone(self._zone).strftime(self._time)


def meters(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows of one meter that follow each other."""
    together: list[Row] = []
    for row in rows:
        if together and row.asset_no != together[0].asset_no:
            yield together
            together = []
        together.append(row)
    if together:
        yield together


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers stay what they are."""
    return f"'{text}" if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def _time_pattern(patterns: Sequence[str], *, compact: bool) -> str:
    own = [pattern for pattern in patterns if pattern not in _SPOKEN]
    if own:
        return _PATTERN.sub(lambda mark: _MARKS[mark[0]], own[0].replace("%", "%%"))
    if "auto" not in patterns:
        return patterns[0]
    return "%Y%m%d%H%M%S" if compact else "%Y-%m-%d %H:%M:%S"
