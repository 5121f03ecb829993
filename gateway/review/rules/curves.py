"""Rules on a whole day's curve against its registers, and on the maximum demand."""

from gateway.review.curves import Curve
from gateway.review.limits import SCALE, Kind, shown
from gateway.review.rules.rule import Rule, Verdict
from gateway.review.view import UNJUDGED, Hit, View

__all__ = ["CURVES", "DEMANDS"]

_QUARTER = 900


def intervals(curve: Curve) -> Verdict:
    """R029: the energies of a day's intervals do not sum to the advance of its register."""
    share = curve.limits.review.interval_share
    if not share:
        return None
    energy = curve.energy
    if energy is None or curve.intervals is None:
        return UNJUDGED
    off, limit = abs(curve.intervals - energy), max(2 * curve.limits.step, share * energy)
    return Hit(2, shown(curve.intervals), f"{shown(energy)} ± {shown(limit)}") if off > limit else None


def area(curve: Curve) -> Verdict:
    """R030: a quarter of the sum of 96 powers is not the energy of the day."""
    share = curve.limits.review.curve_share
    if not share:
        return None
    energy = curve.energy
    if energy is None or curve.powers is None:
        return UNJUDGED
    off, limit = abs(curve.powers - energy), max(2 * curve.limits.step, share * energy)
    return Hit(1, shown(curve.powers), f"{shown(energy)} ± {shown(limit)}") if off > limit else None


def maximum(view: View) -> Verdict:
    """R031: the maximum demand is beyond the meter, or below the mean power of a time in which it stood."""
    factor, top = view.limits.review.demand_factor, view.limits.top
    if not factor:
        return None
    kilowatt = view.units / SCALE
    if top is not None and kilowatt > factor * top:
        return Hit(2, f"{kilowatt:g} kW", f"{factor * top:g} kW")
    moved = view.moved.get("1-0:1.8.0")
    if moved is None or moved.seconds < _QUARTER or view.at > moved.began:
        return UNJUDGED if top is None else None
    mean = (moved.units - view.limits.step) / SCALE * 3600 / moved.seconds
    return Hit(2, f"{kilowatt:g} kW", f">= {mean:.4g} kW") if kilowatt < mean else None


CURVES: tuple[Rule[Curve], ...] = (
    Rule(
        id="R029",
        judge=intervals,
        severity="2",
        keys=("interval_share",),
        points=("1-0:1.8.0",),
        what="the day's intervals against its registers",
        what_zh="一日时段电量之和与示数差",
        en="Intervals are lost, or a multiplier is wrong.",
        zh="时段数据丢失或倍率错误。",
        good={"begin": 100 * SCALE, "finish": 124 * SCALE, "intervals": 24 * SCALE - 1200},
        bad={"begin": 100 * SCALE, "finish": 124 * SCALE, "intervals": 23 * SCALE},
    ),
    Rule(
        id="R030",
        judge=area,
        severity="1",
        keys=("curve_share",),
        points=("1-0:16.7.0",),
        what="a quarter of the day's 96 powers against its energy",
        what_zh="96 点功率积分与日电量",
        en="The curve has gaps, or a multiplier is wrong on one side.",
        zh="曲线有缺口，或一侧倍率错误。",
        good={"begin": 100 * SCALE, "finish": 124 * SCALE, "powers": 23 * SCALE},
        bad={"begin": 100 * SCALE, "finish": 124 * SCALE, "powers": 22 * SCALE},
    ),
)
"""R029 and R030."""

DEMANDS: tuple[Rule[View], ...] = (
    Rule(
        id="R031",
        kinds=frozenset({Kind.DEMAND}),
        judge=maximum,
        severity="2",
        keys=("demand_factor",),
        what="maximum demand beyond the meter, or below the mean power",
        what_zh="最大需量超过表计能力，或低于平均功率",
        en="The demand register is wrong: compare the display, check the reset.",
        zh="需量示值异常：核对显示与清零情况。",
        good={"point": "1-0:1.6.0", "units": 15 * SCALE},
        bad={"point": "1-0:1.6.0", "units": 16 * SCALE},
    ),
)
"""R031."""
