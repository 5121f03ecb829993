"""The objects of what an ERTU sends, and the bodies of what a master asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from protocols.iec102.asdu import Asdu
from protocols.iec102.dialect import Dialect
from protocols.iec102.stamp import TA_BYTES, TB_BYTES, Stamp, decode_ta, decode_tb
from protocols.iec102.types import Part, TypeUp

__all__ = ["Body", "Object", "Wanted", "decode_body", "decode_wanted", "size_of"]


@dataclass(frozen=True, slots=True)
class Object:
    """One object: its address (None where it has none) and its parts by name, numbers or times."""

    address: int | None
    parts: Mapping[str, int | Stamp]


@dataclass(frozen=True, slots=True)
class Body:
    """What was decoded. `shared` is the time of all objects; `tail` what could not be decoded, `error` why."""

    objects: tuple[Object, ...] = ()
    shared: Stamp | None = None
    tail: bytes = b""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks for: object addresses from, to, and times from, to, where it names them."""

    first: int | None = None
    last: int | None = None
    since: Stamp | None = None
    until: Stamp | None = None

    @property
    def named(self) -> tuple[int | datetime | None, ...]:
        """Objects and instants alone, without what else a time tells."""
        times = [one.at if one is not None else None for one in (self.since, self.until)]
        return self.first, self.last, *times


def decode_body(asdu: Asdu, dialect: Dialect) -> Body:
    """The objects of an answer; never raises, whatever the bytes."""
    kind = dialect.up.get(asdu.type)
    if kind is None:
        return Body(tail=asdu.body, error=f"type {asdu.type} is not known")
    end = len(asdu.body) - _SHARED[kind.shared]
    width = dialect.object_bytes if kind.addressed else 0
    needed = asdu.count * kind.size + width * (1 if asdu.sequence else asdu.count)
    if end != needed:
        return Body(
            tail=asdu.body, error=f"{asdu.count} objects of type {kind.number} take {needed} bytes, not {end}"
        )
    objects = tuple(_objects(asdu, kind, width))
    return Body(objects, _stamp(asdu.body[end:], kind.shared))


_SHARED = {"": 0, "ta": TA_BYTES, "tb": TB_BYTES}


def _objects(asdu: Asdu, kind: TypeUp, width: int) -> list[Object]:
    objects: list[Object] = []
    at, address = 0, 0
    for number in range(asdu.count):
        if width and (number == 0 or not asdu.sequence):
            address = int.from_bytes(asdu.body[at : at + width], "little")
            at += width
        else:
            address += 1
        parts: dict[str, int | Stamp] = {}
        for one in kind.parts:
            parts[one.name] = _value(asdu.body[at : at + one.size], one)
            at += one.size
        objects.append(Object(address if width else None, parts))
    return objects


def _value(raw: bytes, one: Part) -> int | Stamp:
    if one.form in ("ta", "tb"):
        return decode_ta(raw) if one.form == "ta" else decode_tb(raw)
    return int.from_bytes(raw, "little", signed=one.form.startswith("i"))


def _stamp(raw: bytes, form: str) -> Stamp | None:
    if not form:
        return None
    return decode_ta(raw) if form == "ta" else decode_tb(raw)


def decode_wanted(asdu: Asdu, dialect: Dialect) -> Wanted | None:
    """What a question, or its confirmation, names; None where its body has another shape than its type's."""
    kind = dialect.down.get(asdu.type)
    width = dialect.object_bytes
    if kind is None or len(asdu.body) != size_of(kind.body, width):
        return None
    body, rest = asdu.body, asdu.body[2 * width :]
    first, last = int.from_bytes(body[:width], "little"), int.from_bytes(body[width : 2 * width], "little")
    if kind.body == "range":
        return Wanted(first, last, decode_ta(rest[:TA_BYTES]), decode_ta(rest[TA_BYTES:]))
    if kind.body == "span":
        return Wanted(since=decode_ta(body[:TA_BYTES]), until=decode_ta(body[TA_BYTES:]))
    if kind.body == "objects":
        return Wanted(first, last)
    return Wanted(since=decode_tb(body)) if kind.body == "tb" else Wanted()


def size_of(shape: str, width: int) -> int:
    """Bytes of a question's body of this shape."""
    return {
        "": 0,
        "range": 2 * width + 2 * TA_BYTES,
        "span": 2 * TA_BYTES,
        "objects": 2 * width,
        "tb": TB_BYTES,
    }[shape]
