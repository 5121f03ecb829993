"""The archive (档案): which meters exist, where they hang, and for whom they count."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

__all__ = ["Archive", "Exchange", "Meter", "Node", "Relation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One row of the meters table; only the first four are required.

    `ct` and `pt` are ratios (300/5 is 60); `digits` are the integer digits of the register and `decimals` its
    decimals; voltages in V, currents in A, capacity in kVA.
    """

    asset_no: str
    address: str
    protocol: str
    target: str
    mp_no: str = ""
    cons_no: str = ""
    name: str = ""
    status: str = "in service"
    model: str = ""
    point_no: int | None = None
    device_no: int | None = None
    port: int | None = None
    collector_address: str = ""
    user_class: str = ""
    baud: int | None = None
    customer_class: str = ""
    accuracy: str = ""
    wiring: str = ""
    phase: str = ""
    digits: int = 6
    decimals: int = 2
    tariffs: int = 4
    ct: Decimal = Decimal(1)
    pt: Decimal = Decimal(1)
    register_is_primary: bool = False
    metering_side: str = ""
    rated_voltage: Decimal | None = None
    rated_current: Decimal | None = None
    max_current: Decimal | None = None
    capacity_kva: Decimal | None = None
    pf_standard: Decimal | None = None
    supply_type: str = ""
    route: str = ""
    sequence: int | None = None
    lat: Decimal | None = None
    lon: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A meter counts for a node on one side, with a sign, for a time."""

    meter: str
    node_kind: str
    node: str
    side: str
    sign: int = 1
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A line or a transformer."""

    kind: str
    code: str
    name: str = ""
    voltage: Decimal | None = None
    capacity_kva: Decimal | None = None
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A meter exchange: old finals and new initials by OBIS code of the register."""

    mp_no: str
    old_asset: str
    new_asset: str
    at: datetime
    old_finals: dict[str, Decimal]
    new_initials: dict[str, Decimal]
    ct: Decimal = Decimal(1)
    pt: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Archive:
    """All tables, as loaded; `digest` is the SHA-256 of their content."""

    meters: tuple[Meter, ...] = ()
    relations: tuple[Relation, ...] = ()
    nodes: tuple[Node, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    digest: str = ""
    by_asset: dict[str, Meter] = field(default_factory=dict)
    by_target: dict[str, tuple[Meter, ...]] = field(default_factory=dict)
