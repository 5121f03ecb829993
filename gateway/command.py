"""Reading on demand: a command from the master becomes an order before all scheduled ones, and an answer.

Everything that is not a fresh, well-formed read of a known meter is answered, counted and not run.
"""

import json
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.archive import Meter
from drivers.order import Result
from gateway.clock import Clock
from gateway.payload import rows_of
from protocols.reading import Reading

__all__ = ["OUTCOMES", "Commander", "Read"]

OUTCOMES = ("run", "malformed", "unknown_kind", "unknown_meter", "expired", "replayed", "busy")
"""What can become of a command; also the label of its counter."""

_BODY = 16_384
_POINTS = 64
_AT_ONCE = 8
_REMEMBERED = 4096
_ID = 128

Ask = Callable[[Meter, tuple[str, ...]], Awaitable[tuple[Result, Sequence[Reading]]]]


class _RefusedError(Exception):
    """A command that is not run."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Read:
    """A well-formed command; `expires` is aware."""

    id: str
    expires: datetime
    meter: str
    points: tuple[str, ...]


class Commander:
    """Takes the bodies of `down/command` and makes those of `up/reply`.

    `meters` is the archive in force by asset number; `ask` reads, reviews and stores.
    """

    def __init__(self, meters: Callable[[], Mapping[str, Meter]], ask: Ask, clock: Clock) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._meters, self._ask, self._clock = meters, ask, clock
        self._known: OrderedDict[str, None] = OrderedDict()
        self._running = 0

    async def handle(self, body: bytes) -> bytes:
        """The reply to a command; never raises for what stands in it."""
        name = ""
        try:
            wanted = _parse(body)
            name = str(wanted.get("id", ""))[:_ID]
            read = _check(wanted)
            meter = self._admit(read)
        except _RefusedError as refusal:
            self.counts[refusal.outcome] += 1
            return _reply(name, error=str(refusal))
        self.counts["run"] += 1
        self._running += 1
        try:
            result, readings = await self._ask(meter, read.points)
        finally:
            self._running -= 1
        errors = "; ".join(f"{point}: {reason}" for point, reason, _ in result.failures)
        return _reply(read.id, error=errors, rows=[list(row) for row in rows_of("reading", readings)])

    def _admit(self, read: Read) -> Meter:
        if read.id in self._known:
            raise _RefusedError("replayed", "this id was used before")
        if read.expires <= self._clock.now():
            raise _RefusedError("expired", f"expired at {read.expires.isoformat()}")
        if self._running >= _AT_ONCE:
            raise _RefusedError("busy", f"{_AT_ONCE} commands are running")
        self._known[read.id] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        meter = self._meters().get(read.meter)
        if meter is None:
            raise _RefusedError("unknown_meter", f"no meter {read.meter!r} in the archive")
        return meter


def _parse(body: bytes) -> dict[str, Any]:
    if len(body) > _BODY:
        raise _RefusedError("malformed", f"longer than {_BODY} bytes")
    try:
        wanted = json.loads(body)
    except (ValueError, RecursionError):
        raise _RefusedError("malformed", "not JSON") from None
    if not isinstance(wanted, dict):
        raise _RefusedError("malformed", "not an object")
    return wanted


def _check(wanted: dict[str, Any]) -> Read:
    if not isinstance(wanted.get("kind"), str):
        raise _RefusedError("malformed", "no kind")
    if wanted["kind"] != "read":
        raise _RefusedError("unknown_kind", "only read is known")
    name, meter, points = wanted.get("id"), wanted.get("meter"), wanted.get("points")
    if not isinstance(name, str) or not 0 < len(name) <= _ID or not isinstance(meter, str):
        raise _RefusedError("malformed", "id and meter must be texts")
    if not isinstance(points, list) or not 0 < len(points) <= _POINTS:
        raise _RefusedError("malformed", f"points must be a list of 1 to {_POINTS}")
    if not all(isinstance(point, str) and 0 < len(point) <= 64 for point in points):
        raise _RefusedError("malformed", "a point must be a text")
    try:
        expires = datetime.fromisoformat(wanted.get("expires", ""))
    except (TypeError, ValueError):
        raise _RefusedError("malformed", "expires must be a time with offset") from None
    if expires.tzinfo is None:
        raise _RefusedError("malformed", "expires must be a time with offset")
    return Read(name, expires, meter, tuple(points))


def _reply(name: str, *, error: str = "", rows: Sequence[Any] = ()) -> bytes:
    body = {"id": name, "ok": not error, "error": error or None, "rows": list(rows)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
