"""P001 to P018: what the energy of one customer says. A judge returns a hit, UNJUDGED, or None for passed."""

from collections.abc import Sequence
from math import exp
from statistics import median

from gateway.review.view import UNJUDGED, Hit, Unjudged
from gateway.second.statistics import change, cleaned, correlation, mad, peer_ratio, robust_z, seasonal, spike
from gateway.second.view import Case, Series

__all__ = [
    "agreement",
    "capacity",
    "demand",
    "estimated",
    "estimates",
    "factor",
    "idle",
    "jump",
    "likeness",
    "load",
    "multiplier",
    "overnight",
    "peak",
    "steady",
    "tripped",
    "usage",
    "voltage",
    "zero",
]

Verdict = Hit | Unjudged | None

_STEPS = (2, 3, 4, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200)
_HISTORY = 28
_LEAST_HISTORY = 5
_MONTH = 28
"""From so many days on energy that is lacking is a matter of whole months."""
_STABLE = 0.3
"""A series whose MAD is above this part of its median says nothing about a multiplier."""


def _known(series: Series) -> list[float]:
    return [value for value in series if value is not None]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def usage(case: Case) -> Verdict:
    """P001: the month's mean daily energy against the usual one; not where next to nothing is used anyway."""
    if case.month_daily is None or not case.usual:
        return UNJUDGED
    if max(case.month_daily, case.usual) <= case.limits.zero_kwh:
        return None
    ratio = case.month_daily / case.usual
    low, high = case.limits.usage_low, case.limits.usage_high
    if (low and ratio < low) or (high and ratio > high):
        return Hit(2, f"{ratio:.2f}", f"{low:g}..{high:g}", sure=True)
    return None


def overnight(case: Case) -> Verdict:
    """P002: from one day to the next; never of a home."""
    if not case.large or len(case.daily) < 2:
        return UNJUDGED
    new, old = case.daily[-1], case.daily[-2]
    moved = change(new, old) if new is not None and old is not None else None
    if moved is None:
        return UNJUDGED
    limit = case.limits.day_change
    return Hit(1, f"{100 * moved:+.1f} %", f"±{_percent(limit)}") if limit and abs(moved) > limit else None


def steady(case: Case) -> Verdict:
    """P003: away from its own median on three of the last five days, or slowly fallen over four weeks."""
    sudden = _off_median(case)
    if isinstance(sudden, Hit):
        return sudden
    slow = _fallen(case)
    return slow if isinstance(slow, Hit) or sudden is None else sudden


def _off_median(case: Case) -> Verdict:
    limit, series = case.limits.z, case.daily
    if not limit:
        return None
    judged = [
        robust_z(value, history)
        for place in range(max(0, len(series) - 5), len(series))
        if (value := series[place]) is not None
        and len(history := _known(series[max(0, place - _HISTORY) : place])) >= _HISTORY // 2
    ]
    if len(judged) < 3:
        return UNJUDGED
    off = [z for z in judged if abs(z) > limit]
    return Hit(1, f"{off[-1]:+.1f}", f"±{limit:g}", sure=True) if len(off) >= 3 else None


def _fallen(case: Case) -> Verdict:
    """Both its own four weeks and, beside its area's, what weather and season do not explain."""
    own, beside = case.limits.fall, case.limits.peer_fall
    if not own or len(case.daily) < 2 * _HISTORY:
        return None
    fall = seasonal(case.daily)
    if fall is None or fall > -own:
        return None
    shown, limit = f"{100 * (exp(fall) - 1):+.0f} % / 28 d", f"{100 * (exp(-own) - 1):+.0f} %"
    if not beside:
        return Hit(1, shown, limit, sure=True)
    peers = peer_ratio(case.daily, case.peers)
    if peers is None or peers > -beside:
        return None
    shown += f", {100 * (exp(peers) - 1):+.0f} % / area"
    return Hit(1, shown, f"{limit}, {100 * (exp(-beside) - 1):+.0f} %", sure=True)


