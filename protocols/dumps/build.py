"""Cells of a record to canonical rows: one for each register that the record has a column for."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from protocols.dumps.cells import CellError, Times, degrees, fold, identity, implied, narrow, number, whole
from protocols.dumps.record import Bad, Mode, Row, Status, Swap
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean
from protocols.points import find, is_obis

__all__ = ["Builder"]

_TEXTS = (
    "cons_name",
    "addr",
    "ex_text",
    "reader_name",
    "remark",
    "photo_ref",
    "signal",
    "battery",
    "quality",
)
_IDS = ("asset_no", "comm_addr", "cons_no")
_NAMES = ("route", "seq", "batch_id", "machine_no", "reader_id", "ex_code")
_PREFIX = {"Wh": ("Wh", 0), "kWh": ("Wh", 3), "MWh": ("Wh", 6), "varh": ("varh", 0), "kvarh": ("varh", 3),
           "Mvarh": ("varh", 6), "VAh": ("VAh", 0), "kVAh": ("VAh", 3), "W": ("W", 0), "kW": ("W", 3)}  # fmt: skip
_FOLDED = {unit.lower(): unit for unit in _PREFIX}
_SHOWN = 80
_FALSE = {"", "0", "n", "no", "false", "f", "否", "a"}


class Builder:
    """Makes rows of one file by its profile.

    `decimals` gives the decimals that a fixed-width field implies. A cell that is not right makes its row `Bad`.
    """

    def __init__(self, spec: Spec, tz: tzinfo, decimals: Mapping[str, int] | None = None) -> None:
        self._spec = spec
        self._times = Times(spec.times, tz, spec.newest)
        self._decimals = decimals or {}
        self._values = {
            name: {fold(given): meant for given, meant in table.items()}
            for name, table in spec.values.items()
        }
        self._mode = Mode(spec.mode)

    def build(self, cells: Mapping[str, str], line: int, offset: int | None) -> Iterator[Row | Bad]:
        """The rows of one record; `cells` by field, see `spec.FIELDS`."""
        if self._spec.constants:
            cells = {**self._spec.constants, **{name: text for name, text in cells.items() if text}}
        wide = [name[5:] for name in cells if name.startswith("this:")]
        if not wide:
            yield self._one(cells, line, offset, None)
            return
        given = [point for point in wide if narrow(cells[f"this:{point}"])]
        for point in given or wide[:1]:
            yield self._one(cells, line, offset, point)

    def _one(self, cells: Mapping[str, str], line: int, offset: int | None, point: str | None) -> Row | Bad:
        reader = _Cells(self, cells, point)
        try:
            return Row(line=line, offset=offset, **reader.row())
        except CellError as error:
            text = clean(cells.get(reader.at, "").strip(), _SHOWN)
            return Bad(line, offset, error.reason, reader.at.partition(":")[0], text)

    def word(self, name: str, text: str) -> str:
        """What a column's own code means, or the text itself."""
        table = self._values.get(name)
        return table.get(fold(text), text) if table else text

    def number(self, name: str, text: str) -> Decimal | None:
        """A number with the decimals that its field implies."""
        if name in self._decimals:
            return implied(text, self._decimals[name])
        return number(text, self._spec.decimal)

    def time(self, text: str) -> tuple[datetime, bool] | None:
        """A time by the profile's patterns."""
        return self._times.read(text)

    @property
    def spec(self) -> Spec:
        """The profile."""
        return self._spec

    @property
    def mode(self) -> Mode:
        """How values come in unless the row says otherwise."""
        return self._mode


