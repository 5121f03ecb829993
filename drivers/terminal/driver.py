"""The driver of concentrators and terminals: orders of many meters become few requests to one terminal."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.archive import Meter
from config.schema import Target
from drivers.errors import LinkLost, NoAnswer, SendRefused
from drivers.link import Link
from drivers.links.hub import SeatLink
from drivers.order import Failure, Order, Result, Want
from drivers.surroundings import AddressContested, Kept, Surroundings
from drivers.talker import Talker
from drivers.terminal.batch import Gathered, Reader
from drivers.terminal.conversation import Conversation, Patience
from drivers.terminal.editor import ArchiveEditor
from drivers.terminal.events import EventFollower
from drivers.terminal.readings import Binding, result_of
from drivers.terminal.survey import Survey
from drivers.terminal.through import Through
from protocols.dialogue import Heard
from protocols.errors import CatalogueError
from protocols.gdw1376_1 import commands
from protocols.gdw1376_1.catalogue import where
from protocols.gdw1376_1.plan import Wanted, plan
from protocols.gdw1376_1.session import AFN, Ask, Reply, TerminalDialogue
from protocols.outer import OUTERS

__all__ = ["TerminalDriver"]

_REPLY_SECONDS = 10.0
_OVERHEAD = 30


@dataclass(slots=True)
class _Terminal:
    """One target of the link with its conversation."""

    target: Target
    talk: Conversation
    kept: Kept
    events: EventFollower
    through: Through
    survey: Survey


class TerminalDriver:
    """Reads the targets of one link; see `drivers.driver` for what a bus expects."""

    batch = 128

    def __init__(self, link: Link, around: Surroundings) -> None:
        self.holding = ""
        self._link, self._around = link, around
        self._quarrel: tuple[str, ...] = ()
        self._editors: dict[str, ArchiveEditor] = {}
        self._terminals = {target.name: self._terminal(self._short(target)) for target in around.targets}
        self._listener = Talker(link, _Party(self, list(self._terminals.values())), self._nobody)

    def _short(self, target: Target) -> Target:
        """With frames as short as the channel wants them."""
        return target.model_copy(update={"frame_bytes": self._link.wire.room(target.frame_bytes)})

    def _terminal(self, target: Target) -> _Terminal:
        address = OUTERS[target.driver].address(target.address or "")
        dialogue = TerminalDialogue(address, msa=target.msa, use_fcb=target.fcb)
        kept = self._around.kept.get(target.name) or Kept()
        events = EventFollower(target.name, kept, self._around, self._meters(target.name))
        talker = Talker(self._link, dialogue, events.hear)
        talk = Conversation(self._link, dialogue, talker)
        patience = self.patience(target)

        async def ask(afn: int, asks: Sequence[Ask], retries: int) -> Reply:
            return await talk.ask(afn, asks, patience, retries=retries)

        survey = Survey(target, self._around, kept, ask)
        self._editors[target.name] = ArchiveEditor(target, ask)
        return _Terminal(target, talk, kept, events, Through(target, self._around), survey)

    def _meters(self, target: str) -> Sequence[Meter]:
        return self._around.meters.get(target, ())

    def editor(self, target: str) -> ArchiveEditor:
        """What reads and writes a terminal's own archive."""
        return self._editors[target]

    @property
    def counters(self) -> Counter[str]:
        """Frames, retries, and what was dropped, by reason."""
        total: Counter[str] = Counter()
        for one in self._terminals.values():
            total.update(one.talk.dialogue.counters)
            total["retries"] += one.talk.retried
        return total

    # -- orders --------------------------------------------------------------------------------------------------

    async def run(self, order: Order, target: Target, retries: int) -> Result:
        """Carry out one order; raises LinkLost only."""
        results: list[Result] = []
        await self.run_many([order], target, retries, lambda _, result: results.append(result), lambda: False)
        return results[0]

    async def run_many(
        self,
        orders: Sequence[Order],
        target: Target,
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        """Carry out orders that ask the same of many meters; raises LinkLost only."""
        one = self._terminals[target.name]
        self.holding = target.name
        self._tell_quarrel(target.name)
        if orders[0].want is Want.TIME_SET:
            for order in orders:
                done(order, await self._set_time(one, order, retries))
            return
        await _Work(self, one, orders, retries, done, hurry).run()

    async def attend(self, wake: asyncio.Event) -> None:
        """Serve the terminals while nothing is asked: reports and events, and a look at what they know themselves.

        Raises LinkLost only.
        """
        for name in self._terminals:
            self._tell_quarrel(name)
        for one in self._terminals.values():
            while one.events.behind and not wake.is_set():
                if not await self._fetch_events(one):
                    break
            while (name := one.survey.due) and not wake.is_set():
                await one.survey.look(name)
        if not wake.is_set():
            await self._listener.attend(wake)

    async def _fetch_events(self, one: _Terminal) -> bool:
        """One request's worth of events; False where the terminal does not give them."""
        for ask in one.events.asks():
            try:
                reply = await one.talk.ask(AFN.EVENTS, [ask], self.patience(one.target), retries=1)
            except (NoAnswer, SendRefused):
                one.events.give_up()
                return False
            one.events.take(reply)
        return True

    async def _set_time(self, one: _Terminal, order: Order, retries: int) -> Result:
        """AFN 05 F31; the send gate decides whether it leaves."""
        local = self.local_now()
        try:
            reply = await one.talk.ask(
                AFN.CONTROL, [commands.time_set(local)], self.patience(one.target), retries=retries
            )
        except SendRefused as error:
            return _failed(order, Failure.GATE, str(error))
        except NoAnswer as error:
            return _failed(order, Failure.TIMEOUT, str(error))
        if reply.denied:
            return _failed(order, Failure.REFUSED, "the terminal denies it")
        return Result(order=order, attempts=1)

    def _tell_quarrel(self, target: str) -> None:
        """Two terminals with one address push each other off the line."""
        quarrels = self._link.quarrels if isinstance(self._link, SeatLink) else []
        if quarrels and quarrels[-1] is not self._quarrel:
            self._quarrel = quarrels[-1]
            self._around.tell(AddressContested(target=target, peers=self._quarrel, at=self._around.now()))

    # -- what the work needs -------------------------------------------------------------------------------------

    def _nobody(self, news: object) -> None:
        """News went to their terminal already."""

    def local_now(self) -> datetime:
        """The terminals' naive local time by our clock."""
        return self._around.now().astimezone(self._around.tz).replace(tzinfo=None)

    def patience(self, target: Target) -> Patience:
        """A target's limits; an answer's first byte may take longer than a meter's."""
        given = "reply_ms" in target.model_fields_set
        return Patience(
            reply=target.reply_ms / 1000 if given else _REPLY_SECONDS,
            turnaround=target.turnaround_ms / 1000 if self._link.wire.baud else 0.0,
        )

    @property
    def around(self) -> Surroundings:
        """What this driver was given."""
        return self._around


class _Party:
    """All the terminals of a channel, of which any may speak; who did is on the line."""

    def __init__(self, driver: TerminalDriver, terminals: Sequence[_Terminal]) -> None:
        self.counters: Counter[str] = Counter()
        self._driver, self._terminals = driver, terminals

    def feed(self, data: bytes) -> Heard:
        return self._all(lambda dialogue: dialogue.feed(data))

    def flush(self) -> Heard:
        return self._all(TerminalDialogue.flush)

    def _all(self, hear: Callable[[TerminalDialogue], Heard]) -> Heard:
        together = Heard()
        for one in self._terminals:
            heard = hear(one.talk.dialogue)
            together.replies += heard.replies
            for news in heard.news:
                self._driver.holding = one.target.name
                one.events.hear(news)
        return together


class _Work:
    """One call of `run_many`: chunks of meters, and in the end the way through the terminal for what is missing."""

    def __init__(
        self,
        driver: TerminalDriver,
        one: _Terminal,
        orders: Sequence[Order],
        retries: int,
        done: Callable[[Order, Result], None],
        hurry: Callable[[], bool],
    ) -> None:
        self._driver, self._one, self._retries = driver, one, retries
        self._done, self._hurry = done, hurry
        self._orders = {o.meter.point_no: o for o in orders if o.meter.point_no is not None}
        self._nowhere = [o for o in orders if o.meter.point_no is None]
        self._first = orders[0]
        self._missing: list[tuple[Order, Result]] = []
        self._reader = Reader(self._ask)

    async def run(self) -> None:
        for order in self._nowhere:
            self._done(order, _failed(order, Failure.UNKNOWN_POINT, "the archive gives it no point_no"))
        if not self._orders:
            return
        try:
            wanted = self._plan()
        except CatalogueError as error:
            for order in self._orders.values():
                self._done(order, _failed(order, Failure.UNKNOWN_POINT, str(error)))
            return
        pns = sorted(self._orders)
        if unsure := [pn for pn in pns if pn and not self._bound(pn)]:
            await self._one.survey.verify(unsure, self._retries)
        size = max(1, (self._one.target.frame_bytes - _OVERHEAD) // max(one.size for one in wanted))
        for at in range(0, len(pns), size):
            if at and self._hurry():
                return
            await self._chunk(wanted, pns[at : at + size])
        await self._through()

    def _plan(self) -> Sequence[Wanted]:
        first = self._first
        known = [point for point in first.points if where(point, first.want.value)]
        at = first.at.astimezone(self._driver.around.tz).replace(tzinfo=None) if first.at else None
        return plan(
            known or first.points,
            first.want.value,
            at=at,
            freeze_offset=self._one.target.freeze_offset,
        )

    async def _chunk(self, wanted: Sequence[Wanted], pns: Sequence[int]) -> None:
        found = {pn: Gathered() for pn in pns}
        try:
            for one in wanted:
                await self._reader.fetch(one, pns, found)
        except LinkLost:
            # What has come is kept: nobody asks for it again.
            partial = self._one.talk.dialogue.settle()
            if partial is not None:
                for one in wanted:
                    self._reader.keep(one, pns, partial, found)
            self._finish(found, broken=True)
            raise
        self._finish(found)

    def _finish(self, found: Mapping[int, Gathered], *, broken: bool = False) -> None:
        for pn, gathered in found.items():
            order = self._orders[pn]
            result = result_of(order, gathered, self._binding(pn))
            if broken and result.failures:
                continue
            if any(reason is Failure.NO_RECORD for _, reason, _ in result.failures):
                self._missing.append((order, result))
            else:
                self._done(order, result)

    async def _through(self) -> None:
        """What the terminal has not is asked of the meters themselves, within the share that is allowed."""
        for order, result in self._missing:
            through = self._one.through
            more = None
            if not self._hurry() and self._reader.strikes == 0 and through.may(order):
                lacking = tuple(point for point, reason, _ in result.failures if reason is Failure.NO_RECORD)
                more = await through.read(replace(order, points=lacking), self._carry, self._retries)
            self._done(order, _joined(result, more) if more is not None else result)

    async def _carry(self, ask: Ask, seconds: float) -> Reply | None:
        target = self._one.target
        try:
            return await self._one.talk.ask(
                AFN.FORWARD, [ask], self._driver.patience(target), retries=0, extra=seconds
            )
        except NoAnswer:
            return None

    async def _ask(self, wanted: Wanted, pns: Sequence[int]) -> Reply:
        reply = await self._one.talk.ask(
            wanted.afn,
            [Ask(tuple(pns), wanted.fns, wanted.tag)],
            self._driver.patience(self._one.target),
            retries=self._retries,
        )
        self._one.events.counted(self._one.talk.dialogue.event_counters)
        return reply

    def _bound(self, pn: int) -> bool:
        """Whether the point is known to be this meter's, lately enough."""
        if not pn:
            return True  # the terminal itself
        found = self._one.kept.verified.get(pn)
        if found is None:
            return False
        address, at = found
        age = self._driver.around.now() - at
        order = self._orders[pn]
        return address == order.meter.address and age <= timedelta(days=self._one.target.archive_days)

    def _binding(self, pn: int) -> Binding:
        around = self._driver.around
        return Binding(
            is_verified=self._bound(pn), source=self._one.target.name, now=around.now(), tz=around.tz
        )


def _joined(result: Result, more: Result) -> Result:
    """What the terminal gave, and what the meter gave of the points that it lacked."""
    asked = more.order.points
    return replace(
        result,
        address=result.address or more.address,
        stranger=result.stranger or more.stranger,
        readings=(*result.readings, *more.readings),
        items=(*result.items, *more.items),
        failures=(*(one for one in result.failures if one[0] not in asked), *more.failures),
        attempts=result.attempts + more.attempts,
    )


def _failed(order: Order, reason: Failure, detail: str) -> Result:
    return Result(order=order, failures=tuple((point, reason, detail) for point in order.points or ("",)))
