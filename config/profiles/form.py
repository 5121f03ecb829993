"""What a profile may say; every mistake in one is named with its key and line."""

import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import timedelta, timezone
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.locate import line_of
from config.text import say
from protocols.alike import alike
from protocols.dumps.cells import Times, fold
from protocols.dumps.record import Mode, Status
from protocols.dumps.spec import FIELDS, FORMATS, RecordSpec, Slice, Spec, TrailerSpec
from protocols.points import find, is_obis, nearest

__all__ = ["ProfileError", "made"]

_ENCODINGS = Literal["auto", "utf-8", "gb18030", "utf-16-le", "utf-16-be", "latin-1"]
_TRANSLATED = ("read_type", "status", "mode", "est_flag", "roll_flag")
Names = Annotated[list[str | int] | str | int, Field()]


class ProfileError(ValueError):
    """A profile that cannot be used: `name` and every mistake."""

    def __init__(self, name: str, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(f"{name}: {mistake}" for mistake in mistakes))
        self.name = name
        self.mistakes = mistakes


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Field(_Form):
    field: str
    start: Annotated[int, Field(ge=1, le=65_535)]
    length: Annotated[int, Field(ge=1, le=4_096)]
    decimals: Annotated[int, Field(ge=0, le=8)] = 0

    @model_validator(mode="after")
    def _known(self) -> "_Field":
        _check_field(self.field, {*FIELDS, "count", "total"})
        return self


class _Record(_Form):
    prefix: str = ""
    kind: Literal["header", "data", "trailer", "context", "skip"] = "data"
    fields: list[_Field] = []
    loose: bool = False


class _Trailer(_Form):
    first: Annotated[list[str], Field(min_length=1)]
    count: Annotated[int, Field(ge=2, le=64)] | None = None
    total: Annotated[int, Field(ge=2, le=64)] | None = None


class _Asset(_Form):
    leading_zeros: bool = True
    barcode_length: Annotated[int, Field(ge=4, le=64)] = 22
    barcode_slice: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    barcode_tail: Annotated[int, Field(ge=0, le=32)] = 0


class _Profile(_Form):
    title: str
    title_zh: str
    format: Literal[FORMATS]  # type: ignore[valid-type]
    common: bool = True
    encoding: _ENCODINGS = "auto"
    delimiter: Annotated[str, Field(min_length=1, max_length=4)] = "auto"
    quote: bool = True
    header: bool = True
    comment: str = ""
    required: list[str] = []
    times: Annotated[list[str], Field(min_length=1)] = ["auto"]
    timezone: str = ""
    decimal: Literal["auto", ".", ","] = "auto"
    point: str = "1-0:1.8.0"
    mode: Literal["keyed", "ir", "rf", "barcode", "auto", "file"] = "keyed"
    length: Annotated[int, Field(ge=0, le=65_535)] = 0
    tables: list[str] = []
    bad_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    columns: dict[str, Names] = {}
    registers: dict[str, Names] = {}
    last_registers: dict[str, Names] = {}
    values: dict[str, dict[str, list[str]]] = {}
    constants: dict[str, str] = {}
    record: list[_Record] = []
    trailer: _Trailer | None = None
    asset: _Asset = _Asset()

    @model_validator(mode="after")
    def _fits(self) -> "_Profile":
        for name in (*self.columns, *self.required, *self.constants):
            _check_field(name, FIELDS)
        for code in (self.point, *self.registers, *self.last_registers):
            _check_point(code)
        for name, table in self.values.items():
            _check_values(name, table)
        Times(self.times, timezone(timedelta(0)))
        if self.timezone:
            _check_zone(self.timezone)
        if self.format == "fixed" and not any(one.kind == "data" for one in self.record):
            raise ValueError("record: a fixed-width profile needs a data record")
        for one in self.record:
            _check_record(one, self.length)
        return self


def _check_field(name: str, known: Iterable[str]) -> None:
    if name not in known:
        near = alike(name, sorted(known))
        raise ValueError(f"{name}: unknown field" + (f"; did you mean {near!r}?" if near else ""))


def _check_point(code: str) -> None:
    if not is_obis(code) or find(code) is None:
        raise ValueError(f"{code}: unknown point; did you mean {nearest(code)!r}?")


def _check_values(name: str, table: Mapping[str, object]) -> None:
    if name not in _TRANSLATED:
        raise ValueError(f"values.{name}: only {', '.join(_TRANSLATED)} are translated")
    allowed = {"status": [one.value for one in Status], "mode": [one.value for one in Mode]}.get(name)
    for meant in table:
        if name == "read_type":
            _check_point(meant)
        elif allowed is not None and meant not in allowed:
            raise ValueError(f"values.{name}.{meant}: expected {', '.join(allowed)}")


def _check_zone(name: str) -> None:
    if name[:1] in "+-":
        return
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"timezone: {name!r} is no IANA name and no offset as +10:00") from None


