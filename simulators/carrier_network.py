"""Meters on a power-line network: each node loses and delays what passes it, by seed."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.dlt645_meter import Meter

__all__ = ["Crossing", "Network", "Node", "frames_in"]

_READING = frozenset({0x01, 0x02, 0x11, 0x12, 0x13})
_PHASES = 3
_LEVELS = 4


@dataclass(slots=True)
class Node:
    """A meter's place on the network. `loss` is the share of frames lost each way, `delay` seconds each way."""

    meter: Meter
    phase: int
    level: int
    loss: float
    delay: float
    is_joined: bool = True


@dataclass(frozen=True, slots=True)
class Crossing:
    """What came of carrying frames to a node: its answers, empty where something was lost, after `seconds`."""

    answer: bytes
    seconds: float
    is_silent_meter: bool = False


def frames_in(carried: bytes) -> int:
    """How many meter frames a load has."""
    return len(_frames(carried))


def _frames(carried: bytes) -> list[Frame]:
    return [one for one in Splitter().feed(carried) if isinstance(one, Frame)]


class Network:
    """The nodes by address. `controls` counts carried frames that were no reading: they reach nobody."""

    def __init__(
        self, meters: Iterable[Meter], *, seed: int = 0, loss: float = 0.0, delay: float = 0.4
    ) -> None:
        self._random = random.Random(f"network {seed}")
        self.controls: Counter[str] = Counter()
        self.carried = 0
        self.lost = 0
        self.nodes = {meter.address: self._node(meter, loss, delay) for meter in meters}

    def _node(self, meter: Meter, loss: float, delay: float) -> Node:
        rng = self._random
        level = rng.randint(1, _LEVELS)
        return Node(meter, rng.randint(1, _PHASES), level, loss, delay * level * rng.uniform(0.5, 1.5))

    def cross(self, address: str, frames: bytes, now: datetime) -> Crossing | None:
        """Carry frames to a node at its naive local time and its answers back; None for a node that is not there."""
        node = self.nodes.get(address)
        if node is None or not node.is_joined:
            return None
        self.carried += 1
        asked = _frames(frames)
        if self._is_lost(node):
            return Crossing(b"", 2 * node.delay)
        answers: list[bytes] = []
        for one in asked:
            if one.control not in _READING:
                self.controls[f"{one.control:02X}"] += 1
                continue
            reply = node.meter.answer(one, now)
            if reply is not None:
                answers.append(encode(reply, 0))
        seconds = 2 * node.delay + node.meter.spec.reply_delay * len(asked)
        if not answers:
            return Crossing(b"", seconds, is_silent_meter=True)
        return Crossing(b"" if self._is_lost(node) else b"".join(answers), seconds)

    def _is_lost(self, node: Node) -> bool:
        is_lost = self._random.random() < node.loss
        self.lost += is_lost
        return is_lost
