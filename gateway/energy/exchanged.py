"""Which meter took the place of which, over time: one that was taken out may hang somewhere else later."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from config.archive import Exchange, Meter

__all__ = ["Exchanged", "hung"]


class Exchanged:
    """Exchange records by the meters that they took out and put in.

    Records of one place follow each other by their instants and, where both name one, by the metering point.
    """

    def __init__(self, records: Iterable[Exchange]) -> None:
        self._out: dict[str, list[Exchange]] = {}
        self._put: dict[str, list[Exchange]] = {}
        for one in sorted(records, key=lambda one: one.at):
            self._out.setdefault(one.old_asset, []).append(one)
            self._put.setdefault(one.new_asset, []).append(one)

    def ahead(self, asset: str, since: datetime | None, until: datetime) -> str:
        """The meter that hangs just before `until` where this one hung from `since` on (None: always)."""
        used: list[Exchange] = []
        while True:
            found = next(
                (
                    one
                    for one in self._out.get(asset, ())
                    if one.at < until and (since is None or one.at >= since) and _fits(one, used)
                ),
                None,
            )
            if found is None:
                return asset
            used.append(found)
            asset, since = found.new_asset, found.at

    def behind(self, asset: str, until: datetime | None = None) -> list[Exchange]:
        """The records that led to this meter where it hangs just before `until`, the latest first.

        None where it did not come by one, or was taken out since. Of a time before it came to its first place they
        are those of that place.
        """
        used: list[Exchange] = []
        if until is not None:
            until = max(until, self._first(asset) or until)
        while True:
            put = _last(self._put.get(asset, ()), until, used)
            if put is None:
                return used
            out = _last(self._out.get(asset, ()), until, [*used, put])
            if out is not None and out.at > put.at:
                return used
            used.append(put)
            asset, until = put.old_asset, put.at

    def _first(self, asset: str) -> datetime | None:
        """Just after it was put in for the first time, if it had not hung anywhere before."""
        put, out = (events.get(asset, ()) for events in (self._put, self._out))
        if not put or (out and out[0].at < put[0].at):
            return None
        return put[0].at + timedelta.resolution


def _last(records: Sequence[Exchange], until: datetime | None, used: Sequence[Exchange]) -> Exchange | None:
    fitting = (one for one in reversed(records) if until is None or one.at < until)
    return next((one for one in fitting if _fits(one, used)), None)


def _fits(one: Exchange, used: Sequence[Exchange]) -> bool:
    """Whether it may be of the place that these are of."""
    return one not in used and not (used and one.mp_no and used[0].mp_no and one.mp_no != used[0].mp_no)


def hung(
    meter: Meter, behind: Sequence[Exchange], known: Callable[[str], Meter | None], tz: tzinfo
) -> list[Meter]:
    """The rows of what hung at a meter's place, its own first; `behind` are the records that led to it.

    Each counts from its own record on. A meter that the archive does not know, or has where it hangs now, was behind
    the transformers of this place; days are those of `tz`.
    """
    days = [one.at.astimezone(tz).date() for one in behind]
    found = [replace(meter, valid_from=days[0])] if behind else [meter]
    for place, one in enumerate(behind):
        row = known(one.old_asset)
        if row is None or (row.valid_from is not None and row.valid_from >= days[place]):
            row = replace(row or meter, asset_no=one.old_asset, ct=meter.ct, pt=meter.pt, valid_from=None)
        begun = days[place + 1] if place + 1 < len(behind) else row.valid_from
        found.append(replace(row, valid_from=begun, valid_to=None))
    return found
