"""What goes wrong on a line, by seed: loss, noise, damage, echo, delay, cut and freeze."""

import random
from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Faults", "Mischief", "Piece"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares from 0 to 1 of the replies that meet each fate.

    `lost`: never sent. `damaged`: one bit turned. `noisy`: random bytes before. `short`: cut off.
    `late`: sent after `late_seconds`. `twice`: sent two times. `cut`: the connection ends instead.
    `stale`: the reply before comes again, before the right one. `foreign`: it carries another unit's number.
    `refused`: an exception instead. These three are of Modbus.
    `echo`: the line repeats every request before the reply. `split`: sent byte by byte.
    """

    seed: int = 0
    lost: float = 0.0
    damaged: float = 0.0
    noisy: float = 0.0
    short: float = 0.0
    late: float = 0.0
    late_seconds: float = 1.0
    twice: float = 0.0
    cut: float = 0.0
    stale: float = 0.0
    foreign: float = 0.0
    refused: float = 0.0
    echo: bool = False
    split: bool = False

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """From "lost=0.1,noisy=0.05,echo"; raises ValueError naming what is wrong."""
        known = [field.name for field in fields(cls)]
        wanted: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = part.partition("=")
            if name not in known:
                raise ValueError(f"unknown fault {name!r}; known: {', '.join(known)}")
            wanted[name] = cls._value(name, value)
        return cls(**wanted)

    @staticmethod
    def _value(name: str, value: str) -> float | int | bool:
        if name in ("echo", "split"):
            return value.lower() not in ("0", "no", "false")
        if name == "seed":
            return int(value)
        number = float(value)
        if number < 0 or (name != "late_seconds" and number > 1):
            raise ValueError(f"{name} must be a share from 0 to 1, not {value}")
        return number


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to send after `delay` seconds; `cut` ends the connection instead."""

    data: bytes
    delay: float = 0.0
    cut: bool = False


class Mischief:
    """Applies faults to replies; `counts` tells how often each fate struck, the witness of a test."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.frozen = False
        self.counts: Counter[str] = Counter()
        self._rng = random.Random(f"faults {faults.seed}")

    def strikes(self, name: str) -> bool:
        """Whether this fate strikes now."""
        share: float = getattr(self.faults, name)
        if share and self._rng.random() < share:
            self.counts[name] += 1
            return True
        return False

    def mangle(self, reply: bytes) -> list[Piece]:
        """The pieces that a reply becomes; an empty list is silence."""
        if self.frozen:
            self.counts["frozen"] += 1
            return []
        if self.strikes("cut"):
            return [Piece(b"", cut=True)]
        if self.strikes("lost"):
            return []
        data = self._damage(reply)
        delay = self.faults.late_seconds if self.strikes("late") else 0.0
        if self.strikes("twice"):
            data += data
        if self.faults.split:
            return [Piece(data[i : i + 1], delay if i == 0 else 0.0) for i in range(len(data))]
        return [Piece(data, delay)]

    def _damage(self, data: bytes) -> bytes:
        rng = self._rng
        if self.strikes("damaged"):
            at = rng.randrange(len(data))
            data = data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1 :]
        if self.strikes("short"):
            data = data[: rng.randrange(1, len(data))] if len(data) > 1 else b""
        if self.strikes("noisy"):
            data = rng.randbytes(rng.randint(1, 8)) + data
        return data
