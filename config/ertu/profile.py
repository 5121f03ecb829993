"""What a site's ERTU does its own way, and which object of a tie meter is which point."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from protocols.iec102.dialect import Dialect
from protocols.iec102.types import TypeUp, down, part, up
from protocols.points import find, is_obis, without_period

__all__ = ["Block", "Place", "PlacedPoint", "Profile"]

_RANGES = frozenset({"range", "objects"})
_OWN = "iec102:"
Want = Literal["live", "freeze", "load_record", "settlement"]
Width = Annotated[int, Field(ge=1, le=2)]
Minutes = Annotated[int, Field(ge=0, le=1_440)]


class PlacedPoint(NamedTuple):
    """A point at an offset from a meter's first object: value = counter x `scale`, from this part of the object."""

    offset: int
    point: str
    scale: Decimal
    unit: str
    part: str = "total"


class Place(NamedTuple):
    """Where a meter's first object is: its station and its address there."""

    station: int
    first: int


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Block(_Form):
    """Objects that are asked for by one type of question, for these memories of a meter."""

    ask: int
    wants: Annotated[tuple[Want, ...], Field(min_length=1)]
    points: Annotated[tuple[PlacedPoint, ...], Field(min_length=1)]

    @field_validator("points", mode="before")
    @classmethod
    def _rows(cls, given: Any) -> Any:
        return [_row(row) for row in given] if isinstance(given, list) else given

    @property
    def span(self) -> int:
        """How many objects of a meter it reaches over."""
        return 1 + max(row.offset for row in self.points)


def _row(row: Any) -> PlacedPoint:
    if not isinstance(row, list) or len(row) not in (4, 5) or not isinstance(row[0], int):
        raise ValueError(f"{row!r} is not [offset, point, scale, unit] or [offset, point, scale, unit, part]")
    offset, point, scale, unit, *rest = row
    if not 0 <= offset <= 0xFFFF:
        raise ValueError(f"{offset}: an offset is 0 to 65535")
    known = find(str(point))
    if known is not None and known.unit != unit:
        raise ValueError(f"{point} is in {known.unit}, not in {unit}")
    if known is None and (is_obis(str(point)) or not str(point).startswith(_OWN)):
        raise ValueError(f"{point!r} is no known OBIS code and no name of the form {_OWN}NAME")
    try:
        factor = Decimal(str(scale))
    except ArithmeticError as error:
        raise ValueError(f"{scale!r} is no number") from error
    if not factor.is_finite() or not factor:
        raise ValueError(f"{scale!r} is no scale")
    return PlacedPoint(offset, str(point), factor, str(unit), *map(str, rest))