def _check_record(record: _Record, length: int) -> None:
    for one in record.fields:
        if length and one.start + one.length - 1 > length:
            raise ValueError(f"record.{one.field}: ends beyond byte {length}")


def made(name: str, text: str, table: Mapping[str, Any], common: Mapping[str, Any]) -> Spec:
    """The profile in a TOML text as a spec; raises ProfileError."""
    try:
        form = _Profile.model_validate(table)
        return _spec(name, form, common if form.common else {})
    except ValidationError as error:
        mistakes = tuple(_mistake(text, flaw) for flaw in error.errors())
    except ValueError as error:
        mistakes = (str(error),)
    raise ProfileError(name, mistakes)


def _mistake(text: str, flaw: Any) -> str:
    place = tuple(flaw["loc"])
    line = line_of(text, place) if place else None
    key = ".".join(map(str, place))
    if flaw["type"] == "extra_forbidden":
        near = alike(str(place[-1]), _Profile.model_fields)
        said = say("unknown key", "未知的键") + (f"; {near}?" if near else "")
    else:
        said = str(flaw["msg"]).removeprefix("Value error, ")
    return (f"line {line}: " if line else "") + (f"{key}: " if key else "") + said


def _listed(names: Names) -> list[str | int]:
    return names if isinstance(names, list) else [names]


def _spec(name: str, form: _Profile, common: Mapping[str, Any]) -> Spec:
    columns, places = _columns(form, common)
    return Spec(
        name=name,
        format=form.format,
        title=form.title,
        title_zh=form.title_zh,
        encoding=form.encoding,
        delimiter={"tab": "\t"}.get(form.delimiter, form.delimiter),
        quote=form.quote,
        header=form.header,
        comment=form.comment,
        columns=columns,
        names=_headings(form, common),
        codes={
            name: {meant: given[0] for meant, given in table.items() if given}
            for name, table in form.values.items()
        },
        positions=_positions(places, form.header),
        required=tuple(form.required),
        values=_values(form, common),
        constants=form.constants,
        times=tuple(form.times),
        timezone=form.timezone,
        decimal=form.decimal,
        point=form.point,
        mode=form.mode,
        records=tuple(
            RecordSpec(
                one.prefix,
                one.kind,
                tuple(Slice(f.field, f.start, f.length, f.decimals) for f in one.fields),
                one.loose,
            )
            for one in form.record
        ),
        length=form.length,
        trailer=TrailerSpec(tuple(form.trailer.first), form.trailer.count, form.trailer.total)
        if form.trailer
        else None,
        tables=tuple(form.tables),
        bad_share=form.bad_share,
        leading_zeros=form.asset.leading_zeros,
        barcode_length=form.asset.barcode_length,
        barcode_slice=(form.asset.barcode_slice[0], form.asset.barcode_slice[1])
        if form.asset.barcode_slice
        else None,
        barcode_tail=form.asset.barcode_tail,
    )


def _own(form: _Profile) -> dict[str, Names]:
    own: dict[str, Names] = dict(form.columns)
    own |= {f"this:{code}": names for code, names in form.registers.items()}
    own |= {f"last:{code}": names for code, names in form.last_registers.items()}
    return own


def _headings(form: _Profile, common: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What to write above each field."""
    found = {field: (field, *names) for field, names in common.get("columns", {}).items()}
    for field, names in _own(form).items():
        if given := tuple(name for name in _listed(names) if isinstance(name, str)):
            found[field] = given
    return found


def _columns(form: _Profile, common: Mapping[str, Any]) -> tuple[dict[str, str], dict[int, str]]:
    """Fields by folded header, the profile's own before the common ones, and fields by place from 1."""
    own = _own(form)
    columns: dict[str, str] = {}
    places: dict[int, str] = {}
    for field, names in own.items():
        for given in _listed(names):
            if isinstance(given, int):
                if given in places:
                    raise ValueError(f"columns: column {given} is both {places[given]} and {field}")
                places[given] = field
            elif columns.setdefault(fold(given), field) != field:
                raise ValueError(f"columns: {given!r} is both {columns[fold(given)]} and {field}")
    for field, names in common.get("columns", {}).items():
        for given in (field, *names):
            columns.setdefault(fold(given), field)
    return columns, places


def _positions(places: Mapping[int, str], header: bool) -> tuple[str, ...]:
    if header:
        if places:
            raise ValueError("columns: a column by its number needs header = false")
        return ()
    if not places or min(places) < 1:
        raise ValueError("columns: without a header every field is given by its column's number, from 1")
    return tuple(places.get(number, "") for number in range(1, max(places) + 1))


def _values(form: _Profile, common: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {}
    for source in (form.values, common.get("values", {})):
        for name, table in source.items():
            known = tables.setdefault(name, {})
            for meant, given in table.items():
                for one in (meant, *given):
                    known.setdefault(one, meant)
    return tables
