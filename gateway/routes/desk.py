"""Route lists from the command line: from the outbox's ledger and last values, beside a running daemon."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.load import Loaded
from config.profiles import profiles, read_profile
from config.text import language
from drivers.dumps.handout import encoding_of, written
from gateway.clock import Clock
from gateway.dumps.check import zone_of
from gateway.dumps.owner import as_owner_of
from gateway.dumps.preview import restored, state_names
from gateway.dumps.recorded import FOLDER, with_recorded
from gateway.dumps.rounds import ROUNDS, Rounds, Sent, Wanted, number_of
from gateway.ledger import PRESENT
from gateway.outbox import inspect
from gateway.outbox.entry import BILLING, class_of
from gateway.review.limits import SCALE
from gateway.review.reviewer import Reviewer
from gateway.routes.missed import Missed, Slot, missed
from protocols.dumps.record import Row, Status
from protocols.dumps.sheet import Sheet, Words
from protocols.dumps.spec import Spec
from protocols.points import find

__all__ = ["Desk", "List"]

_OUTBOX = "outbox.db"
_LEDGER_DAYS = 31
_CANONICAL = {"jsonl", "sqlite"}
"""Layouts whose names are the program's own."""
_COMPACT = {"fixed", "dbf"}
"""Layouts whose cells have no room for marks in times."""


@dataclass(frozen=True, slots=True)
class List:
    """A list that was made: its number, the file's bytes, how many registers are on it, which did not fit, and how many
    characters the encoding does not have."""

    number: str
    raw: bytes
    registers: int
    left_out: tuple[str, ...]
    replaced: int


@dataclass(frozen=True, slots=True)
class Desk:
    """What one command needs of a configuration."""

    loaded: Loaded
    clock: Clock

    @property
    def _folder(self) -> Path:
        return self.loaded.settings.gateway.state_dir

    @property
    def zone(self) -> ZoneInfo:
        """The gateway's zone."""
        return ZoneInfo(self.loaded.settings.gateway.timezone)

    def missed(self, days: int, routes: Collection[str] = ()) -> list[Missed]:
        """Meters whose registers automatic collection missed for so many days, of these routes or all.

        Raises OutboxError.
        """
        now = self.clock.now()
        slots = self._slots(now - timedelta(days=max(days + 2, _LEDGER_DAYS)))
        found = missed(slots, self.loaded.archive, now, self.zone, days)
        return [one for one in found if not routes or one.meter.route in routes]

    def _slots(self, since: datetime) -> Iterator[Slot]:
        """Slots of the tasks that read registers; where no task does, of all."""
        tasks = {
            task.name
            for task in self.loaded.settings.task
            if any(class_of(point) == BILLING for point in task.points)
        }
        return inspect.outcomes(self._folder / _OUTBOX, since, tasks or None)

    def engaged(self, days: int) -> set[str]:
        """Meters that a list of the last so many days has out, or brought a value of; raises RoundsError."""
        if not days or not (self._folder / FOLDER / ROUNDS).exists():
            return set()
        with Rounds(self._folder / FOLDER / ROUNDS) as rounds:
            return rounds.engaged(self.clock.now() - timedelta(days=days))

    def profile(self, name: str) -> Spec:
        """A profile by name, one's own before those of the program, or from a .toml file.

        Raises KeyError and ProfileError.
        """
        if name.endswith(".toml"):
            return read_profile(Path(name))
        for spec in profiles(self.loaded.settings.dumps.profiles):
            if spec.name == name:
                return spec
        raise KeyError(name)

    def export(
        self, meters: Sequence[Meter], points: Sequence[str], spec: Spec, *, who: str, encoding: str
    ) -> List:
        """Write a list and remember it; raises OutboxError, SheetError and RoundsError."""
        reviewer, now = self._reviewer(), self.clock.now()
        asked = [(meter, point) for meter in meters for point in _of(meter, points)]
        number = number_of(now)
        rows = [
            replace(_row(line, meter, point, reviewer), batch_id=number)
            for line, (meter, point) in enumerate(asked, 1)
        ]
        sheet = Sheet(
            rows=rows, facts={"batch_id": number, "created": f"{now.astimezone(self.zone):%Y%m%d%H%M%S}"}
        )
        encoding = encoding_of(spec, encoding)
        compact = spec.format in _COMPACT
        chinese = language() == "zh" and spec.format not in _CANONICAL
        words = Words(spec, zone_of(spec, self.zone), chinese=chinese, compact=compact)
        raw = written(sheet, spec, words, encoding)
        unfit = {(one.row.asset_no, one.row.point) for one in sheet.left_out}
        wanted = [Wanted(row.asset_no, row.point) for row in rows if (row.asset_no, row.point) not in unfit]
        with as_owner_of(self._folder), Rounds(self._folder / FOLDER / ROUNDS) as rounds:
            rounds.send(number, wanted, now=now, who=who, profile=spec.name)
        return List(number, raw, len(wanted), tuple(sorted({asset for asset, _ in unfit})), sheet.replaced)

    def lists(self) -> list[Sent]:
        """What was sent out and what came back; raises RoundsError."""
        if not (self._folder / FOLDER / ROUNDS).exists():
            return []
        with Rounds(self._folder / FOLDER / ROUNDS) as rounds:
            return rounds.lists()

    def recovered(self, lists: Iterable[Sent]) -> dict[str, tuple[str, ...]]:
        """By list, meters that are not back and of which automatic collection got a value since; raises OutboxError."""
        open_ = [one for one in lists if one.missing]
        if not open_ or not (self._folder / _OUTBOX).exists():
            return {}
        last: dict[str, datetime] = {}
        for at, outcomes in self._slots(min(one.at for one in open_)):
            for asset, outcome in outcomes.items():
                if outcome in PRESENT:
                    last[asset] = max(at, last.get(asset, at))
        return {
            one.id: tuple(asset for asset in one.missing if asset in last and last[asset] > one.at)
            for one in open_
        }

    def _reviewer(self) -> Reviewer:
        """One that knows the last accepted values, as far as the daemon has saved them."""
        settings = self.loaded.settings
        archive = with_recorded(self.loaded.archive, self._folder / FOLDER)
        states = inspect.states(self._folder / _OUTBOX, state_names(settings.target))
        return restored(settings, archive, self.clock, states)


def _of(meter: Meter, points: Sequence[str]) -> list[str]:
    """The registers that a meter has: tariffs beyond its own are left out."""
    return [point for point in points if int(point.rpartition(".")[2]) <= meter.tariffs]


def _row(line: int, meter: Meter, point: str, reviewer: Reviewer) -> Row:
    base, known = reviewer.base(meter.asset_no, point), find(point)
    places = Decimal(1).scaleb(-meter.decimals)
    return Row(
        line=line,
        offset=None,
        point=point,
        unit=known.unit if known else "",
        status=Status.UNREAD,
        asset_no=meter.asset_no,
        comm_addr=meter.address,
        cons_no=meter.cons_no,
        cons_name=meter.name,
        route=meter.route,
        seq="" if meter.sequence is None else str(meter.sequence),
        digits=meter.digits,
        multiplier=meter.ct * meter.pt,
        last_read=None if base is None else (Decimal(base.value) / SCALE).quantize(places),
        last_time=None if base is None else datetime.fromtimestamp(base.at, UTC),
        lon=meter.lon,
        lat=meter.lat,
    )
