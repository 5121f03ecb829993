"""What an ERTU told of its objects, by object and instant; which of it is the value that was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from config.ertu.profile import PlacedPoint, Profile
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import decode_body
from protocols.iec102.stamp import Stamp
from protocols.session import Item

__all__ = ["CONTRADICTED", "INVALID", "Found", "Totals"]

INVALID, CONTRADICTED = "status_invalid", "ertu_contradicts"


@dataclass(frozen=True, slots=True)
class Found:
    """A value; `doubt` says why it is not good, empty if nothing is known against it."""

    item: Item
    doubt: str = ""


class Totals:
    """Values from the answers to one type of question."""

    def __init__(self, profile: Profile, ask: int) -> None:
        self._profile, self._ask = profile, ask
        self._dialect = profile.dialect
        self._values: dict[tuple[int, int], dict[datetime, dict[str, int]]] = {}
        self._doubts: dict[tuple[int, int, datetime], str] = {}
        self.trouble = ""

    def take(self, answers: Iterable[Asdu]) -> None:
        """Keep what these answers say; `trouble` is the last that could not be used, and why."""
        for asdu in answers:
            body = decode_body(asdu, self._dialect)
            if body.error:
                self.trouble = body.error
                continue
            for one in body.objects:
                own = next((value for value in one.parts.values() if isinstance(value, Stamp)), None)
                at = self._instant(body.shared or own)
                if at is not None and one.address is not None:
                    numbers = {name: value for name, value in one.parts.items() if isinstance(value, int)}
                    self._keep(asdu.station, one.address, at, numbers)

    def _instant(self, stamp: Stamp | None) -> datetime | None:
        """The naive local instant that a value holds; None where its time is none or not to be trusted."""
        if stamp is None or stamp.at is None:
            self.trouble = "a value without a time"
            return None
        if stamp.invalid or stamp.summer:
            self.trouble = (
                "the ERTU calls its time invalid" if stamp.invalid else "the ERTU's time is summer time"
            )
            return None
        return stamp.at + timedelta(minutes=self._profile.stamp_minutes)

    def _keep(self, station: int, number: int, at: datetime, parts: dict[str, int]) -> None:
        known = self._values.setdefault((station, number), {}).setdefault(at, parts)
        plain = {name: value for name, value in parts.items() if name != "check"}
        if {name: value for name, value in known.items() if name != "check"} != plain:
            self._doubts[station, number, at] = CONTRADICTED

    def at(self, station: int, number: int, row: PlacedPoint, asked: str, at: datetime) -> Found | None:
        """The value of an instant, None where there is none of it."""
        parts = self._values.get((station, number), {}).get(at)
        return None if parts is None else self._found(station, number, row, asked, at)

    def newest(
        self, station: int, number: int, row: PlacedPoint, asked: str, until: datetime
    ) -> Found | None:
        """The last value that is not of the future."""
        at = max((at for at in self._values.get((station, number), {}) if at <= until), default=None)
        return None if at is None else self._found(station, number, row, asked, at)

    def _found(self, station: int, number: int, row: PlacedPoint, asked: str, at: datetime) -> Found | None:
        parts = self._values[station, number][at]
        if row.part not in parts:
            return None
        doubt = self._doubts.get((station, number, at), "")
        if "status" in parts and not self._dialect.is_good(parts["status"]):
            doubt = INVALID
        value = Decimal(parts[row.part]) * row.scale
        name = f"{self._ask}/{number}"
        return Found(Item(name, asked, value, row.unit, at), doubt)
