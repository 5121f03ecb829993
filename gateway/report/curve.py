"""What the curve of a node's loss over its supply says (domain 7.6), in words and figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.text import say
from gateway.energy.explain import Fit, fit
from gateway.report.rows import LossRow

__all__ = ["DAYS", "CurveRow", "curve", "curve_of"]

DAYS = 28
"""So many days make a curve."""
_SURE = 0.1
"""Standard error of the constant share above which the days do not tell one part from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveRow:
    """`loss = a + b E + c E² / mean`: coefficients, each part's kWh a day at the mean supply, and what that points to.

    `share` is the part of all loss that is constant, `error` the standard error of it.
    """

    kind: str
    code: str
    days: int
    a: float
    b: float
    c: float
    mean_kwh: float
    constant_kwh: float
    proportional_kwh: float
    ohmic_kwh: float
    share: float
    error: float
    says: str


def curve_of(rows: Sequence[LossRow]) -> Fit | None:
    """The curve through the days of one node; None where they are fewer than ten or all alike."""
    return fit(
        [(float(r.supply_kwh), float(r.loss_kwh)) for r in rows if r.supply_kwh and r.loss_kwh is not None]
    )


def curve(rows: Sequence[LossRow]) -> CurveRow | None:
    """The same as a row of a report."""
    found = curve_of(rows)
    if found is None:
        return None
    return CurveRow(
        kind=rows[0].kind,
        code=rows[0].code,
        days=len(rows),
        a=found.a,
        b=found.b,
        c=found.c,
        mean_kwh=found.mean,
        constant_kwh=found.a,
        proportional_kwh=found.b * found.mean,
        ohmic_kwh=found.c * found.mean,
        share=found.constant_share,
        error=found.share_error,
        says=_says(found),
    )


def _says(found: Fit) -> str:
    if found.share_error > _SURE:
        return say(
            "the supply varies too little to tell the parts apart: take more days",
            "供电量变化太小，分不清各部分：请取更多天",
        )
    parts = {"a": found.a, "b": found.b * found.mean, "c": found.c * found.mean}
    return {
        "a": say(
            "most of it is there at any load: load without a meter, lamps, no-load losses, constant theft",
            "多为固定损耗：查无表用电、路灯、空载损耗、恒定窃电",
        ),
        "b": say(
            "most of it rises with the supply: a multiplier, a meter that errs or stopped, proportional theft",
            "多随供电量成比例：查倍率、计量误差、停走、按比例窃电",
        ),
        "c": say(
            "most of it rises with the square of the load, as in conductors: sections, phases, power factor",
            "多随负荷平方增长，为导线损耗：查线径、三相平衡、功率因数",
        ),
    }[max(parts, key=lambda name: parts[name])]
