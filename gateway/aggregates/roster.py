"""Which meters of this gateway count for which side of a node, and what hung at their places."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import tzinfo

from config.archive import Archive, Relation
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
        self._relations: dict[NodeKey, list[Relation]] = {}
        self._strange: set[NodeKey] = set()
        for one in archive.relations:
            node = (one.node_kind, one.node)
            if one.meter in archive.by_asset:
                self._relations.setdefault(node, []).append(one)
            else:
                self._strange.add(node)
        self._nodes = self._by_asset()
        self._rows = self._shared()
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
        exchanged = {
            one.old_asset: one.new_asset
            for one in self._archive.exchanges
            if one.at < period.end and one.old_asset in self._nodes
        }
        return members(
            self._relations.get(node, ()), period, both=self._both, exchanged=exchanged, out=self._out
        )

    def place(self, asset: str) -> tuple[Interval, ...]:
        """What hung where this meter hangs, over time."""
        meter = self._archive.by_asset.get(asset)
        if meter is None:
            return ()
        rows = self._rows.get(asset, (asset,))
        found = [self._archive.by_asset[one] for one in rows if one in self._archive.by_asset]
        return intervals(found, self._archive.exchanges if len(found) > 1 else (), self._tz)

    def _by_asset(self) -> dict[str, tuple[NodeKey, ...]]:
        nodes: dict[str, tuple[NodeKey, ...]] = {}
        shared: dict[tuple[NodeKey, ...], tuple[NodeKey, ...]] = {}
        for node, relations in self._relations.items():
            for one in relations:
                known = nodes.get(one.meter, ())
                if node not in known:
                    both = (*known, node)
                    nodes[one.meter] = shared.setdefault(both, both)
        for exchange in self._archive.exchanges:  # a new meter counts where the old one did
            if exchange.old_asset in nodes:
                nodes.setdefault(exchange.new_asset, nodes[exchange.old_asset])
        return nodes

    def _shared(self) -> dict[str, tuple[str, ...]]:
        """Assets of one place, for each of them; meters that were never exchanged are left out."""
        places: dict[str, tuple[str, ...]] = {}
        for one in self._archive.exchanges:
            joined = tuple(
                dict.fromkeys(
                    (
                        *places.get(one.old_asset, (one.old_asset,)),
                        *places.get(one.new_asset, (one.new_asset,)),
                    )
                )
            )
            places.update(dict.fromkeys(joined, joined))
        return places
