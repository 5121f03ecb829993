"""What comes of readings: the energy of a meter, the aggregate of a node's side, the loss of a node.

Energies are primary-side `Decimal`s in kWh (kvarh for reactive points), multiplied once. Instants are aware.
Like a reading, none of these is ever changed: what is known better is a new version.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from gateway.energy.period import Span
from protocols.reading import Method, State

__all__ = [
    "FORWARD",
    "REVERSE",
    "Aggregate",
    "Computed",
    "Loss",
    "LossState",
    "MeterEnergy",
    "revised",
    "worst",
]

FORWARD = "1-0:1.8.0"
REVERSE = "1-0:2.8.0"


_WORSENING = (
    State.FINAL,
    State.ACCEPTED,
    State.PASSED,
    State.EDITED,
    State.ESTIMATED,
    State.RAW,
    State.SUSPECT,
    State.REJECTED,
    State.MISSING,
)
_RANK = {state: rank for rank, state in enumerate(_WORSENING)}


def worst(states: Iterable[State]) -> State:
    """The state that says least of a value among these; PASSED where there is none."""
    return max(states, key=_RANK.__getitem__, default=State.PASSED)


class Computed(StrEnum):
    """How the energy of a meter in a period stands."""

    READ = "read"
    ESTIMATED = "estimated"
    MISSING = "missing"
    NOT_COMPUTABLE = "not_computable"
    """Registers are there, but no energy follows: a decrease, an exchange without its record."""


class LossState(StrEnum):
    """What a loss figure says (正常, 负损, 高损, 不可算)."""

    NORMAL = "normal"
    NEGATIVE = "negative"
    HIGH = "high"
    NOT_COMPUTABLE = "not_computable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterEnergy:
    """The energy of one register of a meter in a period.

    `begin` and `finish` are the registers used (secondary), aligned to the period's ends; `skew_seconds` is how
    far the readings behind them lay off, the larger of the two. `worst` is the worst state among them.
    `method` is how the energy was obtained where it is estimated (a step of the ladder), `reason` why it is not
    there or not plain: a rule, `exchange_missing`, `no_begin`, `no_finish`, `decrease`.
    """

    meter: str
    point: str
    span: Span
    start: datetime
    end: datetime
    energy: Decimal | None
    computed: Computed
    method: Method = Method.FREEZE
    reason: str = ""
    flags: int = 0
    worst: State = State.PASSED
    skew_seconds: int = 0
    multiplier: Decimal = Decimal(1)
    begin: Decimal | None = None
    finish: Decimal | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """The sum of one side of a node in a period, as `source` (a gateway, "" for the master) knows it.

    `due` members count for the side in that period; `present` of them were read, `estimated` were estimated, the
    rest is missing. `estimated_share` is the estimated part of the energy (0 to 1), `skew_seconds` the
    root mean square of the members' offsets weighted by energy, `flags` the union of the members' flags with
    AGGREGATED_INCOMPLETE where members are missing.
    """

    node_kind: str
    node: str
    side: str
    span: Span
    start: datetime
    end: datetime
    energy: Decimal
    due: int
    present: int
    estimated: int = 0
    estimated_share: Decimal = Decimal(0)
    worst: State = State.PASSED
    skew_seconds: int = 0
    flags: int = 0
    version: int = 1
    source: str = ""
    unit: str = "kWh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Supply against sale of one node in one period (`domain`: loss = supply - sale, rate = loss / supply).

    `rate`, `rate_low` and `rate_high` are shares (0.0468 is 4.68 %); the last two give the range where members are
    missing, and equal `rate` where none is. `bound` is the 2u uncertainty in kWh from the meters' accuracy.
    `coverage` is the energy weight of members present (0 to 1). `reason` says why it is not computable.
    """

    node_kind: str
    node: str
    span: Span
    start: datetime
    end: datetime
    supply: Decimal | None
    sale: Decimal | None
    loss: Decimal | None
    rate: Decimal | None
    state: LossState
    rate_low: Decimal | None = None
    rate_high: Decimal | None = None
    bound: Decimal | None = None
    coverage: Decimal = Decimal(1)
    due: int = 0
    present: int = 0
    estimated: int = 0
    skew_seconds: int = 0
    reason: str = ""
    version: int = 1


_Record = TypeVar("_Record", MeterEnergy, Aggregate, Loss)


def revised(before: _Record | None, fresh: _Record) -> _Record:
    """What to keep of a record computed again: the one before where nothing changed, else the next version."""
    if before is None:
        return fresh
    if replace(fresh, version=before.version) == before:
        return before
    return replace(fresh, version=before.version + 1)
