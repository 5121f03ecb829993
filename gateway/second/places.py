"""P030 to P042: what aggregates and losses of transformers and lines say, and suspects within an area."""

from statistics import fmean, median, stdev

from config.text import say
from gateway.review.view import UNJUDGED, Hit, Unjudged
from gateway.second.statistics import change, cusum, ewma, mad
from gateway.second.view import Case

__all__ = [
    "area_loss",
    "complete",
    "constant",
    "culprit",
    "ends",
    "hierarchy",
    "line_loss",
    "members",
    "moved",
    "negative",
    "neighbour",
    "shifted",
    "synchronous",
]

Verdict = Hit | Unjudged | None

_PERSIST = 3
_HISTORY = 14
_LEAST_HISTORY = 5
_NAMES = 5
_TESTED, _REFERENCE = 10, 28
"""P034: so many days are held against so many before them, of which half must be known."""


def _percent(share: float, places: int = 2) -> str:
    return f"{100 * share:.{places}f} %"


def complete(case: Case) -> Verdict:
    """P030: members missing, by count or by energy."""
    found = [share for share in (case.coverage_count, case.coverage_energy) if share is not None]
    if not found:
        return UNJUDGED
    worst = min(found)
    for severity, limit in ((2, case.limits.complete_least), (1, case.limits.complete_warn)):
        if limit and worst < limit:
            return Hit(severity, _percent(worst), _percent(limit), sure=True)
    return None


def area_loss(case: Case) -> Verdict:
    """P031: loss rate of a transformer area."""
    if case.rate is None:
        return UNJUDGED
    for severity, limit in ((2, case.limits.loss_high), (1, case.limits.loss_amber)):
        if limit and case.rate > limit:
            return Hit(severity, _percent(case.rate), _percent(limit))
    return None


def line_loss(case: Case) -> Verdict:
    """P032: loss rate of a line, against its limit or against theory."""
    if case.rate is None:
        return UNJUDGED
    high = case.limits.line_loss_high
    limits = [high] if high else []
    if case.theory is not None and case.limits.theory_margin:
        limits.append(case.theory + case.limits.theory_margin)
    if not limits or case.rate <= min(limits):
        return None
    return Hit(2 if high and case.rate > 1.5 * high else 1, _percent(case.rate), _percent(min(limits)))


def negative(case: Case) -> Verdict:
    """P033: more sold than supplied, beyond what the meters' accuracy explains."""
    if case.rate is None:
        return UNJUDGED
    limit = case.limits.loss_negative
    floor = max(limit, case.bound or 0.0)
    return Hit(2, _percent(case.rate), f">= -{_percent(floor)}") if limit and case.rate < -floor else None


def moved(case: Case) -> Verdict:
    """P034: the loss rate has changed, on two of three days, or for ten days against the weeks before."""
    if not case.limits.loss_change:
        return None
    stepped = _stepped(case, case.limits.loss_change)
    if isinstance(stepped, Hit):
        return stepped
    crept = _level(case)
    return crept if isinstance(crept, Hit) else stepped


def _stepped(case: Case, least: float) -> Verdict:
    recent = case.rates[-_PERSIST:]
    history = [rate for rate in case.rates[-_PERSIST - _HISTORY : -_PERSIST] if rate is not None]
    known = [rate for rate in recent if rate is not None]
    if len(history) < _LEAST_HISTORY or len(known) < 2:
        return UNJUDGED
    middle = median(history)
    limit = max(3 * mad(history), least)
    off = [rate - middle for rate in known if abs(rate - middle) > limit]
    if len(off) < 2 or min(off) * max(off) < 0:
        return None
    return Hit(1, f"{100 * off[-1]:+.2f} points", f"±{_percent(limit)}", sure=True)


def _level(case: Case) -> Hit | None:
    """The level of ten days against mean and deviation of the weeks before; less than the least change is drift."""
    before = [rate for rate in case.rates[-_REFERENCE - _TESTED : -_TESTED] if rate is not None]
    recent = [rate for rate in case.rates[-_TESTED:] if rate is not None]
    if len(before) < _HISTORY or len(recent) < _LEAST_HISTORY:
        return None
    mean, deviation = fmean(before), stdev(before)
    by = fmean(recent[-_PERSIST:]) - mean
    if abs(by) < case.limits.loss_change:
        return None
    total = cusum(recent, mean, deviation, upward=by > 0)
    level = abs(ewma(recent, mean, deviation))
    for name, found, limit in (
        ("cusum", total, case.limits.loss_cusum),
        ("ewma", level, case.limits.loss_ewma),
    ):
        if limit and found >= limit:
            return Hit(1, f"{100 * by:+.2f} points, {name} {found:.1f}", f"{limit:g}", sure=True)
    return None


