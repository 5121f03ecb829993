"""Broadcast time (08H): the one changing frame with a switch of its own that this program sends."""

from datetime import datetime

from protocols.dlt645.frame import Frame, encode

__all__ = ["EVERYBODY", "time_broadcast"]

EVERYBODY = "999999999999"
_TIME_SET = 0x08


def time_broadcast(local: datetime, wakeup: int = 4) -> bytes:
    """Tell all meters of a line the local time (clause 7.6); nobody answers.

    A meter follows only once a day and only if it is off by at most five minutes.
    """
    return encode(Frame(EVERYBODY, _TIME_SET, bytes.fromhex(local.strftime("%S%M%H%d%m%y"))), wakeup)
