"""Sums and loss of lines and transformers in a period, from the energies of their members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from config.archive import Relation
from config.second import Second
from gateway.energy.accuracy import accuracy_of
from gateway.energy.aggregate import balance
from gateway.energy.loss import LossLimits, Part, loss_of, part_of
from gateway.energy.members import SALE, SUPPLY, Member, members
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE, Aggregate, Computed, Loss, MeterEnergy
from gateway.energy.transformer import losses_of, low_side, transformer_loss
from gateway.master.process.codes import aggregate_cells, decimal_of, loss_cells, micros, number_of
from gateway.master.process.fill import Known, estimates, usual
from gateway.master.process.gaps import Gaps, balanced, beside
from gateway.master.process.history import History
from gateway.master.process.roll import Entry, Roll
from gateway.master.stores.base import Store
from gateway.second.judge import limits_for
from protocols.reading import Method, State

__all__ = ["Balance", "Nodes", "keep_nodes"]

Name = tuple[str, str]
_Groups = tuple[list[Member], list[Member]]


@dataclass(slots=True)
class Balance:
    """One node in a period: its sums, its loss, and the members behind them."""

    node: int
    name: Name
    sides: tuple[Aggregate, Aggregate]
    loss: Loss
    parts: list[Part] = field(default_factory=list)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """What the archive says of members, by asset; of other nodes' as well."""

    @property
    def short(self) -> list[str]:
        """Members of the sale that have no energy."""
        return [one.meter for one in self.parts if one.side == SALE and one.energy is None]


