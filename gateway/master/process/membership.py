"""Who counts for lines and transformers in a period, and what each has: from the archives and the energies."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from config.archive import Exchange, Relation
from gateway.energy.accuracy import accuracy_of
from gateway.energy.exchanged import Exchanged
from gateway.energy.loss import Part, part_of
from gateway.energy.members import SALE, SUPPLY, Member, members
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE, Computed, MeterEnergy
from gateway.master.process.codes import decimal_of, micros, number_of
from gateway.master.process.roll import Entry, Roll, concerned
from gateway.master.rows import shift
from gateway.master.stores.base import Store
from protocols.reading import Method, State

__all__ = ["Energies", "Groups", "Membership", "Name"]

Name = tuple[str, str]
"""Kind and code of a node."""
Groups = tuple[list[Member], list[Member]]
"""Members of the supply and of the sale."""


@dataclass(slots=True)
class Energies:
    """What is known of the members of some nodes."""

    entries: Mapping[str, Entry]
    energies: dict[tuple[str, str], MeterEnergy]
    earlier: dict[tuple[str, str], MeterEnergy] = field(default_factory=dict)
    """Estimates of runs before this one."""

    def set_aside(self) -> None:
        """What was estimated for want of a register is estimated again by what is known now."""
        for key, one in self.energies.items():
            if one.computed is Computed.ESTIMATED and one.begin is None and one.finish is None:
                self.earlier[key] = one
        for key, one in self.earlier.items():
            self.energies[key] = replace(
                one, energy=None, computed=Computed.MISSING, method=Method.FREEZE, worst=State.MISSING
            )

    def assets_aside(self) -> list[str]:
        """Meters with estimates of runs before."""
        return sorted({asset for asset, _ in self.earlier})

    def given_up(self) -> list[tuple[str, str]]:
        """What was estimated before, and could not be estimated again by what is known now."""
        return [key for key in self.earlier if self.energies[key].energy is None]

    def number(self, asset: str) -> int:
        """The meter's number; 0 of one that no archive knows."""
        entry = self.entries.get(asset)
        return 0 if entry is None else entry.id

    def find(self, member: Member, point: str, part: Any) -> MeterEnergy | None:
        """The energy of a member's register; `part` gives that of the part of the period in which it is one."""
        found: MeterEnergy | None = part(
            member, self.energies.get((member.meter, point)), self.number(member.meter), point
        )
        return found

    def part(self, member: Member, side: str, part: Any) -> Part:
        """What a member gives to a side; `part` as for `find`."""
        entry = self.entries.get(member.meter)
        return part_of(
            member,
            side,
            lambda member, point: self.find(member, point, part),
            accuracy=accuracy_of(entry.meter()) if entry is not None else Decimal("0.02"),
        )


