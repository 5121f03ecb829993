"""What events of meters and terminals mean to the rules: each opens or ends the finding of its rule."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from config.archive import Meter
from gateway.clock import Clock
from gateway.finding import Finding
from gateway.review.findings import Book
from gateway.review.rules import BY_ID
from gateway.review.signals import signals
from gateway.review.view import Hit
from protocols.reading import Event

__all__ = ["Witness"]

_REMEMBERED = 4096
_ENDED = "ended"
_SLACK = timedelta(minutes=10)


class Witness:
    """Takes events once each. `meter_of` finds an asset's row; what is not in the archive stands for itself."""

    def __init__(self, book: Book, clock: Clock, meter_of: Callable[[str], Meter | None]) -> None:
        self._book, self._clock, self._meter_of = book, clock, meter_of
        self._seen: OrderedDict[tuple[str, str, datetime, str], None] = OrderedDict()
        self.dropped = 0
        """Events that were duplicates, without a time, from before the installation or from the future."""

    def take(self, event: Event) -> list[Finding]:
        """What follows of an event, for the outbox; nothing for one that belongs to no rule."""
        told = list(self._rules(event))
        if not told:
            return []
        meter = self._meter_of(event.meter) or Meter(
            asset_no=event.meter, address="", protocol="", target=event.source
        )
        if event.began is None or not self._is_new(event, event.began, meter):
            self.dropped += 1
            return []
        return [f for f in (self._tell(rule, hit, event, meter) for rule, hit in told) if f is not None]

    def _tell(self, rule: str, hit: Hit | None, event: Event, meter: Meter) -> Finding | None:
        at = event.began or event.read_at
        if hit is None:
            return self._book.passed(rule, meter.asset_no, "", at)
        return self._book.hit(BY_ID[rule], meter, "", hit, at)

    def _rules(self, event: Event) -> Iterator[tuple[str, Hit | None]]:
        """Rules of an event with the verdict; none where it says that the condition is over."""
        known = [one for one in signals() if one.events.knows(event.id)]
        detail = json.loads(event.detail or "{}") if known else {}
        for one in known:
            if one.events.fits(event.name, detail):
                is_over = detail.get("state") == _ENDED
                yield one.rule, None if is_over else Hit(one.severity, event.name, "", sure=True)

    def _is_new(self, event: Event, began: datetime, meter: Meter) -> bool:
        now = self._clock.now()
        if began > now + _SLACK:
            return False
        if meter.valid_from is not None and began.astimezone(now.tzinfo).date() < meter.valid_from:
            return False
        key = (event.meter, event.id, began, event.detail)
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True
