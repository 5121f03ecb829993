"""Rules on one phase, and on one phase against the others."""

from gateway.review.rules.rule import Rule, Verdict
from gateway.review.scene import CURRENTS, POWERS, VOLTAGES, Scene
from gateway.review.view import UNJUDGED, Hit

__all__ = ["PHASES"]

_MANY = frozenset({"3P3W", "3P4W"})
_FULL = {"voltage": (220.0, 221.0, 219.0), "current": (4.0, 5.0, 4.5)}
"""Fields of a calm scene of three phases in the examples."""


def low(value: float, limit: float, scene: Scene) -> bool:
    """Whether a value is below a limit, or not yet back above it."""
    return value < limit * (1 + scene.limits.review.hysteresis * scene.lasting)


def high(value: float, limit: float, scene: Scene) -> bool:
    """Whether a value is above a limit, or not yet back below it."""
    return value > limit * (1 - scene.limits.review.hysteresis * scene.lasting)


def voltage_loss(scene: Scene) -> Verdict:
    """R040: the voltage is gone though current flows; it ends with the voltage."""
    u, i, un, ib, review = scene.u, scene.i, scene.limits.un, scene.limits.ib, scene.limits.review
    if not review.voltage_loss:
        return None
    if u is None or un is None:
        return UNJUDGED
    if scene.lasting:
        limit = review.voltage_loss_restore * un
        return Hit(2, f"{u:g} V", f"{limit:g} V") if u < limit else None
    if i is None or ib is None:
        return UNJUDGED
    limit = review.voltage_loss * un
    if u < limit and i > review.voltage_loss_current * ib:
        return Hit(2, f"{u:g} V, {i:g} A", f"{limit:g} V")
    return None


def undervoltage(scene: Scene) -> Verdict:
    """R041: the voltage is low."""
    u, un, share = scene.u, scene.limits.un, scene.limits.review.undervoltage
    if not share:
        return None
    if u is None or un is None:
        return UNJUDGED
    return Hit(1, f"{u:g} V", f"{share * un:g} V") if low(u, share * un, scene) else None


def overvoltage(scene: Scene) -> Verdict:
    """R042: the voltage is high."""
    u, un, share = scene.u, scene.limits.un, scene.limits.review.overvoltage
    if not share:
        return None
    if u is None or un is None:
        return UNJUDGED
    return Hit(1, f"{u:g} V", f"{share * un:g} V") if high(u, share * un, scene) else None


def phase_failure(scene: Scene) -> Verdict:
    """R043: neither voltage nor current on a phase."""
    u, i, un, ib, review = scene.u, scene.i, scene.limits.un, scene.limits.ib, scene.limits.review
    if not review.phase_failure:
        return None
    if u is None or i is None or un is None or ib is None:
        return UNJUDGED
    limit = review.phase_failure * un
    if low(u, limit, scene) and i < review.phase_failure_current * ib:
        return Hit(2, f"{u:g} V, {i:g} A", f"{limit:g} V")
    return None


def current_loss(scene: Scene) -> Verdict:
    """R044: a phase carries nothing while another does."""
    u, i, un, ib, review = scene.u, scene.i, scene.limits.un, scene.limits.ib, scene.limits.review
    if not review.current_loss:
        return None
    currents = scene.amperes()
    if u is None or i is None or un is None or ib is None or currents is None:
        return UNJUDGED
    if (
        i < review.current_loss * ib
        and u > review.current_loss_voltage * un
        and max(currents) > review.current_loss_other * ib
    ):
        return Hit(2, f"{i:g} A", f"{review.current_loss * ib:g} A")
    return None


def overcurrent(scene: Scene) -> Verdict:
    """R045: more current than the meter is made for."""
    i, imax, share = scene.i, scene.limits.imax, scene.limits.review.overcurrent
    if not share:
        return None
    if i is None or imax is None:
        return UNJUDGED
    return Hit(1, f"{i:g} A", f"{share * imax:g} A") if high(i, share * imax, scene) else None