class Nodes:
    """Computes nodes of one period; `limits` are those of the second review."""

    def __init__(self, store: Store, period: Period, limits: Mapping[str, Second]) -> None:
        self._store, self._period, self._limits = store, period, limits
        self._points = store.known("points", [FORWARD, REVERSE])
        self._history = History(store, period)
        self.estimated: dict[tuple[int, int], MeterEnergy] = {}
        """Energies by meter and point that were estimated here, still to be kept."""

    def balances(self, nodes: Sequence[int]) -> list[Balance]:
        """Of these nodes, those that have a member in the period."""
        names = {number: (kind, code) for number, kind, code in self._store.ask("node_names", nodes)}
        relations, ids = self._relations(nodes, names)
        exchanged = self._followed(ids)
        roll = Roll()
        roll.add(self._store.ask("meters_listed", sorted(ids.values())))
        by_asset = {entry.asset: entry for entry in roll.entries.values()}
        sides = members(
            relations,
            self._period,
            both={asset for asset, entry in by_asset.items() if entry.both},
            exchanged=exchanged,
            out={asset for asset, entry in by_asset.items() if not self._counts(entry)},
        )
        known = _Known(by_asset, self._energies(sorted(roll.entries), roll))
        known.set_aside()
        found = []
        for number, name in sorted(names.items()):
            groups = sides.get((*name, SUPPLY), []), sides.get((*name, SALE), [])
            if groups[0] or groups[1]:
                found.append(_Draft(number, name, groups, self._parts(groups, known)))
        self._look_back(found, known)
        return self._filled([(draft, self._closed(draft, known)) for draft in found], known)

    def _counts(self, entry: Entry) -> bool:
        return entry.active and entry.touches(self._period)

    def _followed(self, ids: dict[str, int]) -> dict[str, str]:
        """Which asset took the place of which before the period ended, with the numbers of the new ones in `ids`.

        The relation of a meter goes on with the one that took its place.
        """
        found: dict[str, str] = {}
        wanted = sorted(ids.values())
        while wanted:
            rows = self._store.ask("exchanges_behind", wanted, last=micros(self._period.end))
            found |= {old: new for old, new, _ in rows}
            fresh = {new: number for _, new, number in rows if new not in ids}
            ids |= fresh
            wanted = sorted(fresh.values())
        return found

    def _relations(
        self, nodes: Sequence[int], names: Mapping[int, Name]
    ) -> tuple[list[Relation], dict[str, int]]:
        """Relations of these nodes; where the master's own archive relates a meter, only what it says counts."""
        rows = self._store.ask("relations_of_nodes", nodes)
        own = {meter for (meter,) in self._store.ask("relations_own", sorted({row[2] for row in rows}))}
        found: set[Relation] = set()
        ids: dict[str, int] = {}
        for node, gateway, meter, asset, _, side, sign, first, last in rows:
            if meter in own and gateway != 0:
                continue
            kind, code = names[node]
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

    def _parts(self, groups: _Groups, known: "_Known") -> list[Part]:
        return [
            known.part(member, side, self._part)
            for side, group in zip((SUPPLY, SALE), groups, strict=True)
            for member in group
        ]

    def _look_back(self, drafts: Sequence["_Draft"], known: "_Known") -> None:
        """What members usually take, of nodes where one was not read."""
        short = [draft for draft in drafts if any(not one.read for one in draft.parts)]
        entries = [known.entries.get(one.meter) for draft in short for one in draft.parts]
        past = self._history.known({entry.id: entry.asset for entry in entries if entry is not None})
        for draft in short:
            draft.past = {one.meter: past.get(one.meter, {}) for one in draft.parts}

    def _filled(self, found: Sequence[tuple["_Draft", Balance]], known: "_Known") -> list[Balance]:
        """Balances; where one is a figure although members are missing, with estimates for them."""
        short = {one.node: draft for draft, one in found if one.short}
        figures = [one for _, one in found if one.node in short and self._is_figure(one)]
        wanted = {
            asset: entry for one in figures for asset in one.short if (entry := known.entries.get(asset))
        }
        past = {asset: short[one.node].past.get(asset, {}) for one in figures for asset in one.short}
        gaps = Gaps(self._store, self._period, self._points[FORWARD])
        around = gaps.known(wanted.values(), past)
        for one in figures:
            self._estimate(one, known, gaps, around)
        known.restore()
        return [self._again(short[one.node], known) if one.node in short else one for _, one in found]

    def _is_figure(self, one: Balance) -> bool:
        return one.loss.coverage >= self._loss_limits(one.name[0]).figure

    def _estimate(self, one: Balance, known: "_Known", gaps: Gaps, around: Mapping[str, Known]) -> None:
        missing = {asset: found for asset in one.short if (found := known.energies.get((asset, FORWARD)))}
        more = around
        if (
            one.name[0] == "transformer"
        ):  # only one node may speak for a member of which nothing else is known
            bare = [part for part in one.parts if part.meter in missing and not around[part.meter].days]
            norm = gaps.norm(one.node) if bare else None
            more = dict(around)
            for part in bare:
                others = beside(around[part.meter], part, one.parts, known.entries, self._period)
                more[part.meter] = balanced(others, part, one.parts, one.loss, norm)
        for made in estimates(one.parts, missing, more, self._period):
            known.energies[made.meter, FORWARD] = made
            self.estimated[known.number(made.meter), self._points[FORWARD]] = made

    def _again(self, draft: "_Draft", known: "_Known") -> Balance:
        draft.parts = self._parts(draft.groups, known)
        return self._closed(draft, known)

    def _closed(self, draft: "_Draft", known: "_Known") -> Balance:
        number, name = draft.number, draft.name
        sides = balance(*draft.groups, lambda member, point: known.find(member, point, self._part))
        parts = draft.parts
        if draft.past:
            parts = [
                replace(one, reference=usual(draft.past.get(one.meter, {}), self._period)) for one in parts
            ]
        loss = loss_of(
            name,
            self._period,
            sides,
            parts,
            limits=self._loss_limits(name[0]),
            added=self._added(name, parts, known),
        )
        whole = (
            sides[0].aggregate((*name, SUPPLY), self._period),
            sides[1].aggregate((*name, SALE), self._period),
        )
        return Balance(number, name, whole, loss, parts, known.entries)

    def _added(self, name: Name, parts: Iterable[Part], known: "_Known") -> Decimal:
        """Losses in transformers of customers of a line who are metered on their low side."""
        added = Decimal(0)
        if name[0] != "line":
            return added
        for one in parts:
            entry = known.entries.get(one.meter)
            if one.side == SALE and one.energy is not None and entry is not None and entry.cells[9]:
                meter = entry.meter()
                if low_side(meter) and meter.capacity_kva:
                    hours = Decimal(self._period.hours)
                    added += one.sign * transformer_loss(losses_of(meter.capacity_kva), one.energy, hours)
        return added.quantize(Decimal("0.0001"))

    def _loss_limits(self, kind: str) -> LossLimits:
        given = limits_for(self._limits, kind)
        high = given.line_loss_high if kind == "line" else given.loss_high
        return LossLimits(
            negative=-Decimal(str(given.loss_negative)),
            high=Decimal(str(high)),
            figure=Decimal(str(given.complete_warn)),
            range=Decimal(str(given.complete_least)),
        )

    def _part(self, member: Member, one: MeterEnergy | None, meter: int, point: str) -> MeterEnergy | None:
        """The energy over the member's part of the period: of a month that it shares, the sum of its days."""
        whole = (member.begin, member.end) == (self._period.start, self._period.end)
        if whole or one is None:
            return one
        days = self._history.days(member.begin.date(), member.end.date())
        found = History.sums(self._store, days, [meter], self._points[point])
        total = found.get(meter)
        return replace(one, energy=total) if total is not None else None


