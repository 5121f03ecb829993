"""What one site's equipment does differently from the next: widths, types, the meaning of a status."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from protocols.iec102.types import TypeDown, TypeUp, down, up

__all__ = ["STATUSES", "Dialect"]

_INVALID = 0x80


def _by_standard(status: int) -> bool:
    """7.2.7.1: IV, CA, CY and a sequence number."""
    return not status & _INVALID


def _valid_set(status: int) -> bool:
    """The highest bit says that the value is good."""
    return bool(status & _INVALID)


STATUSES: Mapping[str, Callable[[int], bool]] = {
    "iv": _by_standard,
    "valid": _valid_set,
    "ignore": lambda status: True,
}
"""Whether a value is good by its status byte: bit 7 means invalid (the standard), means valid, or means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Widths in bytes. `station` is the common address, None: the same as the link address. `record` is RAD.

    `lenient` takes answers with wrong checksums, `status` names one of `STATUSES`. `status_first`: the link's status
    is requested before it is reset. After `empty_polls` polls without data an answer is given up. `up` and `down`
    are the types, `answered` the types that answer a question where they are not those of the table.
    """

    address_bytes: int = 2
    station_bytes: int = 2
    object_bytes: int = 1
    station: int | None = None
    record: int = 0
    lenient: bool = False
    status: str = "iv"
    status_first: bool = False
    empty_polls: int = 10
    up: Mapping[int, TypeUp] = field(default_factory=up)
    down: Mapping[int, TypeDown] = field(default_factory=down)
    answered: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def is_good(self, status: int) -> bool:
        """Whether a value with this status is one."""
        return STATUSES[self.status](status)

    def answers(self, question: int) -> tuple[int, ...]:
        """The types that answer this type."""
        if question in self.answered:
            return self.answered[question]
        known = self.down.get(question)
        return known.answers if known is not None else ()
