"""Sums and loss of lines and transformers in a period, from the energies of their members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from config.second import Second
from gateway.energy.aggregate import balance
from gateway.energy.loss import LossLimits, Part, loss_of
from gateway.energy.members import SALE, SUPPLY, Member
from gateway.energy.period import Period
from gateway.energy.record import FORWARD, REVERSE, Aggregate, Loss, MeterEnergy
from gateway.energy.transformer import losses_of, low_side, transformer_loss
from gateway.master.process.codes import aggregate_cells, loss_cells, micros, number_of
from gateway.master.process.fill import Known, estimates, usual
from gateway.master.process.gaps import Gaps, balanced, beside
from gateway.master.process.history import History
from gateway.master.process.membership import Energies, Groups, Membership, Name
from gateway.master.process.roll import Entry
from gateway.master.stores.base import Store
from gateway.second.judge import limits_for

__all__ = ["Balance", "Nodes", "keep_nodes"]


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
        """Energies by meter and point that were estimated here or are no longer, still to be kept."""

    def balances(self, nodes: Sequence[int]) -> list[Balance]:
        """Of these nodes, those that have a member in the period; others with them where an estimate may be theirs."""
        loaded = Membership(self._store, self._period, nodes)
        known = loaded.known
        found = [
            _Draft(number, name, groups, self._parts(groups, known))
            for number, name, groups in loaded.groups()
        ]
        self._look_back(found, known)
        return self._filled([(draft, self._closed(draft, known)) for draft in found], known)

    def _parts(self, groups: Groups, known: Energies) -> list[Part]:
        return [
            known.part(member, side, self._part)
            for side, group in zip((SUPPLY, SALE), groups, strict=True)
            for member in group
        ]

    def _look_back(self, drafts: Sequence["_Draft"], known: Energies) -> None:
        """What members usually take, of nodes where one was not read."""
        short = [draft for draft in drafts if any(not one.read for one in draft.parts)]
        entries = [known.entries.get(one.meter) for draft in short for one in draft.parts]
        past = self._history.known({entry.id: entry.asset for entry in entries if entry is not None})
        for draft in short:
            draft.past = {one.meter: past.get(one.meter, {}) for one in draft.parts}

    def _filled(self, found: Sequence[tuple["_Draft", Balance]], known: Energies) -> list[Balance]:
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
        for asset, point in known.given_up():
            self.estimated[known.number(asset), self._points[point]] = known.energies[asset, point]
        return [self._again(short[one.node], known) if one.node in short else one for _, one in found]

    def _is_figure(self, one: Balance) -> bool:
        return one.loss.coverage >= self._loss_limits(one.name[0]).figure

    def _estimate(self, one: Balance, known: Energies, gaps: Gaps, around: Mapping[str, Known]) -> None:
        missing = {asset: found for asset in one.short if (found := known.energies.get((asset, FORWARD)))}
        more = around
        # Only one node may speak for a member of which nothing else is known.
        if one.name[0] == "transformer":
            bare = [part for part in one.parts if part.meter in missing and not around[part.meter].days]
            norm = gaps.norm(one.node) if bare else None
            more = dict(around)
            for part in bare:
                others = beside(around[part.meter], part, one.parts, known.entries, self._period)
                more[part.meter] = balanced(others, part, one.parts, one.loss, norm)
        for made in estimates(one.parts, missing, more, self._period):
            known.energies[made.meter, FORWARD] = made
            self.estimated[known.number(made.meter), self._points[FORWARD]] = made

    def _again(self, draft: "_Draft", known: Energies) -> Balance:
        draft.parts = self._parts(draft.groups, known)
        return self._closed(draft, known)

    def _closed(self, draft: "_Draft", known: Energies) -> Balance:
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

    def _added(self, name: Name, parts: Iterable[Part], known: Energies) -> Decimal:
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
    groups: Groups
    parts: list[Part]
    past: dict[str, Mapping[date, Decimal]] = field(default_factory=dict)


def keep_nodes(store: Store, period: Period, found: Sequence[Balance]) -> tuple[int, int, set[int]]:
    """Write sums and losses that are new or other than the latest version; how many of each, and of which nodes."""
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
    return len(new_sums), len(new_losses), {row[1] for row in (*new_sums, *new_losses)}
