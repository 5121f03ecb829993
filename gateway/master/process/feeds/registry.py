"""The feeds in force. A feed is a file and a line here."""

from gateway.master.process.culprits import Culprits
from gateway.master.process.feeds.curves import DayCurves
from gateway.master.process.feeds.daily import DailyEnergies
from gateway.master.process.feeds.factor import PowerFactors
from gateway.master.process.feeds.feed import CustomerFeed, Looker, MemberFeed, NodeFeed, Search
from gateway.master.process.feeds.hierarchy import Hierarchy
from gateway.master.process.feeds.losses import Losses
from gateway.master.process.feeds.members import Members
from gateway.master.process.feeds.monthly import MonthEnergies, MonthEstimates, MonthLosses
from gateway.master.process.feeds.neighbours import Neighbours
from gateway.master.process.feeds.node_curves import NodeCurves
from gateway.master.process.feeds.ties import Ties
from gateway.master.process.feeds.trips import Trips
from gateway.master.process.feeds.weeks import RULE, Weeks

__all__ = [
    "CARRIED",
    "DAY_CUSTOMERS",
    "DAY_NODES",
    "LOOKERS",
    "MONTH_CUSTOMERS",
    "MONTH_MEMBERS",
    "MONTH_NODES",
    "SEARCHES",
]

DAY_CUSTOMERS: tuple[CustomerFeed, ...] = (DailyEnergies(), DayCurves(), Trips())
"""Asked for the customers of a day; what a later one says goes before."""

DAY_NODES: tuple[NodeFeed, ...] = (Losses(), NodeCurves(), Ties(), Hierarchy(), Members())
"""Asked for the lines and transformers of a day."""

SEARCHES: tuple[Search, ...] = (Culprits(), Neighbours())
"""Asked for transformers that the rules which open them hit."""

MONTH_CUSTOMERS: tuple[CustomerFeed, ...] = (MonthEnergies(), PowerFactors())
"""Asked for the customers of a month."""

MONTH_NODES: tuple[NodeFeed, ...] = (MonthLosses(), Hierarchy())
"""Asked for the lines and transformers of a month."""

MONTH_MEMBERS: tuple[MemberFeed, ...] = (MonthEstimates(),)
"""Asked for the members of these, of which some may have been estimated to balance them."""

LOOKERS: tuple[Looker, ...] = (Culprits(), Neighbours(), Members(), Weeks())
"""Told what changed on a day that has others after it."""

CARRIED = frozenset({RULE})
"""Rules that judge a customer because they hit it the day before."""
