"""What a serial line still owes, and what it said before: replies there do not tell which question they answer.

Times are seconds of any clock that only rises.
"""

from collections import deque
from dataclasses import dataclass

from protocols.modbus.frame import Frame
from protocols.modbus.plan import Request, shape_of

__all__ = ["Doubts"]

_KEPT = 8


@dataclass(slots=True)
class _Debt:
    """Answers to one request that have not come; after `until` none will."""

    request: Request
    count: int
    until: float


class Doubts:
    """The questions and answers of one serial line, as far as they can be mistaken for each other."""

    def __init__(self) -> None:
        self._debts: dict[tuple[int, tuple[int, int]], _Debt] = {}
        self._said: dict[int, deque[tuple[Request, Frame]]] = {}

    def asked(self, unit: int, request: Request, until: float) -> None:
        """A question goes out; its answer may come until then."""
        debt = self._debts.get((unit, shape_of(request)))
        if debt is not None and debt.request == request:
            debt.count, debt.until = debt.count + 1, until
        else:
            self._debts[unit, shape_of(request)] = _Debt(request, 1, until)

    def paid(self, unit: int, request: Request, count: int) -> None:
        """So many replies that fit have come; or the question did not go out after all."""
        debt = self._debts.get((unit, shape_of(request)))
        if debt is not None and debt.request == request:
            debt.count -= count
            if debt.count <= 0:
                del self._debts[unit, shape_of(request)]

    def said(self, unit: int, request: Request, frame: Frame) -> None:
        """This frame was taken for the answer."""
        self._said.setdefault(unit, deque(maxlen=_KEPT)).append((request, frame))

    def owed_until(self, unit: int, request: Request) -> float:
        """Until when the answer to another question may come that would look like this one's; in the past for never."""
        debt = self._debts.get((unit, shape_of(request)))
        return debt.until if debt is not None and debt.request != request else float("-inf")

    def is_anothers(self, unit: int, request: Request, frame: Frame) -> bool:
        """Whether this very frame answered another question a little while ago: a double that comes late, perhaps."""
        return any(said == frame and asked != request for asked, said in self._said.get(unit, ()))
