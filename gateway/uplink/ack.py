"""The master's acknowledgement as it stands on `down/ack`."""

import json
from dataclasses import dataclass

__all__ = ["Ack", "AckError"]

_BODY = 262_144
_RANGES = 10_000
_INT64 = 1 << 63


class AckError(Exception):
    """A body that is no acknowledgement."""


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _INT64:
        raise AckError(f"{value!r} is no batch number")
    return value


def _range(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise AckError("a range is a list of two numbers")
    first, last = _number(value[0]), _number(value[1])
    if not 0 < first <= last:
        raise AckError(f"{first} to {last} is no range")
    return first, last


@dataclass(frozen=True, slots=True)
class Ack:
    """Of this epoch the master has every batch up to `upto`, and those in the ranges `also`."""

    epoch: str
    upto: int
    also: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, body: bytes) -> "Ack":
        """Read a body; raises AckError."""
        if len(body) > _BODY:
            raise AckError("too long")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise AckError("not JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("epoch"), str):
            raise AckError("no epoch")
        also = found.get("also", [])
        if not isinstance(also, list) or len(also) > _RANGES:
            raise AckError("also is no list of ranges")
        return cls(found["epoch"], _number(found.get("upto")), tuple(_range(part) for part in also))
