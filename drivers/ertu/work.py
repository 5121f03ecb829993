"""One call of `run_many`: tie meters whose objects lie together are asked for together, apart where that is denied."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.ertu.profile import Block, Place, PlacedPoint, Profile
from drivers.ertu.station import Station, Told
from drivers.ertu.totals import Found, Totals
from drivers.order import Failure, Order, Result, Want
from drivers.surroundings import Surroundings
from protocols.convert import to_readings
from protocols.errors import CatalogueError
from protocols.iec102 import request
from protocols.iec102.asdu import Asdu
from protocols.points import CLOCK, without_period
from protocols.reading import Method, Origin, State
from protocols.session import Item

__all__ = ["Ask", "Reason", "Work"]

Ask = Callable[[Asdu], Awaitable[Told]]
Reason = tuple[Failure, str]
_METHODS = {
    Want.LIVE: Method.LIVE,
    Want.FREEZE: Method.FREEZE,
    Want.SETTLEMENT: Method.SETTLEMENT,
    Want.LOAD_RECORD: Method.CURVE,
}
# Objects of others that a question may pass over, and tie meters that it may take together.
_GAP, _TOGETHER = 8, 16
# Denials that may mean some of the objects only: no such record, no such object.
_OF_ONE = frozenset({13, 17})
# An ERTU's clock may be so far ahead of ours for its last totals to be taken.
_AHEAD = timedelta(minutes=10)
_SILENT = (Failure.TIMEOUT, "not asked: the ERTU is silent")


@dataclass(slots=True)
class _Tie:
    """One order with its place in the ERTU."""

    order: Order
    place: Place


class Work:
    """Reads orders that ask the same of several tie meters. `clock` is the ERTU's time where an order wants it.

    `no_clock` is why there is none.
    """

    def __init__(
        self,
        station: Station,
        around: Surroundings,
        orders: Sequence[Order],
        ask: Ask,
        local_now: Callable[[], datetime],
    ) -> None:
        self.clock: datetime | None = None
        self.no_clock: Reason | None = None
        self._station, self._around, self._orders = station, around, orders
        self._ask, self._local_now = ask, local_now
        self._profile: Profile = station.profile
        self._first = orders[0]
        self._silent = False
        first = self._first
        self._at = first.at.astimezone(around.tz).replace(tzinfo=None) if first.at else None
        self._blocks: dict[int, tuple[Block, list[tuple[PlacedPoint, str]]]] = {}
        for block, row, asked in self._profile.where(first.points, first.want.value):
            self._blocks.setdefault(id(block), (block, []))[1].append((row, asked))

    @property
    def wants_clock(self) -> bool:
        """Whether the orders ask for the ERTU's time."""
        return self._first.want is Want.LIVE and CLOCK in self._first.points

    async def run(self, done: Callable[[Order, Result], None], hurry: Callable[[], bool]) -> bool:
        """Carry the orders out; true where the ERTU fell silent. Raises LinkLost only."""
        ties: list[_Tie] = []
        for order in self._orders:
            place = self._place(order)
            if isinstance(place, Place):
                ties.append(_Tie(order, place))
            else:
                done(order, self._result(order, [], place))
        todo = list(_groups(ties, self._profile.span))
        while todo:
            group = todo.pop(0)
            values, why, denied = await self._values(group)
            if denied and len(group) > 1:
                # One that has not what was asked for denies it to all.
                todo[:0] = [group[: len(group) // 2], group[len(group) // 2 :]]
                continue
            for tie in group:
                done(tie.order, self._result(tie.order, self._of(tie, values), why))
            if todo and hurry():
                return self._silent
        return self._silent

    def _place(self, order: Order) -> Place | Reason:
        """Where its objects are, or why it is not asked at all."""
        since, at = order.meter.valid_from, self._at
        if at is not None and since is not None and at.date() < since:
            return Failure.NO_RECORD, f"the objects belonged to another meter before {since}"
        if at is not None and (at - at.replace(hour=0, minute=0, second=0)) % self._period:
            return Failure.NO_RECORD, f"totals are kept every {self._profile.period_minutes} minutes"
        if at is None and order.want is not Want.LIVE:
            return Failure.NO_RECORD, "the order names no instant"
        if order.meter.point_no is None:
            return Failure.UNKNOWN_POINT, "the meter has no point_no"
        try:
            return self._profile.place(order.meter.point_no, self._station.address)
        except ValueError as error:
            return Failure.UNKNOWN_POINT, str(error)

    @property
    def _period(self) -> timedelta:
        return timedelta(minutes=self._profile.period_minutes)

    # -- asking --------------------------------------------------------------------------------------------------

    async def _values(self, group: Sequence[_Tie]) -> tuple[dict[int, Totals], Reason | None, bool]:
        """What the ERTU has of these meters, by block; why it has not the rest; whether one may be to blame for all."""
        found: dict[int, Totals] = {}
        why: Reason | None = None
        denied = False
        for key, (block, _) in self._blocks.items():
            totals = found[key] = Totals(self._profile, block.ask)
            told = await self._told(block, group)
            if told.failure is not None and told.failure[0] is Failure.PROTOCOL:
                # It broke off; what came counts, and a second try may bring the rest.
                totals.take(told.data)
                told = await self._told(block, group)
            totals.take(told.data)
            why = why or told.failure
            if totals.trouble and why is None:
                why = (Failure.NO_RECORD, totals.trouble)
            denied = denied or told.denied in _OF_ONE
        return found, why, denied

    async def _told(self, block: Block, group: Sequence[_Tie]) -> Told:
        if self._silent:
            return Told(failure=_SILENT)
        low = min(tie.place.first for tie in group)
        high = max(tie.place.first for tie in group) + block.span - 1
        try:
            question = request.totals(
                block.ask, (low, high), self._span(), group[0].place.station, self._station.dialogue.dialect
            )
        except (CatalogueError, ValueError) as error:
            return Told(failure=(Failure.UNKNOWN_POINT, str(error)))
        told = await self._ask(question)
        self._silent = told.is_silent
        return told

    def _span(self) -> tuple[datetime, datetime]:
        """The times from .. to that are asked for, by the ERTU's stamps."""
        profile = self._profile
        if self._at is not None:
            since = until = self._at
        else:
            until = self._local_now()
            midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
            since = until - (until - midnight) % self._period - self._period
        shift = timedelta(minutes=profile.stamp_minutes)
        before, after = (timedelta(minutes=m) for m in (profile.before_minutes, profile.after_minutes))
        return since - shift - before, until - shift + after

    # -- answering -----------------------------------------------------------------------------------------------

    def _of(self, tie: _Tie, values: dict[int, Totals]) -> list[Found]:
        """The values of one order."""
        station, first = tie.place
        found: list[Found | None] = []
        for key, totals in values.items():
            for row, asked in self._blocks[key][1]:
                number = first + row.offset
                if self._at is not None:
                    found.append(totals.at(station, number, row, asked, self._at))
                else:
                    found.append(totals.newest(station, number, row, asked, self._local_now() + _AHEAD))
        return [one for one in found if one is not None]

    def _result(self, order: Order, found: Sequence[Found], why: Reason | None) -> Result:
        items = [one.item for one in found]
        if self.clock is not None:
            items.append(Item("103", CLOCK, self.clock.isoformat(), "s"))
        readings, _ = to_readings(
            items,
            meter=order.meter.asset_no,
            source=self._station.target.name,
            origin=Origin.TERMINAL,
            method=_METHODS.get(order.want, Method.LIVE),
            now=self._around.now(),
            tz=self._around.tz,
            at=self._at,
        )
        doubts = {without_period(one.item.point or ""): one.doubt for one in found if one.doubt}
        there = {item.point for item in items}
        return Result(
            order=order,
            readings=tuple(
                replace(one, state=State.SUSPECT, reason=doubts[one.point]) if one.point in doubts else one
                for one in readings
            ),
            items=tuple(items),
            failures=tuple(
                (point, *self._lacking(point, why)) for point in order.points if point not in there
            ),
            attempts=1,
        )

    def _lacking(self, point: str, why: Reason | None) -> Reason:
        if point == CLOCK and self.wants_clock:
            return self.no_clock or (Failure.NO_RECORD, "the ERTU shows no valid time")
        if not any(point == asked for _, rows in self._blocks.values() for _, asked in rows):
            want = self._first.want.value
            return Failure.UNKNOWN_POINT, f"not in the profile as {want}"
        if why is not None:
            return why
        of = "" if self._at is None else f" of {self._at:%Y-%m-%d %H:%M}"
        return Failure.NO_RECORD, f"the ERTU has none{of}"


def _groups(ties: Iterable[_Tie], span: int) -> Iterable[list[_Tie]]:
    """Meters of one station whose objects lie close together."""
    group: list[_Tie] = []
    for tie in sorted(ties, key=lambda tie: tie.place):
        if group:
            last = group[-1].place
            apart = tie.place.station != last.station or tie.place.first - last.first > span + _GAP
            if apart or len(group) == _TOGETHER:
                yield group
                group = []
        group.append(tie)
    if group:
        yield group
