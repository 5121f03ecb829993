"""Questions to an ERTU, and the one frame that sets its clock. All of them read but `set_time`."""

from datetime import datetime

from protocols.errors import CatalogueError
from protocols.iec102.asdu import Asdu
from protocols.iec102.dialect import Dialect
from protocols.iec102.stamp import encode_ta, encode_tb

__all__ = ["product", "read_time", "set_time", "single_points", "totals"]

_REQUEST, _ACTIVATION, _SYNCHRONISE = 5, 6, 48
_READ_PRODUCT, _READ_POINTS, _READ_TIME, _SET_TIME = 100, 102, 103, 128


def _asdu(kind: int, cause: int, station: int, dialect: Dialect, body: bytes = b"") -> Asdu:
    return Asdu(type=kind, cause=cause, station=station, record=dialect.record, body=body)


def totals(
    kind: int, objects: tuple[int, int], span: tuple[datetime, datetime], station: int, dialect: Dialect
) -> Asdu:
    """Values of the objects from .. to of the instants from .. to (naive local); 120, 170, 172 and their like.

    Raises CatalogueError for a type that asks otherwise or an object beyond the width of its address.
    """
    known = dialect.down.get(kind)
    if known is None or known.body not in ("range", "objects"):
        raise CatalogueError(f"type {kind} asks for no range of objects")
    width = dialect.object_bytes
    try:
        body = b"".join(one.to_bytes(width, "little") for one in objects)
    except OverflowError as error:
        raise CatalogueError(f"objects {objects[0]} to {objects[1]} do not fit {width} bytes") from error
    if known.body == "range":
        body += encode_ta(span[0]) + encode_ta(span[1])
    return _asdu(kind, _ACTIVATION, station, dialect, body)


def single_points(span: tuple[datetime, datetime], station: int, dialect: Dialect) -> Asdu:
    """102: what happened in a span of naive local time."""
    return _asdu(_READ_POINTS, _ACTIVATION, station, dialect, encode_ta(span[0]) + encode_ta(span[1]))


def read_time(station: int, dialect: Dialect) -> Asdu:
    """103: the ERTU's clock."""
    return _asdu(_READ_TIME, _REQUEST, station, dialect)


def product(station: int, dialect: Dialect) -> Asdu:
    """100: who made it."""
    return _asdu(_READ_PRODUCT, _REQUEST, station, dialect)


def set_time(local: datetime, station: int, dialect: Dialect) -> Asdu:
    """128: sets the ERTU's clock to a naive local time; the send gate lets it pass only under `time_set`."""
    return _asdu(_SET_TIME, _SYNCHRONISE, station, dialect, encode_tb(local))
