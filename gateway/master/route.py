"""Which database keeps what: by the key that a meter or a sum is consolidated under, and by kind.

Readings and findings follow the relations of their meter; a meter of no relation, and what belongs to no meter, goes
to every database. Every database remembers every batch, so that each acknowledges by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from config.schema import Route
from gateway.energy.record import Aggregate
from gateway.master.prepare import Prepared
from gateway.master.rows import KINDS, Columns
from gateway.master.stores.base import Store

__all__ = ["KEYS", "Router", "Share", "shares_of"]

KEYS = ("line", "transformer")
_EVERY = frozenset((key, kind) for key in KEYS for kind in KINDS)
_METER = {"finding": 5, "event": 2}
"""Where the meter stands in the small rows that have one."""

Share = frozenset[tuple[str, str]]
"""Keys and kinds that a database takes."""
_Keys = Mapping[str, frozenset[str]]


def shares_of(routes: Sequence[Route]) -> list[Share]:
    """What the default database takes, then what each route's takes."""
    taken = [frozenset((key, kind) for key in one.keys for kind in one.kinds or KINDS) for one in routes]
    return [_EVERY.difference(*taken), *taken]


@dataclass(frozen=True, slots=True)
class _Lens:
    """Looks at rows as one database does; `keys` are those of meters."""

    share: Share
    keys: _Keys

    def takes(self, kind: str, keys: Iterable[str]) -> bool:
        """Whether a row of a kind under these keys belongs here; one under no key belongs everywhere."""
        found = tuple(keys)
        return not found or any((key, kind) in self.share for key in found)

    def of(self, one: Prepared) -> Prepared:
        """The batch with the rows that belong here."""
        kind = one.batch.kind
        small = [row for row in one.small if self.takes(kind, self._keys_of(kind, row))]
        columns = None if one.columns is None else self._columns(one.columns)
        return replace(one, columns=columns, small=small)

    def _keys_of(self, kind: str, row: tuple[Any, ...]) -> Iterable[str]:
        if kind == "aggregate":
            found: Aggregate = row[0]
            return (found.node_kind,)
        if kind not in _METER:
            return ()
        meter = row[_METER[kind]]
        head, colon, _ = meter.partition(":")
        return (head,) if colon and head in KEYS else self.keys.get(meter, ())

    def _columns(self, given: Columns) -> Columns | None:
        here = {meter: self.takes("reading", self.keys.get(meter, ())) for meter in set(given.meter)}
        if all(here.values()):
            return given
        kept = [place for place, meter in enumerate(given.meter) if here[meter]]
        if not kept:
            return None
        cells = {
            name: [getattr(given, name)[place] for place in kept]
            for name in ("at", "value", "meter", "quality", "lag", "point", "variant")
        }
        return Columns(**cells, qualities=given.qualities)


class Router:
    """Divides batches among databases; `shares` in their order. What one of them knows already the others get whole.

    For between two deliveries of a batch a meter may have moved: its rows must not fall between two databases.
    """

    def __init__(self, shares: Sequence[Share] = (_EVERY,)) -> None:
        self._shares = list(shares)
        self._keys: dict[str, frozenset[str]] = {}

    def forget(self) -> None:
        """After a change of an archive: relations are asked for anew."""
        self._keys.clear()

    def divide(self, batches: Sequence[Prepared], stores: Sequence[Store]) -> list[Sequence[Prepared]]:
        """What each store is to commit; raises StoreProblem."""
        if len(stores) != len(self._shares) or all(share == _EVERY for share in self._shares):
            return [batches for _ in stores]
        self._learn({meter for one in batches for meter in _meters(one)}, stores[0])
        names = [(one.batch.gateway, one.batch.epoch, one.batch.batch) for one in batches]
        known = {tuple(row) for store in stores for row in store.ask("batches_known", names)}
        lenses = [_Lens(share, self._keys) for share in self._shares]
        return [
            [one if name in known else lens.of(one) for one, name in zip(batches, names, strict=True)]
            for lens in lenses
        ]

    def _learn(self, assets: set[str], store: Store) -> None:
        missing = sorted(assets - self._keys.keys())
        if not missing:
            return
        found: dict[str, set[str]] = {asset: set() for asset in missing}
        for asset, kind in store.ask("keys_of", missing):
            found[asset].add(kind)
        self._keys |= {asset: frozenset(kinds) for asset, kinds in found.items()}


def _meters(one: Prepared) -> Iterable[str]:
    if one.columns is not None:
        yield from set(one.columns.meter)
    elif (place := _METER.get(one.batch.kind)) is not None:
        yield from (row[place] for row in one.small)
