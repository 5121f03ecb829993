"""Whose row it is: numbers are compared as texts, by the rule that the profile sets, never as numbers."""

from collections.abc import Iterable, Mapping

from config.archive import Archive, Meter
from protocols.dumps.record import Row
from protocols.dumps.spec import Spec

__all__ = ["Matcher", "Unmatched"]


class Unmatched(Exception):
    """No meter, or more than one; `reason` is a code, `given` what was looked for."""

    def __init__(self, reason: str, given: str) -> None:
        super().__init__(f"{reason}: {given}")
        self.reason = reason
        self.given = given


class Matcher:
    """Finds meters of an archive.

    A number of the asset is taken as it is, then without leading zeros where the profile allows; a bar code of
    the profile's length also by the part of it that is the number: a fixed slice, or its last digits.
    """

    def __init__(self, archive: Archive, spec: Spec) -> None:
        self._archive, self._spec = archive, spec
        meters = archive.meters
        self._bare = _unique((meter.asset_no.lstrip("0"), meter) for meter in meters)
        self._addresses = _unique((meter.address.zfill(12), meter) for meter in meters)
        self._customers = _unique((meter.cons_no.lstrip("0"), meter) for meter in meters if meter.cons_no)

    def find(self, row: Row) -> Meter:
        """The meter of a row; raises Unmatched."""
        if row.asset_no:
            return self.asset(row.asset_no)
        if row.comm_addr:
            return _one(self._addresses, row.comm_addr.zfill(12), row.comm_addr)
        return _one(self._customers, row.cons_no.lstrip("0"), row.cons_no)

    def asset(self, given: str) -> Meter:
        """The meter of an asset number or bar code; raises Unmatched."""
        if (meter := self._archive.by_asset.get(given)) is not None:
            return meter
        for number in (given, *self._inside(given)):
            if (meter := self._archive.by_asset.get(number)) is not None:
                return meter
            if self._spec.leading_zeros and number.lstrip("0") in self._bare:
                return _one(self._bare, number.lstrip("0"), given)
        raise Unmatched("meter_unknown", given)

    def _inside(self, given: str) -> Iterable[str]:
        spec = self._spec
        if len(given) != spec.barcode_length:
            return
        if spec.barcode_slice is not None:
            start, length = spec.barcode_slice
            yield given[start - 1 : start - 1 + length]
        if spec.barcode_tail:
            yield given[-spec.barcode_tail :]


def _unique(pairs: Iterable[tuple[str, Meter]]) -> dict[str, Meter | None]:
    """Meters by a number; None where several share it."""
    found: dict[str, Meter | None] = {}
    for number, meter in pairs:
        found[number] = meter if number not in found else None
    return found


def _one(known: Mapping[str, Meter | None], number: str, given: str) -> Meter:
    if number not in known:
        raise Unmatched("meter_unknown", given)
    meter = known[number]
    if meter is None:
        raise Unmatched("meter_ambiguous", given)
    return meter
