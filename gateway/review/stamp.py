"""A reading with what review says of it: a new record, made without the cost of `dataclasses.replace`."""

from protocols.reading import Reading, State

__all__ = ["stamped"]

_new = object.__new__
_slots = vars(Reading)
_meter = _slots["meter"].__set__
_point = _slots["point"].__set__
_value = _slots["value"].__set__
_unit = _slots["unit"].__set__
_at = _slots["at"].__set__
_read_at = _slots["read_at"].__set__
_origin = _slots["origin"].__set__
_state = _slots["state"].__set__
_method = _slots["method"].__set__
_reason = _slots["reason"].__set__
_flags = _slots["flags"].__set__
_version = _slots["version"].__set__
_source = _slots["source"].__set__


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
