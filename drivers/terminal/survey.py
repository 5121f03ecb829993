"""What a terminal knows of itself and of what hangs on it, asked seldom and held against ours."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from config.schema import Target
from drivers.errors import NoAnswer, SendRefused
from drivers.surroundings import ArchiveCompared, ClockShown, Kept, Observed, RatiosCompared, Surroundings
from drivers.terminal.archive import compare
from protocols.gdw1376_1.parameters import decode_f10, request_f10
from protocols.gdw1376_1.session import AFN, Ask, Reply

__all__ = ["Survey"]

_OVERHEAD = 30
_F10, _F25, _F170 = 10, 25, 170
_F10_BYTES, _F25_BYTES, _F170_BYTES = 27, 15, 22
_CLOCK = 2
_COMPARE_AGAIN = timedelta(hours=6)
_CLOCK_AGAIN = timedelta(hours=6)
_DAY = timedelta(days=1)
_DENIED_AGAIN = timedelta(days=7)
_CARRIER = 31
# D2-D0 of F170's phase; some number the phases, others give each a bit, which differs for C only.
_PHASES = {"01": "1", "02": "2", "03": "3", "04": "3"}

_Values = tuple[int, Mapping[str, object]]
AskFor = Callable[[int, Sequence[Ask], int], Awaitable[Reply]]
"""AFN, what is asked, and how often again."""


class Survey:
    """Of one terminal. `ask` puts one request; what is found is told and, of the archive, kept."""

    def __init__(self, target: Target, around: Surroundings, kept: Kept, ask: AskFor) -> None:
        self._target, self._around, self._kept, self._ask = target, around, kept, ask
        self._meters = around.meters.get(target.name, ())
        self._compared: datetime | None = None
        self._due: dict[str, datetime] = {}
        self._works = {"clock": self._clock, "ratios": self._ratios, "phases": self._phases}

    @property
    def due(self) -> str:
        """What is to be looked at next, empty if nothing is."""
        now = self._around.now()
        return next((name for name in self._works if self._due.get(name, now) <= now), "")

    async def look(self, name: str) -> None:
        """Look at what is due; raises LinkLost. What is denied is left alone for a week."""
        now = self._around.now()
        self._due[name] = now + (_CLOCK_AGAIN if name == "clock" else _DAY)
        try:
            given = await self._works[name](now)
        except (NoAnswer, SendRefused):
            given = False
        if not given:
            self._due[name] = now + _DENIED_AGAIN

    # -- archive -------------------------------------------------------------------------------------------------

    async def verify(self, pns: Sequence[int], retries: int) -> None:
        """Hold the terminal's archive at these points against ours, at most every six hours; raises LinkLost."""
        now = self._around.now()
        if self._compared is not None and now - self._compared < _COMPARE_AGAIN:
            return
        self._compared = now
        serials = {m.point_no: m.device_no or m.point_no for m in self._meters if m.point_no}
        asked: list[int] = []
        entries = []
        for some in self._chunks(pns, _F10_BYTES):
            ask = Ask((0,), (_F10,), request_f10([serials[pn] or pn for pn in some]))
            try:
                reply = await self._ask(AFN.PARAMETERS, [ask], retries)
            except (NoAnswer, SendRefused):
                continue
            if reply.complete:
                asked += some
            for unit in reply.units if not reply.denied else ():
                entries += decode_f10(unit.raw)
        found = compare(self._meters, entries, asked)
        for pn in asked:
            self._kept.verified.pop(pn, None)
        self._kept.verified.update({pn: (address, now) for pn, address in found.verified.items()})
        self._around.tell(
            ArchiveCompared(
                target=self._target.name, at=now, verified=dict(found.verified), differences=found.lines()
            )
        )

    def _chunks(self, pns: Sequence[int], size: int) -> Iterable[Sequence[int]]:
        room = max(1, (self._target.frame_bytes - _OVERHEAD) // size)
        return (pns[at : at + room] for at in range(0, len(pns), room))

    # -- what is due now and then --------------------------------------------------------------------------------

    async def _clock(self, now: datetime) -> bool:
        reply = await self._ask(AFN.CLASS1, [Ask((0,), (_CLOCK,))], 0)
        for unit in reply.units:
            for item in unit.items:
                if isinstance(item.value, str):
                    shown = datetime.fromisoformat(item.value).replace(tzinfo=self._around.tz)
                    now = self._around.now()
                    seconds = round(shown.timestamp() - now.timestamp())
                    self._around.tell(ClockShown(target=self._target.name, seconds=seconds, at=now))
                    return True
        return not reply.denied

    async def _ratios(self, now: datetime) -> bool:
        """F25 of the points that have transformers, by the archive or because nobody else could tell."""
        meters = {m.point_no: m for m in self._meters if m.point_no and (m.ct != 1 or m.pt != 1)}
        found: dict[int, tuple[Decimal, Decimal]] = {}
        async for pn, values in self._values(AFN.PARAMETERS, _F25, _F25_BYTES, sorted(meters)):
            pt, ct = values.get("voltage_ratio"), values.get("current_ratio")
            if isinstance(pt, Decimal) and isinstance(ct, Decimal):
                found[pn] = pt, ct
        differences = tuple(
            f"pn {pn} PT×CT: {pt}×{ct} / {meters[pn].pt}×{meters[pn].ct}"
            for pn, (pt, ct) in found.items()
            if (pt, ct) != (meters[pn].pt, meters[pn].ct)
        )
        if found:
            self._around.tell(RatiosCompared(target=self._target.name, at=now, differences=differences))
        return bool(found) or not meters

    async def _phases(self, now: datetime) -> bool:
        """F170 of the points on the carrier."""
        meters = {m.point_no: m for m in self._meters if m.point_no and (m.port or _CARRIER) == _CARRIER}
        any_given = not meters
        async for pn, values in self._values(AFN.CLASS1, _F170, _F170_BYTES, sorted(meters)):
            any_given = True
            if phase := _PHASES.get(str(values.get("phase"))):
                self._around.tell(Observed(meter=meters[pn].asset_no, kind="phase", value=phase, at=now))
        return any_given

    async def _values(self, afn: int, fn: int, size: int, pns: Sequence[int]) -> AsyncIterator[_Values]:
        for some in self._chunks(pns, size):
            reply = await self._ask(afn, [Ask(tuple(some), (fn,))], 0)
            if reply.denied:
                return
            for unit in reply.units:
                if unit.fn == fn and unit.pn in some:
                    yield unit.pn, {item.part: item.value for item in unit.items}
