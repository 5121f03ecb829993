"""What a parser must know of a format: a profile in the form that code uses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

__all__ = ["FIELDS", "FORMATS", "TIMES", "RecordSpec", "Slice", "Spec", "TrailerSpec"]

FORMATS = (
    "delimited",
    "fixed",
    "dbf",
    "sqlite",
    "xlsx",
    "jsonl",
    "nem12",
    "nem13",
    "iec62056-21",
    "cim",
    "espi",
)
"""Layouts that profiles build on."""

TIMES = frozenset({"auto", "epoch_s", "epoch_ms"})
"""What may stand among a profile's times beside patterns."""

FIELDS = frozenset(
    {
        "batch_id", "machine_no", "reader_id", "reader_name", "route", "seq", "cons_no", "cons_name", "addr",
        "asset_no", "comm_addr", "read_type", "unit", "digits", "multiplier", "last_read", "last_time",
        "this_read", "read_time", "read_date", "status", "mode", "ex_code", "ex_text", "est_flag", "quality",
        "roll_flag", "old_final", "new_initial", "exch_time", "new_asset", "new_ct", "new_pt", "lon", "lat",
        "gps_time", "photo_ref", "signal", "battery", "remark", "created", "usual",
    }
)  # fmt: skip
"""Names of cells. Beside them `this:<OBIS>` and `last:<OBIS>` name registers that have columns of their own."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A field of a fixed-width record: first byte from 1, length in bytes, decimals that are implied."""

    field: str
    start: int
    length: int
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class RecordSpec:
    """One type of record: its prefix, what it is (header, data, trailer, context) and its fields.

    Fields of a context record belong to the data records that follow it. The figures of a `loose` trailer may stand
    anywhere in it: its fields say only how to write one.
    """

    prefix: str
    kind: str
    slices: tuple[Slice, ...]
    loose: bool = False


@dataclass(frozen=True, slots=True)
class TrailerSpec:
    """The last row of a delimited file: what its first cell may be, and which cells (from 1) hold the figures."""

    first: tuple[str, ...]
    count: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One profile.

    `columns` names the field of a header (folded as `cells.fold` does); `positions` the fields of a file without
    one. `values` translate what a column holds, by field. `times` are patterns of YYYY MM DD hh mm ss tokens,
    `auto`, `epoch_s` or `epoch_ms`; a pattern without a year means the latest such day up to `newest`. `timezone` is
    an IANA name or an offset as +10:00; empty: the gateway's own.
    For writing, `names` are the headings of each field as they are spelt, the profile's own or else the field's name
    and common ones, and `codes` the profile's own codes by field and meaning.
    """

    name: str
    format: str
    title: str = ""
    title_zh: str = ""
    encoding: str = "auto"
    delimiter: str = "auto"
    quote: bool = True
    header: bool = True
    comment: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    positions: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    times: tuple[str, ...] = ("auto",)
    newest: date | None = None
    timezone: str = ""
    decimal: str = "auto"
    point: str = "1-0:1.8.0"
    mode: str = "keyed"
    records: tuple[RecordSpec, ...] = ()
    length: int = 0
    trailer: TrailerSpec | None = None
    tables: tuple[str, ...] = ()
    bad_share: float = 0.05
    leading_zeros: bool = True
    barcode_length: int = 22
    barcode_slice: tuple[int, int] | None = None
    barcode_tail: int = 0

    @property
    def yearless(self) -> bool:
        """Whether a pattern of its times has no year."""
        return any("YY" not in pattern for pattern in self.times if pattern not in TIMES)
