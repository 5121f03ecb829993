"""Application data: the data unit identifier and what follows it (IEC 60870-5-102, 7.2)."""

from dataclasses import dataclass

from protocols.errors import FrameError
from protocols.iec102.dialect import Dialect

__all__ = ["Asdu", "decode", "encode"]

_SEQUENCE, _COUNT = 0x80, 0x7F
_TEST, _NEGATIVE, _CAUSE = 0x80, 0x40, 0x3F


@dataclass(frozen=True, slots=True, kw_only=True)
class Asdu:
    """One piece of application data. `count` objects; with `sequence` only the first has an address.

    `record` is RAD, `station` the common address.
    """

    type: int
    count: int = 1
    sequence: bool = False
    cause: int = 6
    negative: bool = False
    test: bool = False
    station: int = 0
    record: int = 0
    body: bytes = b""


def encode(asdu: Asdu, dialect: Dialect) -> bytes:
    """The bytes after the link address; raises FrameError for a station that does not fit its width."""
    try:
        station = asdu.station.to_bytes(dialect.station_bytes, "little")
    except OverflowError as error:
        raise FrameError("header", f"station {asdu.station}") from error
    cause = asdu.cause | asdu.negative * _NEGATIVE | asdu.test * _TEST
    head = bytes((asdu.type, asdu.count | asdu.sequence * _SEQUENCE, cause))
    return head + station + bytes((asdu.record,)) + asdu.body


def decode(raw: bytes, dialect: Dialect) -> Asdu:
    """Raises FrameError with kind length for data too short for its identifier."""
    head = 4 + dialect.station_bytes
    if len(raw) < head:
        raise FrameError("length", f"{len(raw)} bytes of application data, {head} at least")
    return Asdu(
        type=raw[0],
        count=raw[1] & _COUNT,
        sequence=bool(raw[1] & _SEQUENCE),
        cause=raw[2] & _CAUSE,
        negative=bool(raw[2] & _NEGATIVE),
        test=bool(raw[2] & _TEST),
        station=int.from_bytes(raw[3 : head - 1], "little"),
        record=raw[head - 1],
        body=raw[head:],
    )
