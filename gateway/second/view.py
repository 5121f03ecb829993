"""What a rule of the second review looks at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from config.second import Second

__all__ = ["Case", "Series", "Subject"]

Series = Sequence[float | None]
"""One number a day (a month, where that is judged), from old to new; the last is of what is judged, None where it has
none."""


class Subject(StrEnum):
    """What is judged."""

    CUSTOMER = "customer"
    TRANSFORMER = "transformer"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One customer, transformer area or line on one day (or in its month), with what is known beside it.

    Energies are primary kWh, powers kW, capacities kVA, rates shares. What is None is not known: rules that need
    it do not judge. `object` is a meter's asset number, `line:CODE` or `transformer:CODE`.
    """

    object: str
    subject: Subject
    day: date
    limits: Second = field(default_factory=Second)

    daily: Series = ()
    """Energy by day: of a customer, or the supply of an area or line."""
    sale_daily: Series = ()
    peers: Series = ()
    """Energy by day of the customer's area without the customer, along with `daily`."""
    intervals: Sequence[float] = ()
    """Energies of the day's hours or quarter hours."""
    profiles: Sequence[Sequence[float]] = ()
    """Day profiles of the last days, the last of the day judged."""
    members: int = 1
    """Meters behind the figure."""

    usual: float | None = None
    """Daily energy to be expected: of the same month last year, else of the last three periods."""
    month_daily: float | None = None
    """Mean daily energy of the month that is judged; None where it was not read from registers."""
    active: bool = True
    household: bool = True
    large: bool = False
    capacity: float | None = None
    multiplier: float | None = None
    power: float | None = None
    """Power shown by the meter, primary side."""
    power_beside: float | None = None
    """Power of the same customer as terminal or line show it."""
    demand: float | None = None
    load: Sequence[float] = ()
    """Powers of the day's intervals, primary side; nan where one is not known."""
    half_hour: int = 2
    """So many of `load` in a row hold for half an hour."""
    factor: float | None = None
    factor_standard: float | None = None
    factor_at_peak: bool = False
    """Whether the power factor is that of the peak tariffs."""
    voltage_qualified: bool | None = None
    voltage_share: float | None = None
    estimated_share: float | None = None
    """Estimated part of the month's energy."""
    estimates_in_row: int | None = None
    after_trip: float | None = None
    """Energy since a confirmed trip."""
    culprit: float | None = None
    """The meter's t-statistic in the regression of its area."""
    culprit_hint: float | None = None
    """The t-statistic of what its daily energies have in common with the gap, where nobody reads by the hour."""
    area_abnormal: bool = False
    """Whether P031, P033 or P034 hit the area in which a suspect lies."""
    neighbour: float | None = None
    """Fall of both areas' unexplained part if this meter is counted for the neighbour."""

    rates: Series = ()
    """Loss rates by day; of a month by month."""
    rate: float | None = None
    bound: float | None = None
    """2u of the loss as a share of the supply."""
    theory: float | None = None
    monthly: bool = False
    """Whether the figure is of a month."""
    coverage_count: float | None = None
    coverage_energy: float | None = None
    skew_seconds: float | None = None
    stored_sum: float | None = None
    members_sum: float | None = None
    ends: tuple[float, float, float] | None = None
    """Energies of the two ends of a tie and the accuracy class (0.005 is class 0.5)."""
    constant_share: float | None = None
    expected_members: int | None = None
    seen_members: int | None = None
    silent: Sequence[str] = ()
    """Members that have not answered for days."""
    strangers: Sequence[str] = ()
    """Who answered and is no member; `seen_members` counts them."""
