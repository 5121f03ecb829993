"""What people decide, written down and carried out in one transaction of the master's database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from config.text import say
from gateway.clerks.chain import Entry, sealed
from gateway.clerks.errors import NotAllowed, Unknown
from gateway.clerks.items import Item, Queue
from gateway.clerks.policy import another_person, bulk, not_final
from gateway.clerks.reasons import reason
from gateway.master.clerks.queue import entry_of, micros, queue, text
from gateway.master.rows import ORIGINS
from gateway.master.stale import marks_of
from gateway.master.stores.base import Store
from protocols.reading import Method, Origin, State

__all__ = ["REVIEW", "Desk"]

REVIEW = "review"
"""The source of versions that a person made."""
_MINUTES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Desk:
    """Decisions of one person: `actor` by name, `login` the account; `now` is aware.

    Methods raise ClerkError where the rules forbid it and StoreProblem where the database fails; then nothing of
    it is there.
    """

    store: Store
    actor: str
    login: str
    now: datetime

    def accept(self, items: Sequence[Item], code: str) -> None:
        """Accept readings and results; a proposed value is accepted with it, by another person than its proposer."""
        reason(code, "accept") if not any(item.pending is not None for item in items) else None
        bulk(items)
        with self.store.transaction():
            for item in items:
                self._allowed(item)
                another_person(self.actor, item, self._editors(item))
                if item.queue is Queue.RAW:
                    self._decide(item, code)
                self._log("accept", item, code, {} if item.pending is None else {"value": str(item.pending)})

    def reject(self, items: Sequence[Item], code: str) -> None:
        """Refuse readings: a person's word, also against what passed. A proposed value is refused with it."""
        reason(code, "reject")
        bulk(items)
        with self.store.transaction():
            for item in items:
                self._raw(item)
                self._allowed(item)
                if item.pending is None:
                    self._version(item, State.REJECTED, None, code)
                self._log("reject", item, code, {})

    def edit(self, item: Item, value: Decimal, code: str) -> None:
        """Propose a value for a reading; it holds when another person accepts it."""
        reason(code, "edit")
        if not value.is_finite() or value < 0 or abs(value.adjusted()) > 12:
            raise NotAllowed(say(f"{value}: no register", f"{value}：不是示数"))
        with self.store.transaction():
            self._raw(item)
            self._allowed(item)
            self._log("edit", item, code, {"value": format(value, "f"), "was": item.value})

    def back(self, item: Item) -> None:
        """Return a result to the first review: the readings behind it are to be looked at again."""
        with self.store.transaction():
            if item.queue is not Queue.RESULT:
                raise NotAllowed(say(f"{item.name}: is a reading, not a result", f"{item.name}：不是结果"))
            self._log("return", item, "data", {})

    # -- parts ---------------------------------------------------------------------------------------------

    def _raw(self, item: Item) -> None:
        if item.queue is not Queue.RAW:
            raise NotAllowed(
                say(
                    f"{item.name}: a result is accepted, returned or made a field order, never changed",
                    f"{item.name}：结果只能接受、退回或派单，不能修改",
                )
            )

    def _allowed(self, item: Item) -> None:
        """No decision changes what is final; and nobody decides twice on one thing."""
        waiting = {
            one.name for one in queue(self.store, item.at - _MINUTES, item.at + _MINUTES, only=item.queue)
        }
        if item.name not in waiting:
            raise Unknown(say(f"{item.name}: somebody has decided meanwhile", f"{item.name}：已有人处理"))
        not_final(item, self._finals(item))

    def _finals(self, item: Item) -> list[str]:
        # A value of midnight belongs to the day that ends.
        at = item.at - timedelta(microseconds=1) if item.queue is Queue.RAW else item.at
        found = self.store.ask("finals", [text(at), text(at)])
        return [str(datetime.fromisoformat(start).astimezone(self.store.zone).date()) for start, _ in found]

    def _editors(self, item: Item) -> list[str]:
        if item.queue is Queue.RAW:
            return []
        last = (item.last or item.at) + timedelta(days=1)
        return [row[0] for row in self.store.ask("review_editors", [item.subject, text(item.at), text(last)])]

    def _decide(self, item: Item, code: str) -> None:
        if item.pending is not None:
            self._version(item, State.EDITED, item.pending, code)
        elif item.value is None:
            raise NotAllowed(say(f"{item.name}: has no value to accept", f"{item.name}：没有可接受的值"))
        else:
            self._version(item, State.ACCEPTED, Decimal(item.value), code)

    def _version(self, item: Item, state: State, value: Decimal | None, code: str) -> None:
        """A new version of the reading beside the old ones; the day is computed again."""
        at = micros(item.at)
        versions = self.store.ask("versions", [item.subject, item.point, at])
        kept = Decimal(item.value or 0) if value is None else value
        scale = max(0, -int(kept.as_tuple().exponent))
        origin = Origin.MANUAL if state is State.EDITED else Origin(item.origin)
        method = Method.MAN if state is State.EDITED else Method.REREAD if code == "reread" else Method.FREEZE
        quality = (item.unit, scale, str(state), str(method), f"{code} {self.actor}"[:64], 0, REVIEW)
        variant = (max((row[0] for row in versions), default=0) + 1) << 4 | ORIGINS.index(origin)
        lag = (micros(self.now) - at) // 1_000_000
        meter = self.store.ids["meters"].get(item.subject)
        if meter is None:
            self.store.reload([item.subject])
            meter = self.store.ids["meters"][item.subject]
        number = self.store.known("qualities", [quality])[quality]
        point = self.store.known("points", [item.point])[item.point]
        self.store.put([(at, int(kept.scaleb(scale)), meter, number, lag, point, variant)])
        owner = self.store.owners[item.subject]
        day = (item.at - timedelta(microseconds=1)).astimezone(self.store.zone).date()
        days = {(owner, one): {meter} for one in (day, day + timedelta(days=1))}
        self.store.ask("stale_new", marks_of(days))

    def _log(self, action: str, item: Item, code: str, detail: Mapping[str, object]) -> Entry:
        about = {"rule": item.rule, "point": item.point, "queue": str(item.queue), **detail}
        return self.note(action, item.name, item.subject, item.at, code, about)

    def note(
        self,
        action: str,
        item: str,
        subject: str,
        instant: datetime | None,
        code: str,
        detail: Mapping[str, object],
    ) -> Entry:
        """Add to the record, within a transaction."""
        rows = self.store.ask("review_last", [])
        entry = sealed(
            Entry(
                number=0,
                at=self.now,
                actor=self.actor,
                login=self.login,
                action=action,
                item=item,
                subject=subject,
                instant=instant,
                reason=code,
                detail=json.dumps(dict(detail), ensure_ascii=False, sort_keys=True),
            ),
            entry_of(rows[0]) if rows else None,
        )
        instant_text = None if entry.instant is None else text(entry.instant)
        cells = (
            entry.number,
            text(entry.at),
            instant_text,
            entry.actor,
            entry.login,
            entry.action,
            entry.item,
        )
        self.store.ask("review_write", [(*cells, subject, code, entry.detail, entry.previous, entry.hash)])
        return entry
