"""Limits of the second review, which judges energies, aggregates and losses."""

from typing import Annotated

from pydantic import Field

from config.record import Record

__all__ = ["Second"]

Share = Annotated[float, Field(ge=0, le=1_000)]
Count = Annotated[int, Field(ge=0, le=3_660)]
Energy = Annotated[float, Field(ge=0, le=1_000_000_000)]


class Second(Record):
    """[second.<customer class>]: limits of the second review; also of `line` and `transformer`; 0 turns a rule off."""

    usage_low: Share = 0.5
    """P001: less than this part of the usual daily energy is suspicious."""
    usage_high: Share = 2.0
    """P001: more than this many times the usual daily energy is suspicious."""
    day_change: Share = 0.3
    """P002, P035: change from one day to the next, of lines, transformers and customers of `large_kva` and more."""
    large_kva: Share = 100
    """P002: customers of this capacity and more are compared day by day."""
    z: Share = 3.5
    """P003: robust deviations from the median of 28 days, on 3 of 5 days."""
    fall: Share = 0.35
    """P003: fall of the last four weeks against the four before, as a natural logarithm (0.35 is 30 %)."""
    peer_fall: Share = 0.5
    """P003: the same against the other customers of the area (0.5 is 39 %), both must hold; 0: no comparison."""
    spike: Share = 1.8
    """P004: the highest interval of a day above the third highest, as a share of that."""
    jump: Share = 100
    """P005: times the median of the meter's own days."""
    zero_days: Count = 30
    """P006: so many days without energy (3 for the class `industry` unless set); from 28 on a month without any."""
    zero_kwh: Energy = 0.5
    """P006: only where the usual daily energy is above this; P001: where that or the month is."""
    multiplier_step: Share = 0.05
    """P007: how near the change of energy must be to a known step of a multiplier."""
    power_difference: Share = 0.1
    """P008: power times multiplier against the power of terminal or line."""
    demand: Share = 1.05
    """P009: maximum demand or load, times the contract capacity."""
    day_capacity: Share = 1.0
    """P010: energy of a day, times 24 hours of the contract capacity."""
    factor_margin: Share = 0.05
    """P011: a power factor below its standard by more than this is a warning, else a note."""
    heavy: Share = 0.8
    """P013: load of a transformer as a share of its capacity: heavy."""
    overload: Share = 1.0
    """P013: load of a transformer as a share of its capacity: overload."""
    heavy_points: Count = 4
    """P013: so many points of a day may be above."""
    estimated_warn: Share = 0.05
    """P014: estimated share of a month's energy that is told."""
    estimated_suspect: Share = 0.2
    """P014: estimated share of a month's energy that a person must clear."""
    estimates: Count = 3
    """P015: so many periods estimated in a row."""
    idle_kwh: Energy = 1.0
    """P016: energy on a point that is not in service."""
    tripped_kwh: Energy = 0.1
    """P017: energy after a confirmed trip."""
    likeness: Share = 0.3
    """P018: correlation of the day's profile with the usual one, for 7 days."""
    complete_warn: Share = 0.98
    """P030: completeness, by count or by energy, below which a figure is told as incomplete."""
    complete_least: Share = 0.95
    """P030: completeness below which a loss is not computable."""
    loss_amber: Share = 0.07
    """P031: loss rate of a transformer area above this is a warning."""
    loss_high: Share = 0.12
    """P031: loss rate of a transformer area above this is suspicious."""
    line_loss_high: Share = 0.1
    """P032: loss rate of a line above this is a warning, half as much again is suspicious."""
    theory_margin: Share = 0.03
    """P032: loss rate above the theoretical one by more than this, where that is known."""
    loss_negative: Share = 0.01
    """P033: a loss rate below minus this is negative loss."""
    loss_change: Share = 0.02
    """P034: change of the loss rate against the median of 14 days, at least 3 MAD, on 2 of 3 days."""
    loss_cusum: Share = 8.0
    """P034: cumulated change of ten days in deviations of the four weeks before; at least `loss_change` as well."""
    loss_ewma: Share = 3.0
    """P034: weighted mean of ten days, in deviations of such a mean; at least `loss_change` as well."""
    skew_day_seconds: Energy = 300
    """P036: spread of the read times behind a day's figure."""
    skew_month_seconds: Energy = 3_600
    """P036: spread of the read times behind a month's figure."""
    hierarchy: Share = 0.0001
    """P037: sum of the members against the stored sum."""
    ends: Share = 2.0
    """P038: difference of the two ends of a tie, times their accuracy class."""
    constant_share: Share = 0.5
    """P039: constant part of the loss."""
    culprit_warn: Share = 5.0
    """P040: t-statistic of a customer where the loss is abnormal: a warning."""
    culprit_suspect: Share = 8.0
    """P040: t-statistic of a customer where the loss is abnormal: suspicious."""
    neighbour: Share = 0.2
    """P041: fall of the unexplained part when a meter is counted for a neighbour area."""
