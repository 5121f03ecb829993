"""Which meters of this gateway count for which side of a node, and what hung at their places."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, tzinfo

from config.archive import Archive, Relation
from gateway.energy.exchanged import Exchanged, hung
from gateway.energy.members import Member, Side, members, two_way
from gateway.energy.period import Period
from gateway.energy.place import Interval, intervals

__all__ = ["NodeKey", "Roster"]

NodeKey = tuple[str, str]
"""Kind of the node (`line` or `transformer`) and its code."""

_IN_SERVICE = "in service"


class Roster:
    """The archive as the sums see it."""

    def __init__(self, archive: Archive, tz: tzinfo) -> None:
        self._archive, self._tz = archive, tz
        self._both = two_way(archive.meters)
        self._out = frozenset(m.asset_no for m in archive.meters if m.status != _IN_SERVICE)
        self._exchanged = Exchanged(archive.exchanges)
        self._relations: dict[NodeKey, list[Relation]] = {}
        self._strange: set[NodeKey] = set()
        for one in archive.relations:
            node = (one.node_kind, one.node)
            if one.meter in archive.by_asset:
                self._relations.setdefault(node, []).append(one)
            else:
                self._strange.add(node)
        self._nodes = self._by_asset()
        self.wanted: AbstractSet[str] = self._nodes.keys()

    @property
    def nodes(self) -> Iterable[NodeKey]:
        """Every node with a member here."""
        return self._relations.keys()

    def nodes_of(self, asset: str) -> Sequence[NodeKey]:
        """The nodes that a meter counts for."""
        return self._nodes.get(asset, ())

    def is_whole(self, node: NodeKey) -> bool:
        """Whether every member that the archive knows hangs on this gateway."""
        return node not in self._strange

    def decimals(self, asset: str) -> int:
        """Decimals of a meter's register."""
        meter = self._archive.by_asset.get(asset)
        return meter.decimals if meter else 2

    def sides(self, node: NodeKey, period: Period) -> dict[Side, list[Member]]:
        """The members of a node in a period, by side."""
        relations = self._relations.get(node, ())
        return members(relations, period, both=self._both, swaps=self._exchanged, out=self._out)

    def place(self, asset: str, until: datetime) -> tuple[Interval, ...]:
        """What hung, over time, where this meter hangs just before an instant."""
        known = self._archive.by_asset
        if asset not in known:
            return ()
        behind = self._exchanged.behind(asset, until)
        return intervals(hung(known[asset], behind, known.get, self._tz), behind, self._tz)

    def _by_asset(self) -> dict[str, tuple[NodeKey, ...]]:
        nodes: dict[str, tuple[NodeKey, ...]] = {}
        shared: dict[tuple[NodeKey, ...], tuple[NodeKey, ...]] = {}
        for node, relations in self._relations.items():
            for one in relations:
                known = nodes.get(one.meter, ())
                if node not in known:
                    both = (*known, node)
                    nodes[one.meter] = shared.setdefault(both, both)
        for swap in sorted(self._archive.exchanges, key=lambda one: one.at):
            if swap.old_asset in nodes:  # a new meter counts where the old one did
                known = tuple(dict.fromkeys((*nodes.get(swap.new_asset, ()), *nodes[swap.old_asset])))
                nodes[swap.new_asset] = shared.setdefault(known, known)
        return nodes
