"""A reading with what review says of it: a new record, made without the cost of `dataclasses.replace`."""

from protocols.reading import Reading, State

__all__ = ["stamped"]

_new = object.__new__
_meter = Reading.meter.__set__  # type: ignore[attr-defined]
_point = Reading.point.__set__  # type: ignore[attr-defined]
_value = Reading.value.__set__  # type: ignore[union-attr]
_unit = Reading.unit.__set__  # type: ignore[attr-defined]
_at = Reading.at.__set__  # type: ignore[attr-defined]
_read_at = Reading.read_at.__set__  # type: ignore[attr-defined]
_origin = Reading.origin.__set__  # type: ignore[attr-defined]
_state = Reading.state.__set__  # type: ignore[attr-defined]
_method = Reading.method.__set__  # type: ignore[attr-defined]
_reason = Reading.reason.__set__  # type: ignore[attr-defined]
_flags = Reading.flags.__set__  # type: ignore[attr-defined]
_version = Reading.version.__set__  # type: ignore[attr-defined]
_source = Reading.source.__set__  # type: ignore[attr-defined]


def stamped(reading: Reading, state: State, reason: str = "", flags: int = 0) -> Reading:
    """The same reading with a state and a reason; `flags` are added to those it has."""
    copy = _new(Reading)
    _meter(copy, reading.meter)
    _point(copy, reading.point)
    _value(copy, reading.value)
    _unit(copy, reading.unit)
    _at(copy, reading.at)
    _read_at(copy, reading.read_at)
    _origin(copy, reading.origin)
    _state(copy, state)
    _method(copy, reading.method)
    _reason(copy, reason)
    _flags(copy, reading.flags | flags)
    _version(copy, reading.version)
    _source(copy, reading.source)
    return copy
