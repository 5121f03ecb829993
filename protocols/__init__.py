"""Bytes to frames to readings, and back: no I/O, no clock.

`PROTOCOLS` is the one line to add for a new protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from protocols.dlt645.broadcast import time_broadcast
from protocols.dlt645.effect import classify
from protocols.dlt645.plan import plan
from protocols.dlt645.session import Dlt645Session
from protocols.session import Effect, Question, Session

__all__ = ["PROTOCOLS", "ProtocolKind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolKind:
    """What the rooms above need of a protocol.

    `session` takes the number of wake-up bytes, `classify` names the effect of one whole send, `plan` turns
    points into questions, `time_broadcast` is the frame that tells a line the local time.
    `freezes` and `settlements` are how many of each a meter keeps; `freeze_stamp` asks for the time of the k-th
    last one.
    """

    name: str
    session: Callable[[int], Session]
    classify: Callable[[bytes], Effect]
    plan: Callable[..., Any]
    time_broadcast: Callable[[datetime, int], bytes]
    freezes: int
    settlements: int
    freeze_stamp: Callable[[str, int], Question]


def _freeze_stamp(address: str, k: int) -> Question:
    return Question(address=address, id=f"050600{k:02X}")


def _dlt645(standard: str, freezes: int, settlements: int) -> ProtocolKind:
    return ProtocolKind(
        name=f"dlt645-{standard}",
        session=partial(Dlt645Session, standard),
        classify=classify,
        plan=partial(plan, standard),
        time_broadcast=time_broadcast,
        freezes=freezes,
        settlements=settlements,
        freeze_stamp=_freeze_stamp,
    )


PROTOCOLS: Mapping[str, ProtocolKind] = {
    kind.name: kind for kind in (_dlt645("1997", 0, 2), _dlt645("2007", 62, 12))
}
