"""Rules on how a meter is connected: direction, order of phases, neutral, power against its parts."""

from gateway.review.rules.phases import high, low
from gateway.review.rules.rule import Rule, Verdict
from gateway.review.scene import POWERS, TOTAL, VOLTAGES, Scene
from gateway.review.view import UNJUDGED, Hit

__all__ = ["WIRING"]

_MANY = frozenset({"3P3W", "3P4W"})
_SEQUENCE = 0b11
_FLOOR = 0.02
"""R058: below this share of n Un Ib the last digits decide."""


def reversal(scene: Scene) -> Verdict:
    """R047: power flows back from a customer who does not generate."""
    limits = scene.limits
    if not limits.review.reversal or limits.generates:
        return None
    if scene.total is None or limits.base is None:
        return UNJUDGED
    limit = limits.review.reversal * limits.base
    return Hit(2, f"{scene.total:g} kW", f"-{limit:g} kW") if high(-scene.total, limit, scene) else None


def demand(scene: Scene) -> Verdict:
    """R049: the present demand is beyond what the meter is made for."""
    limits = scene.limits
    if not limits.review.demand_factor:
        return None
    if scene.demand is None or limits.top is None:
        return UNJUDGED
    limit = limits.review.demand_factor * limits.top
    return Hit(1, f"{scene.demand:g} kW", f"{limit:g} kW") if high(scene.demand, limit, scene) else None


def power_factor(scene: Scene) -> Verdict:
    """R050: a low power factor under load."""
    limits, currents = scene.limits, scene.amperes()
    if not limits.review.power_factor:
        return None
    if scene.cos is None or currents is None or limits.ib is None:
        return UNJUDGED
    loaded = max(currents) > limits.review.power_factor_current * limits.ib
    if loaded and low(abs(scene.cos), limits.review.power_factor, scene):
        return Hit(1, f"{scene.cos:g}", f"{limits.review.power_factor:g}")
    return None


def all_loss(scene: Scene) -> Verdict:
    """R051: no voltage on any phase, and current flows."""
    limits, currents = scene.limits, scene.amperes()
    if not limits.review.all_loss:
        return None
    voltages = scene.measured(scene.voltage)
    if voltages is None or currents is None or limits.un is None or limits.ib is None:
        return UNJUDGED
    limit = limits.review.all_loss * limits.un
    if low(max(voltages), limit, scene) and max(currents) > limits.review.all_loss_current * limits.ib:
        return Hit(3, f"{max(voltages):g} V, {max(currents):g} A", f"{limit:g} V")
    return None


def sequence(scene: Scene) -> Verdict:
    """R052: the order of the phases is reversed, by the angles of the voltages or by the meter's own word."""
    limits, (second, third) = scene.limits, scene.angles
    if not limits.review.all_loss:
        return None
    voltages = scene.measured(scene.voltage)
    if voltages is not None and limits.un and min(voltages) <= limits.review.all_loss * limits.un:
        return UNJUDGED  # without all voltages there is no order
    if second is not None and third is not None:
        if 0 < third % 360 < second % 360:
            return Hit(2, f"{second:g}, {third:g} deg", "120, 240 deg")
        return None
    if scene.word is None:
        return UNJUDGED
    wrong = int(scene.word) & _SEQUENCE
    return Hit(2, f"{wrong:02b}", "00") if wrong else None


def neutral(scene: Scene) -> Verdict:
    """R056: line and neutral conductor carry different currents (单相分流)."""
    limits, line = scene.limits, scene.i
    if not limits.review.neutral_share:
        return None
    if line is None or scene.neutral is None or limits.ib is None:
        return UNJUDGED
    larger = max(line, abs(scene.neutral))
    if larger <= limits.review.neutral_current * limits.ib:
        return None
    share = abs(line - abs(scene.neutral)) / larger
    limit = limits.review.neutral_share
    return (
        Hit(2, f"{line:g} A, {abs(scene.neutral):g} A", f"{limit:.0%}") if high(share, limit, scene) else None
    )


def negative_phase(scene: Scene) -> Verdict:
    """R057: a phase's power is negative while the total is positive."""
    if not scene.limits.review.reverse_days:
        return None
    power = scene.power[scene.phase]
    if power is None or scene.total is None:
        return UNJUDGED
    return Hit(2, f"{power:g} kW", "0 kW") if power < 0 < scene.total else None


def mismatch(scene: Scene) -> Verdict:
    """R058: power is not the sum of U I cos."""
    limits = scene.limits
    if not limits.review.power_mismatch:
        return None
    parts = [scene.measured(values) for values in (scene.voltage, scene.current, scene.factor)]
    if limits.wiring == "1P" and parts[2] is None and scene.cos is not None:
        parts[2] = [scene.cos]
    voltages, currents, factors = parts
    if voltages is None or currents is None or factors is None or scene.total is None or limits.base is None:
        return UNJUDGED
    if abs(scene.total) < _FLOOR * limits.base:
        return None
    # Some meters give a current its sign, some the factor: the sizes count, and the sign of a phase's power.
    signs = [-1 if (scene.power[phase] or 0) < 0 else 1 for phase in limits.phases or ()]
    sizes = (abs(u * i * f) for u, i, f in zip(voltages, currents, factors, strict=True))
    found = sum(sign * size for sign, size in zip(signs, sizes, strict=True)) / 1000
    share = abs(abs(scene.total) - found) / abs(scene.total)
    limit = limits.review.power_mismatch
    return (
        Hit(2, f"{scene.total:g} kW, {found:.4g} kW", f"{limit:.0%}") if high(share, limit, scene) else None
    )


