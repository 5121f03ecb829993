"""Where meters count: their transformer and line, who is a customer, and what a person asked to see."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["Network", "Place", "Relation", "Wanted"]

Node = tuple[str, str]
"""`line` or `transformer`, and its code."""


@dataclass(frozen=True, slots=True)
class Place:
    """Codes of a meter's transformer and line; empty where there is none."""

    transformer: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A meter counts for a side of a node with a sign."""

    meter: str
    node: Node
    is_supply: bool
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Only these meters, transformers and lines; none named: all."""

    meters: frozenset[str] = frozenset()
    transformers: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()

    @property
    def all(self) -> bool:
        """Whether nothing is left out."""
        return not (self.meters or self.transformers or self.lines)

    def takes(self, meter: str, place: Place) -> bool:
        """Whether a meter is asked for, by itself or by its place."""
        return (
            self.all
            or meter in self.meters
            or place.transformer in self.transformers
            or place.line in self.lines
        )


@dataclass(slots=True)
class Network:
    """A period's relations as reports see them; `lines` are those of transformers, by code."""

    places: dict[str, Place] = field(default_factory=dict)
    customers: dict[str, Place] = field(default_factory=dict)
    """Meters on a sale side that are not the total meter of an area or line."""
    totals: dict[Node, list[str]] = field(default_factory=dict)
    """Meters through which a transformer or line is supplied."""

    @classmethod
    def of(cls, relations: Iterable[Relation], lines: Mapping[str, str]) -> "Network":
        """The network that relations and the lines of transformers make."""
        found = cls()
        sold: set[str] = set()
        for one in relations:
            kind, code = one.node
            before = found.places.get(one.meter, Place())
            if kind == "transformer":
                found.places[one.meter] = Place(code, before.line or lines.get(code, ""))
            else:
                found.places[one.meter] = Place(before.transformer, code)
            if not one.is_supply:
                sold.add(one.meter)
            elif one.sign > 0:
                found.totals.setdefault(one.node, []).append(one.meter)
        supplying = {meter for meters in found.totals.values() for meter in meters}
        found.customers = {meter: found.places[meter] for meter in sorted(sold - supplying)}
        return found

    def behind(self) -> dict[Node, list[str]]:
        """Customers of each transformer and line, those of a line's transformers among its own."""
        found: dict[Node, list[str]] = {}
        for meter, place in self.customers.items():
            for node in (("transformer", place.transformer), ("line", place.line)):
                if node[1]:
                    found.setdefault(node, []).append(meter)
        return found

    def within(self, meters: Collection[str]) -> "Network":
        """The same with no other customers than these."""
        kept = {meter: place for meter, place in self.customers.items() if meter in meters}
        return Network(self.places, kept, self.totals)
