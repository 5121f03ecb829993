"""One frame as the object that `meterd decode --json` prints."""

from typing import Any

from protocols.modbus.frame import BadFrame, Frame
from protocols.modbus.pdu import BITS, EXCEPTIONS, FUNCTIONS, REFUSED
from protocols.modbus.split import Found

__all__ = ["explain"]

_WRITES_MANY = frozenset({15, 16})
_WRITES_ONE = frozenset({5, 6})


def explain(protocol: str, found: Found) -> dict[str, Any]:
    """Direction, unit, function, registers (bits of functions 1, 2 and 15 as 0 and 1) and the rest of a frame."""
    frame = found.frame
    if isinstance(frame, BadFrame):
        return _broken(protocol, frame, found.direction)
    function = frame.function & ~REFUSED
    body = _Body(function, frame.body, up=found.direction == "up")
    return {
        "protocol": protocol,
        "ok": True,
        "direction": found.direction,
        "address": str(frame.unit),
        "unit": frame.unit,
        "function": function,
        "name": FUNCTIONS[function],
        "registers": [] if frame.function & REFUSED else body.registers(),
        "error": _refusal(frame) if frame.function & REFUSED else None,
        "data": ({"transaction": frame.transaction} if protocol.endswith("tcp") else {})
        | ({} if frame.function & REFUSED else body.data()),
        "points": [],
        "raw": found.raw.hex().upper(),
    }


def _refusal(frame: Frame) -> dict[str, Any]:
    code = frame.body[0]
    return {"kind": "meter", "code": code, "bits": [EXCEPTIONS.get(code, f"exception {code}")]}


def _broken(protocol: str, frame: BadFrame, direction: str) -> dict[str, Any]:
    at = 6 if protocol.endswith("tcp") else 0
    return {
        "protocol": protocol,
        "ok": False,
        "direction": direction,
        "address": str(frame.raw[at]),
        "unit": frame.raw[at],
        "function": frame.raw[at + 1] & ~REFUSED,
        "name": FUNCTIONS.get(frame.raw[at + 1] & ~REFUSED),
        "registers": [],
        "error": {"kind": frame.kind},
        "data": {},
        "points": [],
        "raw": frame.raw.hex().upper(),
    }


class _Body:
    """The body of a good frame of a known function."""

    def __init__(self, function: int, body: bytes, *, up: bool) -> None:
        self._function, self._body, self._up = function, body, up

    def _number(self, at: int) -> int:
        return int.from_bytes(self._body[at : at + 2], "big")

    def data(self) -> dict[str, Any]:
        """Where it begins and how many it is about, in a request and in the reply to a write of many."""
        function = self._function
        if function in _WRITES_ONE:
            return {"start": self._number(0), "count": 1}
        if function in _WRITES_MANY or (function <= 4 and not self._up):
            return {"start": self._number(0), "count": self._number(2)}
        if function == 23 and not self._up:
            return {
                "start": self._number(0),
                "count": self._number(2),
                "write_start": self._number(4),
                "write_count": self._number(6),
            }
        if function <= 4 or function == 23:
            return {}
        return {"body": self._body.hex().upper()}

    def registers(self) -> list[int]:
        """What was read or is to be written."""
        function = self._function
        if function in _WRITES_ONE:
            return [self._number(2)]
        if self._up:
            payload = self._body[1:] if function <= 4 or function == 23 else b""
        else:
            payload = self._body[{15: 5, 16: 5, 23: 9}.get(function, len(self._body)) :]
        if function in BITS or function == 15:
            bits = [byte >> bit & 1 for byte in payload for bit in range(8)]
            return bits[: self._number(2)] if function == 15 else bits
        return [int.from_bytes(payload[at : at + 2], "big") for at in range(0, len(payload), 2)]