class Profile(_Form):
    """One site's dialect; a key that is left out is as the standard has it.

    `address_bytes`, `station_bytes`, `object_bytes`: widths of link address, common address, object address.
    `station`: the common address where it is not the link address. `objects_per_station`: where objects count on in
    the next station's address after so many; 0: they do not. `record`: RAD of questions.
    `checksum`: lenient takes answers whose frame checksum is wrong. `status`: what bit 7 of a value's status says:
    iv it is invalid, valid it is valid, ignore nothing. `status_first`: the link's status is asked before its reset.
    `empty_polls`: polls without data, `poll_ms` apart, after which an answer is given up.
    `period_minutes`: totals are kept at these steps from midnight on. `stamp_minutes`: what is added to a stamp to get
    the instant of the value. `before_minutes`, `after_minutes`: how far around an instant it is asked for.
    `signed`: whether totals may be negative. `up`: types of answers of the site's own, `answered`: which types answer
    a type of question.
    """

    title: str
    title_zh: str
    source: Annotated[tuple[str, ...], Field(min_length=1)]
    address_bytes: Width = 2
    station_bytes: Width = 2
    object_bytes: Width = 1
    station: Annotated[int, Field(ge=0, le=0xFFFF)] | None = None
    objects_per_station: Annotated[int, Field(ge=0, le=0xFFFF)] = 0
    record: Annotated[int, Field(ge=0, le=255)] = 0
    checksum: Literal["strict", "lenient"] = "strict"
    status: Literal["iv", "valid", "ignore"] = "iv"
    status_first: bool = False
    empty_polls: Annotated[int, Field(ge=1, le=1_000)] = 10
    poll_ms: Annotated[int, Field(ge=10, le=60_000)] = 500
    period_minutes: Annotated[int, Field(ge=1, le=1_440)] = 15
    stamp_minutes: Annotated[int, Field(ge=-1_440, le=1_440)] = 0
    before_minutes: Minutes = 0
    after_minutes: Minutes = 1
    signed: bool = True
    up: tuple[tuple[int, str, str, tuple[str, ...], str], ...] = ()
    answered: dict[int, tuple[int, ...]] = {}
    block: Annotated[tuple[Block, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if 1_440 % self.period_minutes:
            raise ValueError(f"period_minutes: {self.period_minutes} does not divide a day")
        types = self.types
        for block in self.block:
            known = down().get(block.ask)
            if known is None or known.body not in _RANGES:
                raise ValueError(f"block: type {block.ask} asks for no range of objects")
            if known.body == "objects" and set(block.wants) != {"live"}:
                raise ValueError(f"block: type {block.ask} has no memory, only live")
            parts = {
                one.name
                for kind in self.answered.get(block.ask, known.answers)
                for one in (types[kind].parts if kind in types else ())
            }
            if lacking := {row.part for row in block.points} - parts:
                names = ", ".join(sorted(parts))
                raise ValueError(
                    f"block {block.ask}: no part {', '.join(sorted(lacking))}; there are {names}"
                )
        return self

    @property
    def types(self) -> Mapping[int, TypeUp]:
        """The types of answers."""
        found = {number: self._unsigned(kind) for number, kind in up().items()}
        for number, name, name_zh, parts, shared in self.up:
            found[number] = TypeUp(number, name, name_zh, tuple(map(part, parts)), shared)
        return found

    def _unsigned(self, kind: TypeUp) -> TypeUp:
        if self.signed or not kind.addressed:
            return kind
        parts = tuple(part(f"{one.name}:{_UNSIGNED.get(one.form, one.form)}") for one in kind.parts)
        return TypeUp(kind.number, kind.name, kind.name_zh, parts, kind.shared)

    @property
    def dialect(self) -> Dialect:
        """What the codec needs of it."""
        return Dialect(
            address_bytes=self.address_bytes,
            station_bytes=self.station_bytes,
            object_bytes=self.object_bytes,
            station=self.station,
            record=self.record,
            lenient=self.checksum == "lenient",
            status=self.status,
            status_first=self.status_first,
            empty_polls=self.empty_polls,
            up=self.types,
            answered=self.answered,
        )

    @property
    def span(self) -> int:
        """How many objects a meter takes."""
        return max(block.span for block in self.block)

    def place(self, point_no: int, link: int) -> Place:
        """Station and address of a meter's first object; raises ValueError where its objects do not fit there."""
        station = self.station if self.station is not None else link
        first, most = point_no, 256**self.object_bytes - 1
        if self.objects_per_station:
            beyond, first = divmod(point_no - 1, self.objects_per_station)
            station, first, most = station + beyond, first + 1, min(most, self.objects_per_station)
        if point_no < 1 or first + self.span - 1 > most:
            raise ValueError(f"objects {first} to {first + self.span - 1}: 1 to {most} there are")
        if station >= 256**self.station_bytes:
            raise ValueError(f"station {station} does not fit {self.station_bytes} bytes")
        return Place(station, first)

    def where(self, points: Sequence[str], want: str) -> Iterator[tuple[Block, PlacedPoint, str]]:
        """Where each of these points is found for a memory: block, place and the point as it was asked for."""
        for point in points:
            wanted = without_period(point) if want == "settlement" else point
            for block in self.block:
                row = next((row for row in block.points if row.point == wanted), None)
                if want in block.wants and row is not None:
                    yield block, row, point
                    break


_UNSIGNED = {"i16": "u16", "i24": "u24", "i32": "u32"}
