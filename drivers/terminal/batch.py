"""Stored and live values of many measuring points: few requests, what is missing found out, nothing asked twice."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from drivers.errors import NoAnswer, SendRefused
from drivers.order import Failure
from protocols.gdw1376_1.body import Unit
from protocols.gdw1376_1.plan import Wanted
from protocols.gdw1376_1.session import Reply

__all__ = ["Gathered", "Reader"]

# After so many questions in a row without an answer the rest is not asked any more.
_STRIKES = 2

AskFor = Callable[[Wanted, Sequence[int]], Awaitable[Reply]]


@dataclass(slots=True)
class Gathered:
    """What came for one measuring point, and why the rest did not."""

    units: list[Unit] = field(default_factory=list)
    failure: tuple[Failure, str] | None = None


class Reader:
    """Reads measuring points; `ask` puts one request for one Wanted and some points."""

    def __init__(self, ask: AskFor) -> None:
        self._ask = ask
        self.strikes = 0

    async def read(self, wanted: Sequence[Wanted], pns: Sequence[int]) -> dict[int, Gathered]:
        """All that is wanted of these points; raises LinkLost with nothing lost in `found`."""
        found = {pn: Gathered() for pn in pns}
        for one in wanted:
            await self.fetch(one, pns, found)
        return found

    async def fetch(self, wanted: Wanted, pns: Sequence[int], found: dict[int, Gathered]) -> None:
        """One kind of data of these points, split where the terminal denies all together."""
        todo: list[tuple[int, ...]] = [tuple(pns)]
        again = True
        while todo:
            group = todo.pop(0)
            if self.strikes >= _STRIKES:
                _fail(found, group, Failure.TIMEOUT, "not asked: the terminal is silent")
                continue
            try:
                reply = await self._ask(wanted, group)
            except NoAnswer as error:
                self.strikes += 1
                _fail(found, group, Failure.TIMEOUT, str(error))
                continue
            except SendRefused as error:
                _fail(found, group, Failure.GATE, str(error))
                continue
            self.strikes = 0
            rest = self._take(wanted, group, reply, found)
            if rest and reply.denied and len(group) > 1:
                middle = len(group) // 2
                todo[:0] = [group[:middle], group[middle:]]
            elif rest and _is_broken(reply) and again:
                again = False
                todo.insert(0, tuple(rest))
            elif rest:
                why = Failure.PROTOCOL if _is_broken(reply) else Failure.NO_RECORD
                _fail(found, rest, why, reply.error or "the terminal has none")

    def keep(self, wanted: Wanted, group: Sequence[int], reply: Reply, found: dict[int, Gathered]) -> None:
        """Take a reply that broke off."""
        self._take(wanted, group, reply, found)

    def _take(
        self, wanted: Wanted, group: Sequence[int], reply: Reply, found: dict[int, Gathered]
    ) -> list[int]:
        """Keeps what was asked for; returns the points of which something lacks."""
        came: dict[int, set[int]] = {pn: set() for pn in group}
        for unit in reply.units:
            if unit.pn in came and unit.fn in wanted.fns and wanted.fits(unit):
                came[unit.pn].add(unit.fn)
                found[unit.pn].units.append(unit)
        return [pn for pn in group if came[pn] != set(wanted.fns)]


def _is_broken(reply: Reply) -> bool:
    """Whether more may have been said than was understood."""
    return not reply.denied and (not reply.complete or bool(reply.error))


def _fail(found: dict[int, Gathered], pns: Iterable[int], failure: Failure, why: str) -> None:
    for pn in pns:
        if found[pn].failure is None:
            found[pn].failure = (failure, why)
