"""One slot of a task at a target while it is being read: who was asked, who answered, who is tried again."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from config.archive import Meter
from config.schema import Task
from drivers.order import Failure, Order, Result, Want
from gateway.finding import SlotReport
from gateway.ledger import LATE, OK, PARTIAL, PRESENT, Gaps
from gateway.schedule import Cursor, Grid

__all__ = ["Plan", "Round", "outcome_of"]

_FINAL = frozenset({Failure.REFUSED, Failure.UNKNOWN_POINT, Failure.NO_RECORD, Failure.GATE})
_AGAIN = frozenset({Failure.TIMEOUT, Failure.CHECKSUM, Failure.PROTOCOL, Failure.IO, Failure.BUSY})
_PASSES = 2
_LONGEST = timedelta(minutes=15)
_FIRST_PAUSE, _LAST_PAUSE = 2.0, 300.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Meters freeze by their own clocks, which may be minutes behind.
_FREEZE_DELAY = timedelta(minutes=3)


def outcome_of(result: Result) -> str:
    """What came of an order: ok, partial (the rest is refused for good), or why its first point failed."""
    if not result.failures:
        return OK
    if (result.readings or result.events) and all(reason in _FINAL for _, reason, _ in result.failures):
        return PARTIAL
    return str(
        next((reason for _, reason, _ in result.failures if reason not in _FINAL), result.failures[0][1])
    )


@dataclass(slots=True, kw_only=True)
class Plan:
    """A task at one target: its grid and cursor, and from which memory each model of meter is read.

    `models` tells by protocol and model what a meter keeps (keys load_record, daily_freeze, settlement).
    """

    task: Task
    target: str
    meters: tuple[Meter, ...]
    grid: Grid
    cursor: Cursor
    models: Mapping[tuple[str, str], Mapping[str, object]]
    since: datetime | None = None
    counted: Collection[str] = frozenset()
    """Meters that count for a line or a transformer."""
    gaps: Gaps = field(init=False)
    """What is missing of meters that keep a memory of past slots."""
    freezes: bool = field(init=False)
    """Whether any of them keeps such a memory."""
    dead: set[str] = field(default_factory=set)
    """Meters that gave nothing in the last round: they are asked last."""
    starved: list[str] = field(default_factory=list)
    """Meters whose turn never came in the last round, longest first: they are asked first."""

    def __post_init__(self) -> None:
        keeping = [m.asset_no for m in self.meters if self.late_order(m, _EPOCH) is not None]
        self.freezes = bool(keeping)
        self.gaps = Gaps(self.grid, keeping, self.task.backfill_days)

    @property
    def delay(self) -> timedelta:
        """How long after its instant a slot is first asked for; not at all where no meter freezes it."""
        is_frozen = self.task.source not in {"auto", "live"} or (self.task.source == "auto" and self.freezes)
        return _FREEZE_DELAY if self.grid.calendar and is_frozen else timedelta(0)

    def order(self, meter: Meter, slot: datetime) -> Order:
        """The question of a slot in its turn."""
        want = self._want(meter)
        return Order(meter=meter, want=want, points=self.task.points, at=None if want is Want.LIVE else slot)

    def late_order(self, meter: Meter, slot: datetime) -> Order | None:
        """The question for a slot that is past, None if the meter keeps nothing of it."""
        memory = Want.LOAD_RECORD
        if self.grid.calendar:
            memory = Want.SETTLEMENT if self.task.every == "1mo" else Want.FREEZE
        if not self._holds(meter, memory):
            return None
        return Order(meter=meter, want=memory, points=self.task.points, at=slot)

    def _want(self, meter: Meter) -> Want:
        source = self.task.source
        if source == "auto":
            if not self.grid.calendar:
                return Want.LIVE
            memory = Want.SETTLEMENT if self.task.every == "1mo" else Want.FREEZE
            return memory if self._holds(meter, memory) else Want.LIVE
        return Want(source)

    def _holds(self, meter: Meter, memory: Want) -> bool:
        model = self.models.get((meter.protocol, meter.model), {})
        key = {Want.FREEZE: "daily_freeze", Want.SETTLEMENT: "settlement"}.get(memory, "load_record")
        return bool(model.get(key))


class Round:
    """A slot in work: `ask` gives the next meter, `take` what came of it, `over` tells when it is done.

    One that is taken up late, after a start in the middle of a day, has its time from when it was `opened`.
    """

    def __init__(
        self,
        plan: Plan,
        slot: datetime,
        due: Sequence[Meter],
        done: Mapping[str, str],
        *,
        opened: datetime | None = None,
    ) -> None:
        self.plan = plan
        self.slot = slot
        self.due = tuple(due)
        self.outcomes: dict[str, str] = dict(done)
        self.deadline = plan.grid.after(slot)
        begin = max(slot + plan.delay, opened or slot)
        self._last = begin + min((self.deadline - begin) / 2, _LONGEST)
        self._queue = self._ordered(m for m in due if m.asset_no not in done)
        self._again: list[Meter] = []
        self._passes = 1
        self._pause = _FIRST_PAUSE
        self.resting_until = 0.0
        self._flying = 0
        self.is_closed = False

    def _ordered(self, meters: Iterable[Meter]) -> deque[Meter]:
        """Who had no turn last time comes first, who did not answer last.

        At midnight those that count for a line or a transformer go before all others, so that supply and sale are of
        one time.
        """
        turn = {asset: place - len(self.plan.starved) for place, asset in enumerate(self.plan.starved)}
        dead, counted = self.plan.dead, self.plan.counted if self.plan.grid.is_midnight(self.slot) else ()

        def key(meter: Meter) -> tuple[bool, int]:
            asset = meter.asset_no
            return bool(counted) and asset not in counted, turn.get(asset, int(asset in dead))

        return deque(sorted(meters, key=key))

    def ask(self, now: datetime, monotonic: float) -> Meter | None:
        """The next meter to ask; None: nothing to do now (see `over`)."""
        if not self._queue and self._again and monotonic >= self.resting_until and now < self._last:
            self._queue.extend(self._again)
            self._again.clear()
            self._passes += 1
            self._pause = min(2 * self._pause, _LAST_PAUSE)
        if not self._queue:
            return None
        self._flying += 1
        return self._queue.popleft()

    def over(self, now: datetime) -> bool:
        """Whether the slot can be closed."""
        return not self._queue and not self._flying and (not self._again or now >= self._last)

    def take(self, meter: Meter, outcome: str, monotonic: float, *, open_circuit: bool) -> bool:
        """Note what came of a meter; returns whether this outcome stands."""
        self._flying -= 1
        self.outcomes[meter.asset_no] = outcome
        link = outcome in {Failure.IO, Failure.BUSY}
        if outcome not in _AGAIN or open_circuit or (self._passes >= _PASSES and not link):
            return True
        self._again.append(meter)
        self.resting_until = monotonic + self._pause
        return False

    def close(self) -> tuple[SlotReport, int]:
        """The report of this slot, and how many meters were never asked."""
        self.is_closed = True
        never = [meter.asset_no for meter in self._queue if meter.asset_no not in self.outcomes]
        for asset in never:
            self.outcomes[asset] = LATE
        self.plan.starved = never
        self.plan.dead = {a for a, o in self.outcomes.items() if o not in PRESENT and o != LATE}
        report = SlotReport(
            task=self.plan.task.name,
            target=self.plan.target,
            slot=self.slot,
            due=len(self.due),
            present=self.present,
            outcomes=tuple((meter.asset_no, self.outcomes.get(meter.asset_no, LATE)) for meter in self.due),
        )
        return report, len(never)

    @property
    def present(self) -> int:
        """Meters whose values are here."""
        return sum(outcome in PRESENT for outcome in self.outcomes.values())

    def missing(self) -> Iterable[str]:
        """Assets without a value that asking again may bring."""
        return (asset for asset, outcome in self.outcomes.items() if outcome not in PRESENT)
