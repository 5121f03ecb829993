"""Requests that may leave under a switch of their own, and the way through a terminal to its meters (AFN 10 F1)."""

from dataclasses import dataclass
from datetime import datetime

from protocols.errors import FrameError
from protocols.gdw1376_1.session import Ask

__all__ = ["LineSetting", "forward", "forwarded", "serial_control", "time_set", "write"]

_TIME_SET, _FORWARD = 31, 1
_BAUDS = {300: 0, 600: 1, 1200: 2, 2400: 3, 4800: 4, 7200: 5, 9600: 6, 19200: 7}
_TENS, _SECONDS, _LONGEST = 100, 0x80, 127
_HEAD, _REPLY_HEAD = 6, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSetting:
    """Where a meter hangs on a terminal: the port, its speed and mode as 8E1, limits in seconds.

    Port 31 is the carrier, where speed and mode mean nothing.
    """

    port: int = 31
    baud: int = 2400
    mode: str = "8E1"
    frame_seconds: float = 60.0
    byte_seconds: float = 0.1


def serial_control(baud: int, mode: str) -> int:
    """The control byte of a serial port: D7-5 baud, D4 stop bits, D3 parity there, D2 odd, D1-0 data bits less 5.

    Raises ValueError for a speed or mode that it cannot say.
    """
    if baud not in _BAUDS:
        raise ValueError(f"{baud} bit/s: expected one of {', '.join(map(str, _BAUDS))}")
    bits, parity, stop = int(mode[0]), mode[1], int(mode[2])
    if not 5 <= bits <= 8 or parity not in "NEO" or stop not in (1, 2):
        raise ValueError(f"{mode!r}: expected as 8E1")
    return _BAUDS[baud] << 5 | (stop - 1) << 4 | (parity != "N") << 3 | (parity == "O") << 2 | bits - 5


def forward(line: LineSetting, frame: bytes) -> Ask:
    """AFN 10 F1: a frame for what hangs on a port of the terminal."""
    seconds = line.frame_seconds
    # D7 tells the unit: 10 ms, or whole seconds where that is not enough.
    tens = round(seconds * _TENS)
    limit = tens if tens <= _LONGEST else _SECONDS | min(_LONGEST, max(1, round(seconds)))
    gap = max(1, min(255, round(line.byte_seconds * _TENS)))
    head = bytes((line.port, serial_control(line.baud, line.mode), limit, gap))
    return Ask((0,), (_FORWARD,), head + len(frame).to_bytes(2, "little") + frame)


def forwarded(raw: bytes) -> bytes:
    """What came back from the port; raises FrameError for a body that is cut short."""
    if len(raw) < _REPLY_HEAD or len(raw) < _REPLY_HEAD + int.from_bytes(raw[1:3], "little"):
        raise FrameError("length", f"{len(raw)} bytes of a forwarded answer")
    return raw[_REPLY_HEAD : _REPLY_HEAD + int.from_bytes(raw[1:3], "little")]


def time_set(local: datetime) -> Ask:
    """AFN 05 F31: the terminal's clock, as A.1; `local` is naive."""
    month = local.isoweekday() << 5 | local.month // 10 << 4 | local.month % 10
    digits = local.strftime("%S%M%H%d")
    return Ask(
        (0,), (_TIME_SET,), bytes.fromhex(digits) + bytes((month,)) + bytes.fromhex(local.strftime("%y"))
    )


def write(fn: int, body: bytes, pn: int = 0) -> Ask:
    """AFN 04: one parameter with its layout (see `parameters`)."""
    return Ask((pn,), (fn,), body)