def peak(case: Case) -> Verdict:
    """P004: one interval far above the others; only of groups and of industry."""
    if (case.household and case.members < 20) or not case.intervals:
        return UNJUDGED
    found = spike(case.intervals)
    if found is None:
        return UNJUDGED
    limit = case.limits.spike
    return Hit(1, f"{found:.2f}", f"{limit:g}") if limit and found > limit else None


def jump(case: Case) -> Verdict:
    """P005: a day of more than a hundred of its usual ones is a glitch of the counter."""
    history = _known(case.daily[:-1])
    if len(history) < _LEAST_HISTORY or not case.daily or case.daily[-1] is None:
        return UNJUDGED
    middle, limit = median(history), case.limits.jump
    if middle <= 0:
        return UNJUDGED
    times = case.daily[-1] / middle
    return Hit(3, f"{times:.0f} x", f"{limit:g} x") if limit and times > limit else None


def zero(case: Case) -> Verdict:
    """P006: no energy where there used to be some: for days, or for a month where it takes about as many days."""
    days = case.limits.zero_days
    if not days or not case.active:
        return None
    if case.monthly or days >= _MONTH:
        return _zero_month(case) if days >= _MONTH else UNJUDGED
    if case.usual is None or len(case.daily) < days or None in case.daily[-days:]:
        return UNJUDGED
    if case.usual <= case.limits.zero_kwh or any(case.daily[-days:]):
        return None
    return Hit(1, f"{days} d", f"< {days} d", sure=True)


def _zero_month(case: Case) -> Verdict:
    # The days before are no measure: after so many without energy the usual one is none too.
    if case.month_daily is None or case.usual is None:
        return UNJUDGED
    if case.usual <= case.limits.zero_kwh or case.month_daily:
        return None
    return Hit(1, "0 kWh", f"{case.usual:.2f} kWh/d", sure=True)


def multiplier(case: Case) -> Verdict:
    """P007: energy changed by just a step that multipliers have."""
    near = case.limits.multiplier_step
    after, before = _known(case.daily[-3:]), _known(case.daily[-3 - _HISTORY : -3])
    if case.household or len(after) < 3 or len(before) < _LEAST_HISTORY + 2:
        return UNJUDGED
    new, old = median(after), median(before)
    if min(new, old) <= 0 or mad(before) > _STABLE * old or mad(after) > _STABLE * new:
        return UNJUDGED
    ratio = new / old
    steps: Sequence[float] = (*_STEPS, *((case.multiplier,) if (case.multiplier or 1) > 1 else ()))
    for step in steps:
        for wanted in (step, 1 / step):
            if near and abs(ratio / wanted - 1) <= near:
                return Hit(2, f"{ratio:.3f}", f"{wanted:.3f} ± {_percent(near)}", sure=True)
    return None


def agreement(case: Case) -> Verdict:
    """P008: the meter's power times its multiplier against what stands beside it."""
    if case.power is None or not case.power_beside:
        return UNJUDGED
    off, limit = abs(case.power / case.power_beside - 1), case.limits.power_difference
    return Hit(2, _percent(off), _percent(limit)) if limit and off > limit else None


def demand(case: Case) -> Verdict:
    """P009: maximum demand, or half an hour of load, above the contract capacity."""
    if not case.capacity or (case.demand is None and not case.load):
        return UNJUDGED
    limit = case.limits.demand
    if not limit:
        return None
    top = limit * case.capacity
    if case.demand is not None and case.demand > top:
        return Hit(1, f"{case.demand:g} kW", f"{top:g} kW", sure=True)
    runs = zip(*(case.load[place:] for place in range(case.half_hour)), strict=False)
    above = [min(run) for run in runs if all(power > top for power in run)]
    return Hit(1, f"{max(above):g} kW", f"{top:g} kW", sure=True) if above else None


def capacity(case: Case) -> Verdict:
    """P010: more energy in a day than the contract capacity can carry."""
    if not case.capacity or not case.daily or case.daily[-1] is None:
        return UNJUDGED
    most = 24 * case.capacity * case.limits.day_capacity
    return Hit(2, f"{case.daily[-1]:g} kWh", f"{most:g} kWh") if most and case.daily[-1] > most else None


