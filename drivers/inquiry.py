"""One order in progress: its questions with their retries, and what has been gathered so far."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from drivers.errors import NoAnswer, SendRefused
from drivers.order import Failure, Order, Result
from drivers.pump import Timing
from protocols import ProtocolKind
from protocols.errors import CatalogueError, MeterRefused
from protocols.reading import Event, Origin, Reading
from protocols.session import Answer, Item, Question, Session

__all__ = ["Converses", "Inquiry", "NoValue", "unanswered", "wanted"]

# After so many questions in a row without an answer the rest of an order is not asked any more.
_STRIKES = 2


class Converses(Protocol):
    """What asks a question over a link: the pump, or what stands in its place."""

    async def converse(self, session: Any, question: Question, timing: Timing) -> Answer:
        """Ask and wait; raises NoAnswer, LinkLost, SendRefused, MeterRefused, CatalogueError."""
        ...


class NoValue(Exception):
    """A question that will have no answer, and why."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """An order, what it needs to be carried out, and what has come of it.

    `address` is the meter's, learned where the archive has a wildcard; `answered_by` the last that answered,
    `stranger` the last that answered in its place.
    """

    order: Order
    source: str
    address: str
    kind: ProtocolKind
    session: Session
    pump: Converses
    timing: Timing
    retries: int
    model: Mapping[str, Any]
    tz: ZoneInfo
    now: Callable[[], datetime]
    origin: Origin = Origin.WIRED
    answered_by: str = ""
    stranger: str = ""
    attempts: int = 0
    retried: int = 0
    strikes: int = 0
    items: list[Item] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    failures: dict[str, tuple[Failure, str]] = field(default_factory=dict)

    @property
    def local_now(self) -> datetime:
        """The meter-local naive time by our clock."""
        return self.now().astimezone(self.tz).replace(tzinfo=None)

    @property
    def local_at(self) -> datetime:
        """The order's instant as the meter's naive local time."""
        if self.order.at is None:
            raise NoValue(Failure.NO_RECORD, "the order names no instant")
        return self.order.at.astimezone(self.tz).replace(tzinfo=None)

    async def ask(self, question: Question) -> Answer:
        """Ask, again after silence or a bad checksum; raises NoValue, MeterRefused, LinkLost.

        An order that met silence twice in a row is not worth more airtime: the rest fails unasked.
        """
        if self.strikes >= _STRIKES:
            raise NoValue(Failure.TIMEOUT, "not asked: the meter is silent")
        # After one silent question the next is a probe, unless the meter has answered before.
        tries = 1 if self.strikes and not self.answered_by else 1 + self.retries
        failure = NoValue(Failure.TIMEOUT, "silence")
        for attempt in range(tries):
            self.retried += attempt > 0
            try:
                return await self._try(question)
            except NoValue as error:
                failure = error
                if error.failure not in (Failure.TIMEOUT, Failure.CHECKSUM):
                    raise
        self.strikes += 1
        raise failure

    async def _try(self, question: Question) -> Answer:
        self.attempts += 1
        broken = self.session.counters["checksum"]
        question = replace(question, address=self.address)
        try:
            answer = await self.pump.converse(self.session, question, self.timing)
        except NoAnswer as error:
            if self.session.counters["checksum"] > broken:
                raise NoValue(Failure.CHECKSUM, "an answer with a wrong checksum") from error
            if stranger := self.session.stranger:
                self.stranger = stranger
                raise NoValue(Failure.TIMEOUT, f"answered by {stranger}") from error
            raise NoValue(Failure.TIMEOUT, str(error)) from error
        except SendRefused as error:
            raise NoValue(Failure.GATE, str(error)) from error
        except CatalogueError as error:
            raise NoValue(Failure.UNKNOWN_POINT, str(error)) from error
        except MeterRefused as error:
            self._heard(error.address or question.address)
            raise
        self._heard(answer.address)
        if _wild(self.address):
            self.address = answer.address
        elif answer.address != self.address and not _wild(answer.address):
            raise NoValue(Failure.PROTOCOL, f"answered by {answer.address}")
        return answer

    def _heard(self, address: str) -> None:
        self.strikes = 0
        self.answered_by = address

    def fail(self, points: Iterable[str], failure: Failure, detail: str) -> None:
        """These points have no value; the first reason stays."""
        for point in points:
            self.failures.setdefault(point, (failure, detail))

    def result(self) -> Result:
        """What has become of the order."""
        return Result(
            order=self.order,
            address=self.answered_by,
            stranger="" if self.answered_by else self.stranger,
            readings=tuple(self.readings),
            events=tuple(self.events),
            items=tuple(self.items),
            failures=tuple((point, failure, detail) for point, (failure, detail) in self.failures.items()),
            attempts=self.attempts,
        )


def _wild(address: str) -> bool:
    """Whether this is no single meter's address: AA..AA, AA..AA with the low digits, or 99..99."""
    return "A" in address.upper() or set(address) == {"9"}


def wanted(items: Sequence[Item], points: Sequence[str], question: Question) -> list[Item]:
    """Those items of an answer that the points ask for: by OBIS code, by identifier, or all of them."""
    ids = {point.rpartition(":")[2].upper() for point in points} | set(points)
    if question.id in ids:
        return list(items)
    return [item for item in items if item.point in ids or item.id in ids]


def unanswered(items: Sequence[Item], points: Sequence[str], question: Question) -> list[str]:
    """Those points for which no item came."""
    there = {item.point for item in items} | {item.id for item in items}
    if items:
        there.add(question.id)
    return [point for point in points if point not in there and point.rpartition(":")[2].upper() not in there]