def shifted(case: Case) -> Verdict:
    """P035: supply or sale has changed from one day to the next."""
    limit, judged = case.limits.day_change, False
    for name, series in (("supply", case.daily), ("sale", case.sale_daily)):
        if len(series) < 2 or (new := series[-1]) is None or (old := series[-2]) is None:
            continue
        by = change(new, old)
        if by is None:
            continue
        judged = True
        if limit and abs(by) > limit:
            return Hit(1, f"{name} {100 * by:+.1f} %", f"±{_percent(limit, 1)}")
    return None if judged else UNJUDGED


def synchronous(case: Case) -> Verdict:
    """P036: the readings behind the figure were not of one time."""
    if case.skew_seconds is None:
        return UNJUDGED
    limit = case.limits.skew_month_seconds if case.monthly else case.limits.skew_day_seconds
    if limit and case.skew_seconds > limit:
        return Hit(1, f"{case.skew_seconds:.0f} s", f"{limit:.0f} s")
    return None


def hierarchy(case: Case) -> Verdict:
    """P037: the stored sum is not that of its members."""
    if case.stored_sum is None or case.members_sum is None:
        return UNJUDGED
    off = abs(case.members_sum - case.stored_sum)
    limit = case.limits.hierarchy
    if not limit or off <= limit * abs(case.stored_sum):
        return None
    return Hit(3, f"{case.members_sum:g} kWh", f"{case.stored_sum:g} kWh", sure=True)


def ends(case: Case) -> Verdict:
    """P038: the two ends of a tie disagree."""
    if case.ends is None:
        return UNJUDGED
    one, other, accuracy = case.ends
    if one <= 0:
        return UNJUDGED
    off, limit = abs(one - other) / one, case.limits.ends * accuracy
    return Hit(2, _percent(off), _percent(limit)) if limit and off > limit else None


def constant(case: Case) -> Verdict:
    """P039: most of the loss does not depend on the load."""
    if case.constant_share is None:
        return UNJUDGED
    limit = case.limits.constant_share
    if limit and case.constant_share > limit:
        return Hit(1, _percent(case.constant_share, 0), _percent(limit, 0))
    return None


def culprit(case: Case) -> Verdict:
    """P040: this customer explains the gap of an area whose loss is abnormal; by daily values it is only a note."""
    if not case.area_abnormal or (case.culprit is None and case.culprit_hint is None):
        return UNJUDGED
    warn = case.limits.culprit_warn
    if case.culprit is None:
        t = case.culprit_hint or 0.0
        said = say("only a hint, from daily values", "仅为日电量提示")
        return Hit(1, f"t = {t:.1f} ({said})", f"{warn:g}") if warn and t >= warn else None
    for severity, limit in ((2, case.limits.culprit_suspect), (1, warn)):
        if limit and case.culprit >= limit:
            return Hit(severity, f"t = {case.culprit:.1f}", f"{limit:g}", sure=severity > 1)
    return None


def neighbour(case: Case) -> Verdict:
    """P041: the meter fits a neighbour area better, in both balances."""
    if case.neighbour is None:
        return UNJUDGED
    limit = case.limits.neighbour
    return (
        Hit(1, _percent(case.neighbour, 0), _percent(limit, 0)) if limit and case.neighbour > limit else None
    )


def members(case: Case) -> Verdict:
    """P042: other meters are seen in the area than the archive has."""
    if case.expected_members is None or case.seen_members is None:
        return UNJUDGED
    if case.expected_members == case.seen_members and not case.silent and not case.strangers:
        return None
    names = [*(f"+{name}" for name in case.strangers), *(f"-{name}" for name in case.silent)]
    more = [f"({len(names) - _NAMES} more)"] if len(names) > _NAMES else []
    value = " ".join((str(case.seen_members), *names[:_NAMES], *more))
    return Hit(1, value, str(case.expected_members), sure=True)