class Membership:
    """Nodes of one period with their members; what earlier runs estimated is set aside.

    Where another node may be the one that has an estimate, that node is among them too.
    """

    def __init__(self, store: Store, period: Period, nodes: Sequence[int]) -> None:
        self._store, self._period = store, period
        self._points = store.known("points", [FORWARD, REVERSE])
        self._load(sorted(set(nodes)))
        while more := self._elsewhere():
            self._load(sorted(more))

    def _load(self, nodes: Sequence[int]) -> None:
        self.names: dict[int, Name] = {
            number: (kind, code) for number, kind, code in self._store.ask("node_names", nodes)
        }
        relations, ids = self._relations(nodes)
        swaps = self._followed(ids)
        roll = Roll()
        roll.add(self._store.ask("meters_listed", sorted(ids.values())))
        by_asset = {entry.asset: entry for entry in roll.entries.values()}
        self._sides = members(
            relations,
            self._period,
            both={asset for asset, entry in by_asset.items() if entry.both},
            swaps=swaps,
            out={asset for asset, entry in by_asset.items() if not self._counts(entry)},
        )
        self.known = Energies(by_asset, self._energies(sorted(roll.entries), roll))
        self.known.set_aside()

    def _elsewhere(self) -> AbstractSet[int]:
        """These nodes and others of meters that were estimated; none where there are no others."""
        aside = [self.known.number(asset) for asset in self.known.assets_aside()]
        others = concerned(self._store, aside) - self.names.keys() if aside else set[int]()
        return self.names.keys() | others if others else set()

    def groups(self) -> Iterable[tuple[int, Name, Groups]]:
        """Nodes that have a member in the period, or had one when it was last computed, by number."""
        found = {
            number: (self._sides.get((*name, SUPPLY), []), self._sides.get((*name, SALE), []))
            for number, name in sorted(self.names.items())
        }
        bare = self._bereft([number for number, (supply, sale) in found.items() if not (supply or sale)])
        for number, sides in found.items():
            if sides[0] or sides[1] or number in bare:
                yield number, self.names[number], sides

    def _bereft(self, nodes: Sequence[int]) -> set[int]:
        """Of nodes without members those that have a loss of the period, which no longer holds."""
        start, span = micros(self._period.start), number_of(self._period.span)
        rows = self._store.ask("losses_latest", nodes, start=start, span=span) if nodes else []
        return {row[1] for row in rows}

    def _counts(self, entry: Entry) -> bool:
        return entry.active and entry.touches(self._period)

    def _followed(self, ids: dict[str, int]) -> Exchanged:
        """Which asset took the place of which before the period ended, with the numbers of the new ones in `ids`.

        The relation of a meter goes on with the one that took its place.
        """
        found: list[Exchange] = []
        wanted = sorted(ids.values())
        while wanted:
            rows = self._store.ask("exchanges_behind", wanted, last=micros(self._period.end))
            fresh: dict[str, int] = {}
            for old, new, number, at, mp_no in rows:
                found.append(_exchange(old, new, at, mp_no))
                if new not in ids:
                    fresh[new] = number
            ids |= fresh
            wanted = sorted(fresh.values())
        return Exchanged(found)

    def _relations(self, nodes: Sequence[int]) -> tuple[list[Relation], dict[str, int]]:
        """Relations of these nodes; where the master's own archive relates a meter, only what it says counts."""
        rows = self._store.ask("relations_of_nodes", nodes)
        own = {meter for (meter,) in self._store.ask("relations_own", sorted({row[2] for row in rows}))}
        found: set[Relation] = set()
        ids: dict[str, int] = {}
        for node, gateway, meter, asset, _, side, sign, first, last in rows:
            if meter in own and gateway != 0:
                continue
            kind, code = self.names[node]
            dates = _day(first), _day(last)
            ids[asset] = meter
            found.add(
                Relation(
                    meter=asset,
                    node_kind=kind,
                    node=code,
                    side=side,
                    sign=sign,
                    valid_from=dates[0],
                    valid_to=dates[1],
                )
            )
        return sorted(found, key=lambda one: (one.node_kind, one.node, one.meter, one.side)), ids

    def _energies(self, meters: Sequence[int], roll: Roll) -> dict[tuple[str, str], MeterEnergy]:
        """Latest energies forward and reverse by asset and point."""
        start, span = micros(self._period.start), number_of(self._period.span)
        rows = self._store.ask("energy_latest", meters, start=start, span=span)
        names = {self._points[point]: point for point in (FORWARD, REVERSE)}
        facts = {row[0]: row[1:] for row in self._store.ask("energy_facts", sorted({row[6] for row in rows}))}
        assets = {number: entry.asset for number, entry in roll.entries.items()}
        found: dict[tuple[str, str], MeterEnergy] = {}
        for meter, point, _, energy, begin, finish, quality, skew in rows:
            if point in names and meter in assets:
                key = assets[meter], names[point]
                found[key] = self._record(key, energy, (begin, finish, *facts[quality]), skew)
        return found

    def _record(
        self, key: tuple[str, str], energy: int | None, said: Sequence[Any], skew: int
    ) -> MeterEnergy:
        begin, finish, scale, _, flags, multiplier, computed, method, reason, worst = said
        return MeterEnergy(
            meter=key[0],
            point=key[1],
            span=self._period.span,
            start=self._period.start,
            end=self._period.end,
            energy=None if energy is None else decimal_of(energy, scale),
            computed=Computed(computed),
            method=Method(method),
            reason=reason,
            flags=flags,
            worst=State(worst),
            skew_seconds=skew,
            multiplier=Decimal(multiplier),
            begin=_plain(begin),
            finish=_plain(finish),
        )


def _exchange(old: str, new: str, at: int, mp_no: str) -> Exchange:
    """As far as it matters who follows whom."""
    return Exchange(mp_no=mp_no, old_asset=old, new_asset=new, at=shift(at), old_finals={}, new_initials={})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _plain(register: int | None) -> Decimal | None:
    """A register as the table has it, of which only counts whether it is there."""
    return None if register is None else Decimal(register)