@dataclass(slots=True)
class _Draft:
    """A node with the members of its sides and what each gives; `past` is by asset where it was looked up."""

    number: int
    name: Name
    groups: _Groups
    parts: list[Part]
    past: dict[str, Mapping[date, Decimal]] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
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

    def restore(self) -> None:
        """Earlier estimates of what could not be estimated again."""
        for key, one in self.earlier.items():
            if self.energies[key].energy is None:
                self.energies[key] = one

    def number(self, asset: str) -> int:
        entry = self.entries.get(asset)
        return 0 if entry is None else entry.id

    def find(self, member: Member, point: str, part: Any) -> MeterEnergy | None:
        found: MeterEnergy | None = part(
            member, self.energies.get((member.meter, point)), self.number(member.meter), point
        )
        return found

    def part(self, member: Member, side: str, part: Any) -> Part:
        entry = self.entries.get(member.meter)
        return part_of(
            member,
            side,
            lambda member, point: self.find(member, point, part),
            accuracy=accuracy_of(entry.meter()) if entry is not None else Decimal("0.02"),
        )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _plain(register: int | None) -> Decimal | None:
    """A register as the table has it, of which only counts whether it is there."""
    return None if register is None else Decimal(register)


def keep_nodes(store: Store, period: Period, found: Sequence[Balance]) -> tuple[int, int]:
    """Write sums and losses that are new or other than the latest version; how many of each."""
    nodes = [one.node for one in found]
    start, span = micros(period.start), number_of(period.span)
    sums = {
        (row[1], row[3], row[4]): row for row in store.ask("aggregates_latest", nodes, start=start, span=span)
    }
    losses = {row[1]: row for row in store.ask("losses_latest", nodes, start=start, span=span)}
    new_sums, new_losses = [], []
    for one in found:
        for side in one.sides:
            before = sums.get((one.node, side.side, side.unit))
            cells = aggregate_cells(side, one.node, 0, 1 if before is None else before[6] + 1)
            if before is None or before[7:] != cells[7:]:
                new_sums.append(cells)
        past = losses.get(one.node)
        row = loss_cells(one.loss, one.node, 1 if past is None else past[3] + 1)
        if past is None or past[4:] != row[4:]:
            new_losses.append(row)
    if new_sums:
        store.ask("aggregates_new", new_sums)
    if new_losses:
        store.ask("losses_new", new_losses)
    return len(new_sums), len(new_losses)