def factor(case: Case) -> Verdict:
    """P011: the month's power factor below its standard."""
    if case.factor is None or case.factor_standard is None:
        return UNJUDGED
    below = case.factor_standard - case.factor
    if below <= 0:
        return None
    severity = 1 if below > case.limits.factor_margin else 0
    value = f"{case.factor:.3f}{' (peak)' if case.factor_at_peak else ''}"
    return Hit(severity, value, f"{case.factor_standard:.2f}", sure=True)


def voltage(case: Case) -> Verdict:
    """P012: voltage outside of what the supply type allows."""
    if case.voltage_qualified is None:
        return UNJUDGED
    share = "" if case.voltage_share is None else _percent(case.voltage_share)
    return None if case.voltage_qualified else Hit(1, share, "100 %")


def load(case: Case) -> Verdict:
    """P013: a transformer heavily loaded or overloaded for more than a few points of the day."""
    if not case.capacity or not case.load:
        return UNJUDGED
    for limit in (case.limits.overload, case.limits.heavy):
        above = _above(case, case.load, limit) if limit else []
        if above and case.half_hour > 1:  # a heavy hour may stand alone, a heavy quarter is a bad point
            above = _above(case, cleaned(case.load), limit)
        if above:
            top = max(above) / (case.capacity or 1)
            return Hit(1, f"{len(above)} x {_percent(top)}", _percent(limit), sure=True)
    return None


def _above(case: Case, powers: Sequence[float], limit: float) -> list[float]:
    """Points above a share of the capacity; none where they are few enough to be borne."""
    found = [power for power in powers if power > limit * (case.capacity or 0)]
    return found if len(found) > case.limits.heavy_points else []


def estimated(case: Case) -> Verdict:
    """P014: too much of a month's energy is estimated."""
    if case.estimated_share is None:
        return UNJUDGED
    for severity, limit in ((2, case.limits.estimated_suspect), (1, case.limits.estimated_warn)):
        if limit and case.estimated_share > limit:
            return Hit(severity, _percent(case.estimated_share), _percent(limit), sure=True)
    return None


def estimates(case: Case) -> Verdict:
    """P015: estimated several periods in a row."""
    if case.estimates_in_row is None:
        return UNJUDGED
    limit = case.limits.estimates
    if limit and case.estimates_in_row >= limit:
        return Hit(2, str(case.estimates_in_row), f"< {limit}", sure=True)
    return None


def idle(case: Case) -> Verdict:
    """P016: energy where there should be none."""
    if case.active:
        return None
    if not case.daily or case.daily[-1] is None:
        return UNJUDGED
    limit = case.limits.idle_kwh
    return Hit(2, f"{case.daily[-1]:g} kWh", f"{limit:g} kWh") if limit and case.daily[-1] > limit else None


def tripped(case: Case) -> Verdict:
    """P017: energy after a confirmed trip."""
    if case.after_trip is None:
        return UNJUDGED
    limit = case.limits.tripped_kwh
    return Hit(2, f"{case.after_trip:g} kWh", f"{limit:g} kWh") if limit and case.after_trip > limit else None


def likeness(case: Case) -> Verdict:
    """P018: for a week the day's shape is not the usual one, though the energy is."""
    if len(case.profiles) < 2 * 7 or len(case.daily) < 2 * 7:
        return UNJUDGED
    usual = [median(column) for column in zip(*case.profiles[:-7], strict=True)]
    found = [correlation(profile, usual) for profile in case.profiles[-7:]]
    before, after = _known(case.daily[:-7]), _known(case.daily[-7:])
    if None in found or not before or not after or median(before) <= 0:
        return UNJUDGED
    unchanged = abs(median(after) / median(before) - 1) < _STABLE
    limit, best = case.limits.likeness, max(value for value in found if value is not None)
    return Hit(0, f"{best:.2f}", f">= {limit:g}", sure=True) if limit and unchanged and best < limit else None
