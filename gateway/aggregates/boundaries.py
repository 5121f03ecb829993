"""Registers near the ends of periods, of very many meters: their tracks as bytes, each unpacked while it is used."""

import sys
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, tzinfo

from gateway.aggregates.track import FULL, KEEP_SHORT, SCALE, Row, Track, registers_in
from gateway.energy.effective import rank
from gateway.energy.series import Register
from protocols.reading import Method, Reading, State

__all__ = ["Boundaries"]

_METHODS = tuple(Method)
_BY_PERSON = 0


class Boundaries:
    """Tracks by asset number and point."""

    def __init__(self, tz: tzinfo, step: int = 900) -> None:
        self.step = step
        self._tz = tz
        self._held: dict[str, dict[str, bytes]] = {}
        self._days: dict[int, int] = {}

    def __len__(self) -> int:
        return sum(sum(map(registers_in, held.values())) for held in self._held.values())

    def take(self, reading: Reading) -> Track | None:
        """A usable register; returns its track if it changed anything."""
        if reading.value is None:
            return None
        mark = _METHODS.index(reading.method) << 4 | rank(reading.origin, reading.method, reading.state)
        units = int(reading.value * SCALE)
        key = reading.meter, reading.point
        return self.put(key, (int(reading.at.timestamp()), units, mark, reading.flags))

    def put(self, key: tuple[str, str], row: Row) -> Track | None:
        """One row of a meter and point."""
        track = self._track(key) or Track()
        if not track.put(row, self.step):
            return None
        if len(track.at) >= FULL:
            track.fold(
                track.at[-1], self._day_of
            )  # as of its newest: what is kept does not depend on when it came
        self._keep(key, track)
        return track

    def adopt(self, key: tuple[str, str], track: Track) -> None:
        """A track as it was kept; beside one that is here its rows are taken."""
        if not self.has(*key):
            self._keep(key, track)
            return
        whole = track.whole()
        for place in range(len(whole.at)):
            self.put(key, whole.row(place))

    def has(self, asset: str, point: str) -> bool:
        """Whether anything is held of this register."""
        return asset in self._held.get(point, ())

    def registers(
        self, asset: str, point: str, begin: datetime, end: datetime, decimals: int
    ) -> Sequence[Register]:
        """Registers that the energy between two instants needs."""
        track = self._track((asset, point))
        if track is None:
            return ()
        found = track.around(int(begin.timestamp()), int(end.timestamp()), decimals)
        return [
            Register(
                datetime.fromtimestamp(at, self._tz),
                value,
                State.ACCEPTED if mark & 15 == _BY_PERSON else State.PASSED,
                _METHODS[mark >> 4],
                flags,
            )
            for at, value, mark, flags in found
        ]

    def prune(self, now: int) -> None:
        """Forget what is too old of meters that give nothing any more; the others' goes when they are packed."""
        for key, track in self.tracks():
            if not track.at or track.at[-1] < now - KEEP_SHORT:
                track.fold(now, self._day_of)
                self._keep(key, track)
        self._days.clear()

    def keep(self, assets: AbstractSet[str]) -> None:
        """Forget meters that count for nothing any more."""
        for held in self._held.values():
            for asset in held.keys() - assets:
                del held[asset]

    def tracks(self, of: Callable[[str], bool] = bool) -> Iterator[tuple[tuple[str, str], Track]]:
        """Everything, by meter and point; with `of`, what is of the assets that it says."""
        for point, held in self._held.items():
            for asset in list(filter(of, held)):
                yield (asset, point), Track.of(held[asset])

    def _track(self, key: tuple[str, str]) -> Track | None:
        held = self._held.get(key[1], {}).get(key[0])
        return None if held is None else Track.of(held)

    def _keep(self, key: tuple[str, str], track: Track) -> None:
        asset, point = key
        held = self._held.setdefault(sys.intern(point), {})
        if track.at:
            held[sys.intern(asset)] = track.held()
        else:
            held.pop(asset, None)

    def _day_of(self, at: int) -> int:
        """The local day of an instant."""
        slot = at // 900
        if (known := self._days.get(slot)) is None:
            known = self._days[slot] = datetime.fromtimestamp(at, self._tz).toordinal()
        return known