def current_break(scene: Scene) -> Verdict:
    """R046: voltage and no current."""
    u, i, un, ib, review = scene.u, scene.i, scene.limits.un, scene.limits.ib, scene.limits.review
    if not review.current_break:
        return None
    if u is None or i is None or un is None or ib is None:
        return UNJUDGED
    if i < review.current_break * ib and u > review.current_break_voltage * un:
        return Hit(1, f"{i:g} A", f"{review.current_break * ib:g} A")
    return None


def overload(scene: Scene) -> Verdict:
    """R048: more power than a phase of the meter is made for; of one phase the total will do."""
    limits, share = scene.limits, scene.limits.review.overload
    if not share:
        return None
    power = scene.power[scene.phase]
    if power is None and limits.wiring == "1P":
        power = scene.total
    if power is None or limits.un is None or limits.imax is None:
        return UNJUDGED
    limit = share * limits.un * limits.imax / 1000
    return Hit(1, f"{power:g} kW", f"{limit:g} kW") if high(abs(power), limit, scene) else None


def voltage_unbalance(scene: Scene) -> Verdict:
    """R053: (max - min) / max of the voltages."""
    limit, values = scene.limits.review.voltage_unbalance, scene.measured(scene.voltage)
    if not limit:
        return None
    if values is None or not max(values) > 0:
        return UNJUDGED
    share = (max(values) - min(values)) / max(values)
    return Hit(1, f"{share:.1%}", f"{limit:.0%}") if high(share, limit, scene) else None


def current_unbalance(scene: Scene) -> Verdict:
    """R054: (max - min) / max of the currents."""
    return _currents(scene, 1, scene.limits.review.current_unbalance)


def severe_unbalance(scene: Scene) -> Verdict:
    """R055: the same, severe."""
    return _currents(scene, 2, scene.limits.review.severe_unbalance)


def _currents(scene: Scene, severity: int, limit: float) -> Verdict:
    if not limit:
        return None
    values, ib = scene.amperes(), scene.limits.ib
    if values is None or ib is None:
        return UNJUDGED
    if max(values) <= scene.limits.review.unbalance_current * ib:
        return None
    share = (max(values) - min(values)) / max(values)
    return Hit(severity, f"{share:.1%}", f"{limit:.0%}") if high(share, limit, scene) else None