WIRING: tuple[Rule[Scene], ...] = (
    Rule(
        id="R047",
        judge=reversal,
        severity="2",
        keys=("reversal",),
        points=(TOTAL,),
        suppressed_by=("R040", "R042", "R051", "R052"),
        what="power-flow reversal at a customer without generation",
        what_zh="潮流反向（无发电的用户）",
        en="Check polarity and connection of the current transformers; look for generation.",
        zh="检查互感器极性与接线；查有无发电。",
        good={"total": -0.01},
        bad={"total": -0.05},
    ),
    Rule(
        id="R049",
        judge=demand,
        severity="1",
        keys=("demand_factor",),
        points=("1-0:16.4.0",),
        what="present demand > a n Un Imax",
        what_zh="当前需量 > a·n·Un·Imax",
        en="Demand over the limit: compare load, meter and contract.",
        zh="需量超限：核对负荷、表计与合同容量。",
        good={"demand": 40.0},
        bad={"demand": 48.0},
    ),
    Rule(
        id="R050",
        judge=power_factor,
        severity="1",
        keys=("power_factor", "power_factor_current"),
        points=("1-0:13.7.0",),
        suppressed_by=("R052",),
        what="power factor too low under load",
        what_zh="带载时功率因数过低",
        en="Check wiring and compensation.",
        zh="检查接线与无功补偿。",
        good={"cos": 0.31, "current": (5.0, 5.0, 5.0)},
        bad={"cos": -0.29, "current": (5.0, 5.0, 5.0)},
    ),
    Rule(
        id="R051",
        judge=all_loss,
        severity="3",
        keys=("all_loss", "all_loss_current"),
        points=VOLTAGES[:1],
        wirings=_MANY,
        what="all-phase voltage loss: every U < a Un while current flows",
        what_zh="全失压：各相 U < a·Un 且有电流",
        en="The voltage circuit is dead: check it at once, look for tampering.",
        zh="全失压：立即检查电压回路，查窃电。",
        good={"voltage": (0.0, 0.0, 0.0), "current": (0.0, 0.1, 0.0)},
        bad={"voltage": (0.0, 0.0, 0.0), "current": (0.0, 1.0, 0.0)},
    ),
    Rule(
        id="R052",
        judge=sequence,
        severity="2",
        keys=("all_loss",),
        points=("0-0:96.5.7",),
        wirings=_MANY,
        suppressed_by=("R051",),
        what="wrong phase sequence",
        what_zh="逆相序",
        en="Correct the order of the phases.",
        zh="更正相序接线。",
        good={"angles": (120.0, 240.0)},
        bad={"angles": (240.0, 120.0)},
    ),
    Rule(
        id="R056",
        judge=neutral,
        severity="2",
        keys=("neutral_share", "neutral_current"),
        points=("1-0:91.7.0",),
        wirings=frozenset({"1P"}),
        what="line and neutral current differ",
        what_zh="火线与零线电流不一致（分流）",
        en="Look for a shunt, or one line and earth used in place of the neutral.",
        zh="查分流、一火一地窃电。",
        good={"wiring": "1P", "current": (5.0, None, None), "neutral": 4.9},
        bad={"wiring": "1P", "current": (5.0, None, None), "neutral": 1.0},
    ),
    Rule(
        id="R057",
        judge=negative_phase,
        severity="2",
        keys=("reverse_days",),
        points=POWERS,
        wirings=_MANY,
        suppressed_by=("R040", "R042", "R052"),
        daily=True,
        what="a phase's power negative while the total is positive, 3 of the last 5 days",
        what_zh="总功率为正而某相功率为负，近 5 天中 3 天",
        en="One current transformer is reversed: correct it; true energy is about three times the registered.",
        zh="一相互感器反接：更正；真实电量约为计量的三倍。",
        good={"power": (1.0, 1.0, 1.0), "total": 3.0},
        bad={"power": (-1.0, 1.0, 1.0), "total": 1.0},
    ),
    Rule(
        id="R058",
        judge=mismatch,
        severity="2",
        keys=("power_mismatch",),
        points=(TOTAL,),
        suppressed_by=("R057",),
        what="power against the sum of U I cos",
        what_zh="功率与各相 U·I·cos 之和不符",
        en="Test the meter on site; check wiring and multiplier.",
        zh="现场校验表计；核对接线与倍率。",
        good={
            "voltage": (220.0, 220.0, 220.0),
            "current": (5.0, 5.0, 5.0),
            "factor": (1.0, 1.0, 1.0),
            "total": 3.25,
        },
        bad={
            "voltage": (220.0, 220.0, 220.0),
            "current": (5.0, 5.0, 5.0),
            "factor": (1.0, 1.0, 1.0),
            "total": 2.2,
        },
    ),
)
"""R047, R049 to R052, R056 to R058."""
