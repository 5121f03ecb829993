"""The canonical record: what every dump is turned into, and what a row that is none leaves behind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

__all__ = ["Bad", "Item", "Mode", "Notes", "Row", "Status", "Swap", "Trailer"]


class Status(StrEnum):
    """What became of one register on the route."""

    UNREAD = "unread"
    READ = "read"
    FAILED = "failed"


class Mode(StrEnum):
    """How the value came into the reader."""

    KEYED = "keyed"
    IR = "ir"
    RF = "rf"
    BARCODE = "barcode"
    AUTO = "auto"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A meter exchange as one row tells it, for the register of that row.

    `at` aware; `new_asset` empty where the reader did not note the new number; ratios None where not noted.
    """

    at: datetime | None
    old_final: Decimal | None
    new_initial: Decimal | None
    new_asset: str = ""
    ct: Decimal | None = None
    pt: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of one register, as the dump has it.

    `offset` is the byte where its record begins and `line` its line, record or row number from 1; `offset` is
    None where a format has no rows in bytes (tables of a database, cells of a workbook). `point` is an OBIS code
    and values are in the point's own unit. `read_time` is aware; None in a row that was not read. `last_*` and
    `multiplier` are what the file claims: they are compared, never taken over. `interval` is the length in
    minutes of an interval's energy that ends at `read_time`, None for a register. `quality` is the file's own
    code. `usual` is what the file calls the customer's usual energy of a period in kWh, multiplier included. `dated`
    is false where the time of day is not known.
    """

    line: int
    offset: int | None
    point: str
    unit: str
    status: Status
    asset_no: str = ""
    comm_addr: str = ""
    cons_no: str = ""
    cons_name: str = ""
    addr: str = ""
    route: str = ""
    seq: str = ""
    batch_id: str = ""
    machine_no: str = ""
    reader_id: str = ""
    reader_name: str = ""
    digits: int | None = None
    multiplier: Decimal | None = None
    last_read: Decimal | None = None
    last_time: datetime | None = None
    usual: Decimal | None = None
    this_read: Decimal | None = None
    read_time: datetime | None = None
    dated: bool = True
    mode: Mode = Mode.KEYED
    ex_code: str = ""
    ex_text: str = ""
    estimated: bool = False
    doubted: bool = False
    quality: str = ""
    rolled: bool = False
    interval: int | None = None
    swap: Swap | None = None
    lon: Decimal | None = None
    lat: Decimal | None = None
    gps_time: datetime | None = None
    photo_ref: str = ""
    signal: str = ""
    battery: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that goes into quarantine: where it begins, why, in which field, and what stood there."""

    line: int
    offset: int | None
    reason: str
    field: str = ""
    text: str = ""


Item = Row | Bad
"""What a parser yields."""


@dataclass(frozen=True, slots=True)
class Trailer:
    """What the end of a file says of its rows; None: not said.

    `figures` are the numbers of a trailer whose fields have no fixed places: count and control sum in this order,
    apart or as one row of digits, the sum perhaps in hundredths. They are not read but held against what was
    counted.
    """

    count: int | None = None
    total: Decimal | None = None
    figures: tuple[str, ...] = ()

    def wrong(self, count: int, total: Decimal | None) -> tuple[str, str] | None:
        """(reason, detail) where the end contradicts what was read; `total` None: the sum is not known."""
        if self.figures and not self._agrees(count, total):
            counted = self._agrees(count, None)
            told = " ".join(self.figures)
            return (
                ("trailer_sum", f"{told} != {total}") if counted else ("trailer_count", f"{told} != {count}")
            )
        if self.count is not None and self.count != count:
            return "trailer_count", f"{self.count} != {count}"
        if self.total is not None and total is not None and self.total != total:
            return "trailer_sum", f"{self.total} != {total}"
        return None

    @property
    def summed(self) -> bool:
        """Whether a control sum is there."""
        return self.total is not None or bool(self.figures)

    def _agrees(self, count: int, total: Decimal | None) -> bool:
        first, *rest = self.figures
        if rest:
            return first.isdigit() and int(first) == count and _same(rest[0], total)
        cuts = (
            cut for cut in range(1, len(first) + 1) if first[:cut].isdigit() and int(first[:cut]) == count
        )
        return any(cut == len(first) or _same(first[cut:], total) for cut in cuts)


def _same(text: str, total: Decimal | None) -> bool:
    return total is None or Decimal(text) == total or ("." not in text and Decimal(text).scaleb(-2) == total)


@dataclass(slots=True)
class Notes:
    """What a parser learns of the file beside its rows, filled while it runs.

    `refusals` are (reason, detail) that forbid taking any row; `remarks` are told and forbid nothing. `facts`
    are words of the header (machine, reader, created, ...). `records` counts data records as the trailer of the
    file does (one record may give several rows); `deleted` ones were skipped as their file says.
    """

    encoding: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    records: int = 0
    deleted: int = 0
    trailer: Trailer | None = None
    refusals: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, reason: str, detail: str = "") -> None:
        """Forbid the file."""
        self.refusals.append((reason, detail))

    def remark(self, reason: str, detail: str = "") -> None:
        """Tell something, once."""
        if (reason, detail) not in self.remarks:
            self.remarks.append((reason, detail))


Items = Iterator[Row | Bad]
