"""Limits of the first review, per class of customer. Shares of Un, Ib, Imax are of the meter's rated values."""

from typing import Annotated

from pydantic import Field

from config.record import Energy, Factor, Record, Seconds

__all__ = ["Review"]

Share = Annotated[float, Field(ge=0, le=10)]


class Review(Record):
    """[review.<customer class>]: limits of the first review; `default` holds for classes not named; 0 turns one off."""

    clock_warn_seconds: Seconds = 60
    """R006 note above this."""
    clock_suspect_seconds: Seconds = 300
    """R006 suspicious above this."""
    clock_reject_seconds: Seconds = 3600
    """R006 rejected above this."""
    future_seconds: Seconds = 600
    """R005: a value may not lie further in the future."""
    decrease_kwh: Energy = 0.05
    """R020 tolerance."""
    runaway_factor: Factor = 1.2
    """R022: times the largest plausible energy."""
    runaway_warn_factor: Factor = 1.0
    """R022 warning."""
    excess_factor: Factor = 1.5
    """R023: register advance against integrated power."""
    stopped_kwh: Energy = 0.1
    """R024: integrated power with a register at rest."""
    tariff_sum_warn: Energy = 0.05
    """R025 warning."""
    tariff_sum_suspect: Energy = 0.5
    """R025 suspicious."""
    reverse_note_kwh: Energy = 0.05
    """R027 note."""
    reverse_suspect_kwh: Energy = 1.0
    """R027 suspicious."""
    still_days: Annotated[float, Field(ge=0, le=3_660)] = 30
    """R028: identical register for this long (3 for industry)."""
    interval_share: Share = 0.005
    """R029: intervals of a day against its registers, as a share of the energy."""
    curve_share: Share = 0.05
    """R030: a quarter of the 96 powers of a day against its energy (0.01 where they are averages)."""
    demand_factor: Share = 1.2
    """R031, R049: demand, times n Un Imax."""
    dwell_seconds: Seconds = 60
    """R040 to R058: a condition must hold for so long before it is a finding."""
    restore_seconds: Seconds = 60
    """R040 to R058: it must be gone for so long before the finding clears."""
    hysteresis: Annotated[float, Field(ge=0, le=0.9)] = 0.05
    """A condition goes on until its quantity is back by this share of the limit."""
    voltage_loss: Share = 0.78
    """R040: below this share of Un ..."""
    voltage_loss_current: Share = 0.005
    """... with more current than this share of Ib."""
    voltage_loss_restore: Share = 0.85
    """R040 ends at this share of Un."""
    undervoltage: Share = 0.78
    """R041: below this share of Un."""
    overvoltage: Share = 1.2
    """R042: above this share of Un."""
    phase_failure: Share = 0.6
    """R043: below this share of Un ..."""
    phase_failure_current: Share = 0.005
    """... with less current than this share of Ib."""
    current_loss: Share = 0.005
    """R044: less current than this share of Ib ..."""
    current_loss_voltage: Share = 0.7
    """... at more than this share of Un ..."""
    current_loss_other: Share = 0.05
    """... while another phase carries more than this share of Ib."""
    overcurrent: Share = 1.2
    """R045: above this share of Imax."""
    current_break: Share = 0.005
    """R046: less current than this share of Ib ..."""
    current_break_voltage: Share = 0.6
    """... at more than this share of Un."""
    reversal: Share = 0.005
    """R047: power flows back with more than this share of n Un Ib."""
    overload: Share = 1.2
    """R048: power of a phase above this share of Un Imax."""
    power_factor: Share = 0.3
    """R050: power factor below this ..."""
    power_factor_current: Share = 0.05
    """... while a phase carries more than this share of Ib."""
    all_loss: Share = 0.6
    """R051, R052: the critical voltage, as a share of Un."""
    all_loss_current: Share = 0.05
    """R051: current in any phase above this share of Ib."""
    voltage_unbalance: Share = 0.3
    """R053: (max - min) / max of the voltages."""
    current_unbalance: Share = 0.3
    """R054: (max - min) / max of the currents ..."""
    unbalance_current: Share = 0.05
    """... where one is above this share of Ib (R055 too)."""
    severe_unbalance: Share = 0.9
    """R055: the same, severe."""
    neutral_share: Share = 0.5
    """R056: difference of line and neutral current as a share of the larger ..."""
    neutral_current: Share = 0.2
    """... where that is above this share of Ib."""
    reverse_days: Annotated[int, Field(ge=0, le=5)] = 3
    """R057: on so many of the last 5 days a phase's power was negative while the total was positive."""
    power_mismatch: Share = 0.05
    """R058: power against the sum of U I cos, as a share."""
    failed_rounds: Annotated[int, Field(ge=0, le=1_000)] = 3
    """R060: readings that failed in a row."""
