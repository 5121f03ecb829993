"""A terminal's events: its two counters are followed, new records fetched in small requests, and told once each."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from config.archive import Meter
from drivers.surroundings import Kept, Surroundings, TerminalEvent
from protocols.gdw1376_1.events import Record, records_of
from protocols.gdw1376_1.session import AFN, Ask, Reply, Report
from protocols.reading import Event

__all__ = ["EventFollower"]

_RING = 256
# Records asked for at once: an outage of a district must not hold up a freeze.
_AT_ONCE = 8
_REMEMBERED = 1024
_IMPORTANT, _NORMAL = 1, 2


class EventFollower:
    """Follows one terminal. Counters are modulo 256 and begin anew with the terminal: what was told is known by itself.

    An event is the same by terminal, ERC, time, point and body.
    """

    def __init__(self, target: str, kept: Kept, around: Surroundings, meters: Sequence[Meter]) -> None:
        self._target, self._kept, self._around = target, kept, around
        self._assets = {meter.point_no: meter.asset_no for meter in meters if meter.point_no is not None}
        self._now: tuple[int, int] | None = None
        self._told: OrderedDict[bytes, None] = OrderedDict()
        self._asked: tuple[int, int, int] | None = None

    @property
    def behind(self) -> bool:
        """Whether there are records that were not fetched."""
        return self._now is not None and self._now != self._kept.events

    def counted(self, counters: tuple[int, int] | None) -> None:
        """The counters that came with an answer."""
        if counters is None:
            return
        self._now = counters
        if self._kept.events is None:
            # What happened before we came is taken as far as the ring still has it, at most one request's worth.
            self._kept.events = (
                (counters[0] - min(counters[0], _AT_ONCE)) % _RING,
                (counters[1] - min(counters[1], _AT_ONCE)) % _RING,
            )

    def hear(self, news: Any) -> None:
        """Take what the terminal said unasked."""
        if isinstance(news, Report) and news.afn == AFN.EVENTS:
            for unit in news.units:
                self._tell(records_of(unit.data), important=unit.fn == _IMPORTANT)

    def asks(self) -> list[Ask]:
        """The next request for either kind; none where nothing is behind."""
        if self._now is None or self._kept.events is None:
            return []
        for fn, place in ((_IMPORTANT, 0), (_NORMAL, 1)):
            first, last = self._kept.events[place], self._now[place]
            span = (last - first) % _RING
            if span:
                end = (first + min(span, _AT_ONCE)) % _RING
                self._asked = (fn, place, end)
                return [Ask((0,), (fn,), bytes((first, end)))]
        return []

    def take(self, reply: Reply) -> None:
        """What came of the last request; records that the ring has lost are passed over."""
        if self._asked is None:
            return
        fn, place, end = self._asked
        for unit in reply.units:
            if unit.fn == fn:
                self._tell(records_of(unit.data), important=fn == _IMPORTANT)
        read = list(self._kept.events or (0, 0))
        read[place] = end
        self._kept.events = (read[0], read[1])
        self._asked = None

    def give_up(self) -> None:
        """The terminal does not give them now: not asked again until the counters move."""
        self._now = None

    def _tell(self, records: Sequence[Record], *, important: bool) -> None:
        for record in records:
            if record.raw in self._told:
                continue
            self._told[record.raw] = None
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
            self._around.tell(
                TerminalEvent(target=self._target, event=self._event(record), important=important)
            )

    def _event(self, record: Record) -> Event:
        pn = record.pn
        meter = self._target if not pn else self._assets.get(pn, f"{self._target}:{pn}")
        return Event(
            meter=meter,
            id=f"gdw1376.1:ERC{record.erc}",
            name=record.name,
            began=self._aware(record.began),
            ended=self._aware(record.ended),
            detail=json.dumps(record.data, ensure_ascii=False, default=str),
            read_at=self._around.now(),
            source=self._target,
        )

    def _aware(self, local: datetime | None) -> datetime | None:
        return None if local is None else local.replace(tzinfo=self._around.tz)