class _Cells:
    """One record being read; `at` is the field looked at last, for the message."""

    def __init__(self, builder: Builder, cells: Mapping[str, str], point: str | None) -> None:
        self._builder, self._cells, self._wide = builder, cells, point
        self.at = ""

    def row(self) -> dict[str, Any]:
        """The fields of the record; raises CellError."""
        cells = self._cells
        found: dict[str, Any] = {name: self._id(name) for name in _IDS if cells.get(name)}
        if not found:
            self.at = "asset_no"
            raise CellError("identity_missing")
        found.update({name: clean(narrow(cells[name]), 64) for name in _NAMES if cells.get(name)})
        found.update({name: clean(cells[name].strip()) for name in _TEXTS if cells.get(name)})
        found["point"] = point = self._point()
        factor, found["unit"] = self._unit(point)
        suffix = f":{self._wide}" if self._wide else "_read"
        found["this_read"] = self._value(f"this{suffix}", factor)
        found["last_read"] = self._value(f"last{suffix}", factor)
        found["status"] = status = self._status(found["this_read"], found.get("ex_code", ""))
        found["read_time"], found["dated"] = self._read_time(needed=status is Status.READ)
        if status is not Status.READ:
            found["this_read"] = None
        found["mode"] = self._mode()
        self._rest(found)
        self._swap(found, factor)
        return found

    def _text(self, name: str) -> str:
        self.at = name
        return self._cells.get(name, "")

    def _id(self, name: str) -> str:
        return identity(self._text(name))

    def _value(self, name: str, factor: int) -> Decimal | None:
        text = self._text(name)
        if not text:
            return None
        value = self._builder.number(name, text)
        return value if value is None or not factor else value.scaleb(factor)

    def _point(self) -> str:
        if self._wide:
            return self._wide
        text = self._text("read_type").strip()
        if not text:
            return self._builder.spec.point
        point = self._builder.word("read_type", text)
        if not is_obis(point):
            raise CellError("read_type")
        return point

    def _unit(self, point: str) -> tuple[int, str]:
        """Power of ten from the file's unit to the point's own, and that unit."""
        known = find(point)
        own = known.unit if known else "kWh"
        text = narrow(self._text("unit"))
        if not text:
            return 0, own
        base, power = _PREFIX.get(_FOLDED.get(text.lower(), ""), ("", 0))
        own_base, own_power = _PREFIX.get(own, (own, 0))
        if text.lower() == own.lower():
            return 0, own
        if not base or base != own_base:
            raise CellError("unit")
        return power - own_power, own

    def _status(self, value: Decimal | None, code: str) -> Status:
        text = self._text("status").strip()
        if not text:
            if value is not None:
                return Status.READ
            return Status.FAILED if code.strip("0") else Status.UNREAD
        try:
            status = Status(self._builder.word("status", text))
        except ValueError:
            raise CellError("status") from None
        if status is Status.READ and value is None:
            self.at = f"this:{self._wide}" if self._wide else "this_read"
            raise CellError("value_missing")
        return status

    def _read_time(self, *, needed: bool) -> tuple[datetime | None, bool]:
        text = self._text("read_time")
        day = self._cells.get("read_date", "").strip()
        if day and (not text.strip() or _clock_only(text)):
            text = f"{day} {text.strip()}".strip()
            if text.partition(" ")[0].isdigit() and ":" in text:
                text = f"{day[:4]}-{day[4:6]}-{day[6:]} {text.partition(' ')[2]}"
        found = self._builder.time(text)
        if found is None:
            if needed:
                raise CellError("time_missing")
            return None, True
        return found

    def _mode(self) -> Mode:
        text = self._text("mode").strip()
        if not text:
            return self._builder.mode
        try:
            return Mode(self._builder.word("mode", text))
        except ValueError:
            raise CellError("mode") from None

    def _rest(self, found: dict[str, Any]) -> None:
        cells, builder = self._cells, self._builder
        if cells.get("digits"):
            found["digits"] = whole(self._text("digits"))
        if cells.get("multiplier"):
            found["multiplier"] = builder.number("multiplier", self._text("multiplier"))
        if cells.get("usual"):
            found["usual"] = builder.number("usual", self._text("usual"))
        for name in ("last_time", "gps_time"):
            if cells.get(name):
                time = builder.time(self._text(name))
                found[name] = time[0] if time else None
        for name, most in (("lon", 180), ("lat", 90)):
            if cells.get(name):
                found[name] = degrees(builder.number(name, self._text(name)), most)
        if cells.get("est_flag"):
            found["estimated"] = _true(builder.word("est_flag", cells["est_flag"]))
        if cells.get("roll_flag"):
            found["rolled"] = _true(builder.word("roll_flag", cells["roll_flag"]))

    def _swap(self, found: dict[str, Any], factor: int) -> None:
        cells, builder = self._cells, self._builder
        names = ("old_final", "new_initial", "exch_time", "new_asset")
        if not any(cells.get(name, "").strip() for name in names):
            return
        at = builder.time(self._text("exch_time"))
        found["swap"] = Swap(
            at=at[0] if at else None,
            old_final=self._value("old_final", factor),
            new_initial=self._value("new_initial", factor),
            new_asset=self._id("new_asset"),
            ct=self._value("new_ct", 0),
            pt=self._value("new_pt", 0),
        )


def _clock_only(text: str) -> bool:
    text = narrow(text)
    return len(text) <= len("24:00:00") and ":" in text


def _true(text: str) -> bool:
    return narrow(text).lower() not in _FALSE
