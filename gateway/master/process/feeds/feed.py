"""What a feed is asked for, and what it gives."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from config.second import Second
from gateway.energy.period import Period
from gateway.master.process.energies import Kept, Key
from gateway.master.process.marks import Work
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Roll
from gateway.master.stores.base import Store

__all__ = [
    "Again",
    "Around",
    "Change",
    "CustomerFeed",
    "Customers",
    "Fields",
    "Looker",
    "MemberFeed",
    "NodeFeed",
    "Search",
    "name_of",
]

Fields = dict[str, Any]
"""Fields of a `gateway.second.view.Case` by name."""


@dataclass(slots=True)
class Around:
    """What feeds of one period share: `days` are starts (microseconds) of days before it that have energies."""

    store: Store
    period: Period
    limits: Mapping[str, Second]
    days: Sequence[int] = ()
    later: dict[int, set[int]] = field(default_factory=dict)
    """Meters that a feed wants judged again, by the start of a later day."""
    _known: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[["Around"], Any]) -> Any:
        """What `make` finds of the period, looked up for its first part and kept for the others."""
        if name not in self._known:
            self._known[name] = make(self)
        return self._known[name]


@dataclass(slots=True)
class Customers:
    """Meters of a part of a run with their energies forward of the period; `point` is the number of that register.

    `kept` has the energies of all their registers.
    """

    roll: Roll
    energies: Mapping[int, Decimal | None]
    point: int
    kept: Mapping[Key, Kept] = field(default_factory=dict)
    numbers: list[int] = field(init=False)
    """Those the archive knows, in ascending order."""

    def __post_init__(self) -> None:
        """Take those of the archive."""
        self.numbers = sorted(number for number in self.energies if number in self.roll.entries)


class CustomerFeed(Protocol):
    """Knows something of customers."""

    def customers(self, around: Around, part: Customers) -> Mapping[int, Fields]:
        """Fields by number of the meter; one of which nothing is known is left out. Raises StoreProblem."""


class NodeFeed(Protocol):
    """Knows something of lines and transformers."""

    def nodes(self, around: Around, balances: Sequence[Balance]) -> Mapping[int, Fields]:
        """Fields by number of the node; raises StoreProblem."""


class MemberFeed(Protocol):
    """Knows something of the members of lines and transformers, once these are balanced."""

    rule: str

    def members(self, around: Around, balances: Sequence[Balance]) -> Mapping[str, Fields]:
        """Fields by asset number, of those alone of which `rule` may say something; raises StoreProblem."""


class Search(Protocol):
    """Looks among the customers of a transformer that one of the rules `opens` hit; only hits of `rule` are taken."""

    rule: str
    opens: frozenset[str]

    def among(self, around: Around, one: Balance) -> Mapping[str, Fields]:
        """Fields by asset number of the customers it judged; raises StoreProblem."""


Again = Iterable[tuple[Period, Work]]
"""What is to be judged again on which days."""


@dataclass(frozen=True, slots=True)
class Change:
    """Nodes of a day of which something arrived or became another; `after` are the closed days after it, in order.

    Of `touched` new readings, sums or rows of an archive are there, of `changed` a sum or a loss is another one.
    `awaited` are gateways all meters of which wait on all of these days anyway.
    """

    after: Sequence[Period]
    touched: AbstractSet[int]
    changed: AbstractSet[int]
    awaited: AbstractSet[int]


class Looker(Protocol):
    """Looks back at more than the energies, sums and losses of what it judges."""

    def again(self, store: Store, change: Change) -> Again:
        """Who is judged by what changed, beside those whose own energies, sums or losses did; raises StoreProblem."""


def name_of(one: Balance) -> str:
    """The object that findings of a node name."""
    return f"{one.name[0]}:{one.name[1]}"
