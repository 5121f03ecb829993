"""Batches for the master's tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gateway import payload
from gateway.finding import Finding, SlotReport
from gateway.payload import Audit, Batch
from protocols.reading import Event, Method, Origin, Reading, State

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)
"""Midnight in China: the end of 2026-03-01 there."""


def reading(value: str | None = "1.50", *, meter: str = "M1", at: datetime = MIDNIGHT, **more) -> Reading:
    known = {
        "point": "1-0:1.8.0",
        "unit": "kWh",
        "read_at": at + timedelta(seconds=5),
        "origin": Origin.WIRED,
        "state": State.PASSED if value is not None else State.MISSING,
        "method": Method.FREEZE,
        "source": "line1",
        **more,
    }
    return Reading(meter=meter, value=None if value is None else Decimal(value), at=at, **known)


def body(number: int, *records, gateway: str = "so-001", epoch: str = "e1", kind: str = "reading") -> bytes:
    return payload.encode(gateway, epoch, number, kind, payload.rows_of(kind, records))


def batch(number: int, *records, **more) -> Batch:
    return payload.decode(body(number, *records, **more))


def raw(number: int, rows: list[list], *, kind: str = "reading", gateway: str = "so-001") -> Batch:
    """A batch with cells as given."""
    return payload.decode(payload.encode(gateway, "e1", number, kind, rows))


def finding(count: int = 1, state: str = "open", **more) -> Finding:
    known = {
        "key": "R003:M1:1-0:1.8.0",
        "rule": "R003",
        "meter": "M1",
        "point": "1-0:1.8.0",
        "began": MIDNIGHT,
    }
    known |= {"ended": None, "severity": 1, "value": "7", "limit": "5", "check": "look", "source": "line1"}
    return Finding(**{**known, "count": count, "state": state, **more})


def slot(*outcomes: tuple[str, str], at: datetime = MIDNIGHT) -> SlotReport:
    present = sum(outcome == "ok" for _, outcome in outcomes)
    return SlotReport(
        task="daily", target="line1", slot=at, due=len(outcomes), present=present, outcomes=outcomes
    )


def event() -> Event:
    return Event(
        meter="M1", id="03110001", name="power down", began=MIDNIGHT, ended=None, detail="{}", read_at=NOW
    )


def audit() -> Audit:
    return Audit(at=MIDNIGHT, actor="clerk", action="replay", object="outbox", outcome="ok")


def numbered(count: int, *, meters: int = 10, per_batch: int = 7, gateway: str = "so-001") -> list[Batch]:
    """`count` readings, one a quarter hour for each meter, cut into batches."""
    made = [
        reading(
            f"{n}.{n % 100:02}",
            meter=f"{gateway}-{n % meters}",
            at=MIDNIGHT + n // meters * timedelta(minutes=15),
        )
        for n in range(count)
    ]
    return [
        batch(place // per_batch + 1, *made[place : place + per_batch], gateway=gateway)
        for place in range(0, count, per_batch)
    ]
