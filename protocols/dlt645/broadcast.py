"""Broadcast time (08H) and freeze (16H): changing frames with a switch of their own at the send gate."""

from datetime import datetime

from protocols.dlt645.frame import Frame, encode

__all__ = ["EVERYBODY", "freeze", "time_broadcast"]

EVERYBODY = "999999999999"
_TIME_SET, _FREEZE = 0x08, 0x16


def time_broadcast(local: datetime, wakeup: int = 4) -> bytes:
    """Tell all meters of a line the local time (clause 7.6); nobody answers.

    A meter follows only once a day and only if it is off by at most five minutes.
    """
    return encode(Frame(EVERYBODY, _TIME_SET, bytes.fromhex(local.strftime("%S%M%H%d%m%y"))), wakeup)


def freeze(address: str, pattern: str) -> Frame:
    """Freeze by the pattern MMDDhhmm, 99 for any: 99990000 daily at midnight, 99999999 now (clause 7.7).

    To EVERYBODY nobody answers. Raises ValueError for a pattern not of 8 digits.
    """
    raw = bytes.fromhex(pattern)[::-1]
    if len(raw) != 4:
        raise ValueError(f"{pattern!r}: 8 digits expected")
    return Frame(address, _FREEZE, raw)