PHASES: tuple[Rule[Scene], ...] = (
    Rule(
        id="R040",
        judge=voltage_loss,
        severity="2",
        keys=("voltage_loss", "voltage_loss_current", "voltage_loss_restore"),
        points=VOLTAGES,
        suppressed_by=("R051",),
        what="voltage loss: U < a Un while current flows, until U >= c Un",
        what_zh="失压：U < a·Un 且有电流，恢复到 c·Un 结束",
        en="Check the voltage circuit: fuse of the transformer, loose terminal, tampering.",
        zh="检查电压回路：互感器熔丝、接线端子松动、窃电。",
        good={**_FULL, "voltage": (180.0, 220.0, 220.0)},
        bad={**_FULL, "voltage": (150.0, 220.0, 220.0)},
    ),
    Rule(
        id="R041",
        judge=undervoltage,
        severity="1",
        keys=("undervoltage",),
        points=VOLTAGES,
        suppressed_by=("R040", "R043", "R051"),
        what="undervoltage: U < a Un",
        what_zh="欠压：U < a·Un",
        en="Check the network: tap of the transformer, cross-section, load.",
        zh="检查电网：变压器分接头、导线截面、负荷。",
        good={"voltage": (172.0, None, None)},
        bad={"voltage": (171.0, None, None)},
    ),
    Rule(
        id="R042",
        judge=overvoltage,
        severity="1",
        keys=("overvoltage",),
        points=VOLTAGES,
        what="overvoltage: U > a Un",
        what_zh="过压：U > a·Un",
        en="Check the network and the neutral conductor.",
        zh="检查电网电压与零线是否断开。",
        good={"voltage": (264.0, None, None)},
        bad={"voltage": (265.0, None, None)},
    ),
    Rule(
        id="R043",
        judge=phase_failure,
        severity="2",
        keys=("phase_failure", "phase_failure_current"),
        points=VOLTAGES,
        wirings=_MANY,
        suppressed_by=("R051",),
        what="phase failure: U < a Un and I < b Ib",
        what_zh="断相：U < a·Un 且 I < b·Ib",
        en="A phase is off: check fuse, switch and supply of this phase.",
        zh="断相：检查该相熔丝、开关与供电。",
        good={**_FULL, "voltage": (130.0, 220.0, 220.0), "current": (4.0, 5.0, 5.0)},
        bad={**_FULL, "voltage": (130.0, 220.0, 220.0), "current": (0.0, 5.0, 5.0)},
    ),
    Rule(
        id="R044",
        judge=current_loss,
        severity="2",
        keys=("current_loss", "current_loss_voltage", "current_loss_other"),
        points=CURRENTS,
        wirings=_MANY,
        what="current loss: I < b Ib at U > a Un while another phase carries load",
        what_zh="失流：电压正常而 I < b·Ib，另有一相带载",
        en="Check the current circuit: transformer shorted or open, a phase bypassed.",
        zh="检查电流回路：互感器短路或开路、单相绕越。",
        good={**_FULL, "current": (0.1, 5.0, 5.0)},
        bad={**_FULL, "current": (0.0, 5.0, 5.0)},
    ),
    Rule(
        id="R045",
        judge=overcurrent,
        severity="1",
        keys=("overcurrent",),
        points=CURRENTS,
        what="overcurrent: I > a Imax",
        what_zh="过流：I > a·Imax",
        en="Overload: compare load, meter and transformers.",
        zh="过负荷：核对负荷、表计与互感器。",
        good={"current": (72.0, None, None)},
        bad={"current": (-73.0, None, None)},
    ),
    Rule(
        id="R046",
        judge=current_break,
        severity="1",
        keys=("current_break", "current_break_voltage"),
        points=CURRENTS,
        wirings=_MANY,
        suppressed_by=("R044",),
        what="current break: U > a Un and I < b Ib",
        what_zh="断流：U > a·Un 且 I < b·Ib",
        en="No load, or a current circuit is open.",
        zh="无负荷，或电流回路开路。",
        good={**_FULL, "current": (0.1, 0.1, 0.1)},
        bad={**_FULL, "current": (0.0, 0.1, 0.1)},
    ),
    Rule(
        id="R048",
        judge=overload,
        severity="1",
        keys=("overload",),
        points=POWERS,
        what="overload: P of a phase > a Un Imax",
        what_zh="过载：单相 P > a·Un·Imax",
        en="Overload: compare load and meter.",
        zh="过载：核对负荷与表计容量。",
        good={"power": (15.0, None, None)},
        bad={"power": (16.0, None, None)},
    ),
    Rule(
        id="R053",
        judge=voltage_unbalance,
        severity="1",
        keys=("voltage_unbalance",),
        points=VOLTAGES[:1],
        wirings=_MANY,
        suppressed_by=("R040", "R043", "R051"),
        what="voltage unbalance: (max - min) / max",
        what_zh="电压不平衡：（最大－最小）/ 最大",
        en="Check the network: distribution of single-phase load, neutral.",
        zh="检查电网：单相负荷分配、零线。",
        good={"voltage": (220.0, 200.0, 180.0)},
        bad={"voltage": (230.0, 220.0, 160.0)},
    ),
    Rule(
        id="R054",
        judge=current_unbalance,
        severity="1",
        keys=("current_unbalance", "unbalance_current"),
        points=CURRENTS[:1],
        wirings=_MANY,
        suppressed_by=("R044", "R055"),
        what="current unbalance: (max - min) / max",
        what_zh="电流不平衡：（最大－最小）/ 最大",
        en="Single-phase load, or a shunt on one phase.",
        zh="单相负荷，或某相分流。",
        good={"current": (5.0, 4.5, 4.0)},
        bad={"current": (10.0, 9.0, 4.0)},
    ),
    Rule(
        id="R055",
        judge=severe_unbalance,
        severity="2",
        keys=("severe_unbalance", "unbalance_current"),
        points=CURRENTS[:1],
        wirings=_MANY,
        suppressed_by=("R044",),
        what="severe current unbalance",
        what_zh="电流严重不平衡",
        en="Look for a shunt on one phase and a faulty current transformer.",
        zh="查单相分流与电流互感器故障。",
        good={"current": (5.0, 4.5, 1.0)},
        bad={"current": (10.0, 9.0, 0.5)},
    ),
)
"""R040 to R046, R048, R053 to R055."""
