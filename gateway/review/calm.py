"""Proves in a few comparisons that no rule on scenes can hit; what it is unsure of, the rules judge."""

from functools import lru_cache
from math import inf

from gateway.review.limits import Limits
from gateway.review.scene import Scene

__all__ = ["is_calm"]

_SLACK = 0.999
"""Sums of floating point are compared with a little room."""


@lru_cache(maxsize=4096)
def _band(un: float, ib: float, imax: float, limits: Limits) -> tuple[float, float, float, float, float]:
    """Lowest and highest quiet voltage, lowest and highest quiet current, highest quiet power of a phase."""
    review = limits.review
    low = un * max(review.voltage_loss, review.undervoltage, review.phase_failure, review.all_loss)
    high = un * (review.overvoltage or inf)
    many = limits.wiring != "1P"
    least = ib * max(review.current_loss, review.current_break, review.phase_failure_current) if many else 0.0
    return low, high, least, imax * (review.overcurrent or inf), un * imax / 1000 * (review.overload or inf)


def is_calm(scene: Scene) -> bool:
    """Whether no rule can hit. Call it only where no condition lasts."""
    limits = scene.limits
    if limits.phases is None:
        return True
    if limits.un is None or limits.ib is None or limits.imax is None:
        return False
    if scene.word is not None or scene.demand is not None or scene.angles != (None, None):
        return False
    low, high, least, most, load = _band(limits.un, limits.ib, limits.imax, limits)
    for phase in limits.phases:
        u, i, p = scene.voltage[phase], scene.current[phase], scene.power[phase]
        if u is not None and not low < u <= high:
            return False
        if i is not None and not least < abs(i) + (not least) <= most:
            return False
        if p is not None and not 0 <= p <= load:
            return False
    return _balanced(scene) and _plain(scene, load)


def _balanced(scene: Scene) -> bool:
    """Unbalance of three phases, and the neutral of one."""
    review = scene.limits.review
    if scene.limits.wiring == "1P":
        return scene.neutral is None or (
            scene.i is not None
            and abs(scene.i - abs(scene.neutral)) <= _SLACK * review.neutral_share * max(scene.i, 1e-9)
        )
    voltages, currents = scene.measured(scene.voltage), scene.amperes()
    spread = review.voltage_unbalance or inf
    if voltages is not None and max(voltages) - min(voltages) > _SLACK * spread * max(voltages):
        return False
    spread = min(review.current_unbalance or inf, review.severe_unbalance or inf)
    return currents is None or max(currents) - min(currents) <= _SLACK * spread * max(currents)


def _plain(scene: Scene, load: float) -> bool:
    """Direction and factor of the whole, and power against its parts."""
    limits, total = scene.limits, scene.total
    if scene.cos is not None and abs(scene.cos) < limits.review.power_factor:
        return False
    if total is None:
        return True
    if total < 0 or (limits.wiring == "1P" and total > load):
        return False
    found = _parts(scene)
    return found is None or abs(total - found) <= _SLACK * limits.review.power_mismatch * total


def _parts(scene: Scene) -> float | None:
    """The sum of U I cos in kW; None where a part did not come."""
    factors = scene.factor
    if scene.limits.wiring == "1P" and factors[0] is None:
        factors = (scene.cos, None, None)
    whole = 0.0
    for phase in scene.limits.phases or ():
        u, i, factor = scene.voltage[phase], scene.current[phase], factors[phase]
        if u is None or i is None or factor is None:
            return None
        whole += abs(u * i * factor)
    return whole / 1000
