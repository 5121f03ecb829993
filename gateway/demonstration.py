"""What a demonstration shows and counts: rows of meters, what the broker saw, what became of everything."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.archive import Meter
from config.schema import Store
from gateway import mqtt, payload
from gateway.clock import Clock
from gateway.outbox import Outbox

__all__ = ["Group", "Progress", "Row", "Summary", "Tap", "accepted"]

_TOTAL = "1-0:1.8.0"
Key = tuple[str, str, datetime]


@dataclass(slots=True)
class Row:
    """One meter as the live table shows it."""

    meter: str
    line: str
    speaks: str
    value: str = ""
    reads: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The meters behind one concentrator, terminal, carrier module or ERTU: how many, and how many have answered."""

    name: str
    driver: str
    meters: int
    answering: int


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where the demo stands; `at` is the fast time in the meters' zone. `rows` are the meters on RS-485 lines."""

    seconds: float
    at: datetime
    elapsed: float = 0.0
    draining: bool = False
    rows: list[Row] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    asked: int = 0
    accepted: int = 0
    committed: int = 0
    waiting: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of everything. `invented` counts values in the master that no meter said.

    `meters` are those on RS-485 lines; `equipment` has by name those behind concentrators and the like.
    """

    meters: int
    meters_answering: int
    readings_asked: int
    readings_accepted: int
    readings_published: int
    readings_committed: int
    lost: int
    duplicates: int
    invented: int
    findings: int
    findings_by_rule: dict[str, int]
    bus_utilisation: dict[str, float]
    seconds: float
    equipment: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing twice, nothing invented, and something read."""
        return not (self.lost or self.duplicates or self.invented) and self.readings_committed > 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Tap:
    """Listens at the broker of a gateway: what was published, and the last value of each meter for the table.

    `points` are how many each task asks a meter for.
    """

    def __init__(self, gateway: str, meters: Iterable[Meter], points: Mapping[str, int]) -> None:
        self.rows = {meter.asset_no: Row(meter.asset_no, meter.target, meter.protocol) for meter in meters}
        self.published = 0
        self.findings: dict[str, str] = {}
        self._gateway, self._points = gateway, points
        self._slots: dict[tuple[str, str, str], int] = {}
        self._seen: set[tuple[str, int]] = set()

    @property
    def asked(self) -> int:
        """Values that were due so far."""
        return sum(due * self._points[task] for (task, _, _), due in self._slots.items())

    def rows_of(self, target: str) -> list[Row]:
        """Its meters."""
        return [row for row in self.rows.values() if row.line == target]

    async def run(self, url: str) -> None:
        """Until cancelled."""
        async with mqtt.connect(mqtt.Broker(url=url, client_id="demo-tap", version="3.1.1")) as client:
            await client.subscribe(
                *(f"meterd/v1/{self._gateway}/up/{kind}" for kind in ("reading", "finding", "slot"))
            )
            while True:
                for message in await client.batch(100):
                    self.take(payload.decode(message.payload))

    def take(self, batch: payload.Batch) -> None:
        """Count what a batch says; one that comes again says nothing new."""
        if (batch.epoch, batch.batch) in self._seen:
            return
        self._seen.add((batch.epoch, batch.batch))
        if batch.kind == "finding":
            self.findings.update((row[0], row[1]) for row in batch.rows)
            return
        if batch.kind == "slot":
            # A slot with many meters comes in several rows, each with the whole of what was due.
            self._slots.update({(task, target, slot): due for task, target, slot, due, *_ in batch.rows})
            return
        self.published += len(batch.rows)
        for meter, point, value, *rest in batch.rows:
            row = self.rows.get(meter)
            if row is not None and point == _TOTAL:
                row.value, row.state, row.reads = value or "", rest[4], row.reads + 1


async def accepted(path: Path, store: Store, gateway: str, clock: Clock) -> dict[Key, Decimal | None]:
    """Every reading that an outbox ever took: it keeps what the master has committed. Instants are in UTC."""
    found: dict[Key, Decimal | None] = {}
    async with await Outbox.open(path, store, gateway, clock) as outbox:
        await outbox.replay(datetime(2000, 1, 1, tzinfo=UTC))
        while claimed := await outbox.claim(100):
            for batch in (payload.decode(one.body) for one in claimed if one.kind == "reading"):
                for meter, point, value, _, at, *_ in batch.rows:
                    key = (meter, point, datetime.fromisoformat(at).astimezone(UTC))
                    found[key] = None if value is None else Decimal(value)
    return found
