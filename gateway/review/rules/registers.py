"""Rules on how a register behaves between two readings and beside its siblings."""

from gateway.review.limits import SCALE, Kind, shown
from gateway.review.rules.rule import DAY, REGISTERS, Rule, Verdict
from gateway.review.view import UNJUDGED, Hit, View
from protocols.reading import Flag

__all__ = ["BASE", "COMBINED", "REGISTER_RULES", "rollover"]

COMBINED = "dlt645-2007:00000000"
_EXCESS_FLOOR = SCALE // 10
BASE = {"value": 100 * SCALE, "at": -3600, "since": -3600, "day": 100 * SCALE}
"""Fields of the base in an example: 100.00 kWh an hour before the reading."""


def decrease(view: View) -> Verdict:
    """R020: the register fell; a second lower value that agrees confirms it. The base stays."""
    base = view.base
    if base is None:
        return UNJUDGED
    tolerance = max(view.limits.review.decrease_kwh * SCALE, 5 * view.limits.step)
    if base.at > view.at:
        # A late value is older than the base: it may not lie above it.
        if view.units - base.value <= tolerance:
            return None
        return Hit(2, shown(view.units), f"<= {shown(base.value)}", flags=Flag.DECREASE)
    if base.value - view.units <= tolerance or isinstance(rollover(view), Hit):
        return None
    agrees = view.low is not None and view.units >= view.low - tolerance
    return Hit(
        3 if agrees else 2,
        shown(view.units),
        f">= {shown(base.value)}",
        sure=agrees,
        flags=Flag.DECREASE,
    )


def rollover(view: View) -> Verdict:
    """R021: the register began again at zero."""
    base = view.previous
    if base is None:
        return UNJUDGED
    if view.units >= base.value:
        return None
    largest = view.largest(view.at - base.at)
    if largest is None:
        return UNJUDGED
    moved = view.units - base.value + view.limits.wrap
    return Hit(0, shown(moved), shown(largest), flags=Flag.ROLLOVER) if moved <= largest else None


def runaway(view: View) -> Verdict:
    """R022: more energy than the meter can carry."""
    base, review = view.base, view.limits.review
    if not review.runaway_factor:
        return None
    if base is None or view.limits.rate is None:
        return UNJUDGED
    moved, seconds = view.units - base.value, view.at - base.at
    if seconds < 0:
        moved, seconds = -moved, -seconds
    largest = view.limits.rate * seconds + view.limits.step
    if moved > largest:
        return Hit(3, shown(moved), shown(largest))
    share = review.runaway_warn_factor / review.runaway_factor
    warned = view.limits.rate * share * seconds + view.limits.step
    return Hit(1, shown(moved), shown(warned)) if share and moved > warned else None


def excess(view: View) -> Verdict:
    """R023: the register advanced more than the measured power explains."""
    if not view.limits.review.excess_factor:
        return None
    moved = view.moved.get(view.reading.point)
    if view.work is None or moved is None or moved.seconds <= 0:
        return UNJUDGED
    limit = view.limits.review.excess_factor * view.work + view.limits.step
    if moved.units > limit and moved.units * 900 > _EXCESS_FLOOR * moved.seconds:
        return Hit(2, shown(moved.units), shown(limit))
    return None


def stopped(view: View) -> Verdict:
    """R024: power flows and no register moves."""
    if not view.limits.review.stopped_kwh:
        return None
    if view.rest is None:
        return UNJUDGED
    limit = max(view.limits.review.stopped_kwh * SCALE, 10 * view.limits.step)
    return Hit(2, shown(view.rest), shown(limit)) if view.rest >= limit else None


def tariff_sum(view: View) -> Verdict:
    """R025: total and sum of the tariffs differ."""
    parts = [view.beside.get(f"1-0:1.8.{tariff}") for tariff in range(1, view.limits.tariffs + 1)]
    known = [part for part in parts if part is not None]
    if not known or len(known) != len(parts):
        return UNJUDGED
    off, review = abs(view.units - sum(known)), view.limits.review
    for severity, limit in ((2, review.tariff_sum_suspect), (1, review.tariff_sum_warn)):
        if limit and off > limit * SCALE:
            return Hit(severity, shown(off), str(limit), flags=Flag.TARIFF_SUM)
    return None


def combination(view: View) -> Verdict:
    """R026: combined energy is not what its combination word makes of forward and reverse.

    Bits of the word: 0 adds forward, 1 subtracts it, 2 adds reverse, 3 subtracts it.
    """
    combined, reverse = view.beside.get(COMBINED), view.beside.get("1-0:2.8.0")
    if combined is None or reverse is None or view.word is None:
        return UNJUDGED
    word = view.word
    forward_sign = (word & 1) - (word >> 1 & 1)
    reverse_sign = (word >> 2 & 1) - (word >> 3 & 1)
    off = abs(combined - forward_sign * view.units - reverse_sign * reverse)
    limit = view.limits.review.tariff_sum_warn * SCALE
    return Hit(1, shown(off), shown(limit)) if limit and off > limit else None


def backward(view: View) -> Verdict:
    """R027: energy flows back from a customer without generation, since the day began."""
    if view.limits.generates:
        return None
    base = view.previous
    if base is None:
        return UNJUDGED
    review, moved = view.limits.review, view.units - base.day
    forward = view.moved.get("1-0:1.8.0")
    share = 0.01 * forward.units if forward and forward.units > 0 else float("inf")
    note, suspect = review.reverse_note_kwh * SCALE, review.reverse_suspect_kwh * SCALE
    if suspect and (moved > suspect or moved > max(share, note)):
        return Hit(2, shown(moved), f"{review.reverse_suspect_kwh} kWh/d", flags=Flag.REVERSE)
    if note and moved > note:
        return Hit(0, shown(moved), f"{review.reverse_note_kwh} kWh/d", flags=Flag.REVERSE)
    return None


def still(view: View) -> Verdict:
    """R028: the register has not moved for days."""
    base = view.previous
    if base is None:
        return UNJUDGED
    days = view.limits.review.still_days
    if not days or view.units != base.value or view.at - base.since < days * DAY:
        return None
    return Hit(1, f"{(view.at - base.since) / DAY:.1f} d", f"{days:g} d")


def hand(view: View) -> Verdict:
    """R013: a hand-held and an automatic value of one day differ by more than the time between them explains."""
    other = view.other
    if other is None:
        return None
    moved, seconds = view.units - other.value, view.at - other.at
    if seconds < 0:
        moved, seconds = -moved, -seconds
    largest = view.largest(seconds)
    band = 0.0 if largest is None else largest
    beyond = -moved if moved < 0 else 0 if largest is None else moved - band
    if beyond > max(SCALE, 0.02 * band):
        return Hit(2, shown(view.units), f"{shown(other.value)} + 0..{shown(band)}")
    return None


REGISTER_RULES: tuple[Rule[View], ...] = (
    Rule(
        id="R013",
        kinds=REGISTERS,
        judge=hand,
        severity="2",
        what="hand-held and automatic value of one day differ",
        what_zh="同日抄表机与自动采集值不一致",
        en="Hand-held and automatic reading differ: misread, or the wrong meter.",
        zh="抄表机与自动采集不一致：抄错或错表。",
        good={"other": {**BASE, "value": 100 * SCALE - 9_000}},
        bad={"other": {**BASE, "value": 101 * SCALE + 100}},
        suppressed_by=("R004",),
    ),
    Rule(
        id="R020",
        kinds=REGISTERS,
        judge=decrease,
        severity="2/3",
        keys=("decrease_kwh",),
        what="the register fell; a second lower value confirms it",
        what_zh="示度下降，第二个低值确认",
        en="Reverse running, exchange or tampering: compare nameplate, seals and register.",
        zh="示度下降：核对铭牌、封印与示数，查倒走、换表或窃电。",
        good={"base": BASE, "units": 100 * SCALE - 300},
        bad={"base": BASE, "units": 90 * SCALE},
        suppressed_by=("R004", "R009"),
    ),
    Rule(
        id="R021",
        kinds=REGISTERS,
        judge=rollover,
        severity="0",
        what="the register began again at zero",
        what_zh="示数翻转",
        en="The register wrapped: normal.",
        zh="示数翻转：正常。",
        good={"base": BASE},
        bad={"base": {**BASE, "value": 999_990 * SCALE}, "units": 5 * SCALE},
    ),
    Rule(
        id="R022",
        kinds=REGISTERS,
        judge=runaway,
        severity="1/3",
        keys=("runaway_factor", "runaway_warn_factor"),
        what="run-away: more energy than the meter can carry",
        what_zh="飞走：电量超过表计能力",
        en="More energy than the meter can carry: check meter, multiplier and register.",
        zh="飞走：检查表计、倍率与示数。",
        good={"base": BASE, "units": 101 * SCALE},
        bad={"base": BASE, "units": 300 * SCALE},
        suppressed_by=("R004", "R021"),
    ),
    Rule(
        id="R023",
        kinds=frozenset({Kind.FORWARD}),
        judge=excess,
        severity="2",
        keys=("excess_factor",),
        what="the register advanced more than the measured power explains",
        what_zh="超差：示数增量超过功率积分",
        en="Register and power disagree: test the meter.",
        zh="超差：示数与功率不符，现场校验。",
        good={"work": 10.0 * SCALE, "moved": (10 * SCALE, 3600)},
        bad={"work": 10.0 * SCALE, "moved": (20 * SCALE, 3600)},
    ),
    Rule(
        id="R024",
        kinds=frozenset({Kind.FORWARD}),
        judge=stopped,
        severity="2",
        keys=("stopped_kwh",),
        what="power flows and no register moves",
        what_zh="停走：有功率而示数不动",
        en="Power flows and the register stands still: stopped meter or bypass.",
        zh="停走：有功率而示数不变，查停走或绕越。",
        good={"rest": 100.0},
        bad={"rest": 0.2 * SCALE},
    ),
    Rule(
        id="R025",
        kinds=frozenset({Kind.FORWARD}),
        judge=tariff_sum,
        severity="1/2",
        keys=("tariff_sum_warn", "tariff_sum_suspect"),
        what="total against the sum of its tariffs",
        what_zh="示值不平：总与各费率之和",
        en="Total and tariffs differ: memory fault, or values of different instants.",
        zh="示值不平：存储故障或数值不同步。",
        good={"beside": (25 * SCALE, 25 * SCALE, 25 * SCALE, 25 * SCALE - 200)},
        bad={"beside": (25 * SCALE, 25 * SCALE, 25 * SCALE, 24 * SCALE)},
    ),
    Rule(
        id="R026",
        kinds=frozenset({Kind.FORWARD}),
        judge=combination,
        severity="1",
        keys=("tariff_sum_warn",),
        what="combined energy against its combination word",
        what_zh="组合有功与组合方式字",
        en="Combined energy does not fit its combination word: check the setting.",
        zh="组合有功与组合方式字不符：检查设置。",
        good={"combined": 110 * SCALE, "reverse": 10 * SCALE, "word": 0b0101},
        bad={"combined": 110 * SCALE, "reverse": 10 * SCALE, "word": 0b1001},
    ),
    Rule(
        id="R027",
        kinds=frozenset({Kind.REVERSE}),
        judge=backward,
        severity="0/2",
        keys=("reverse_note_kwh", "reverse_suspect_kwh"),
        what="reverse energy at a customer without generation",
        what_zh="无发电用户出现反向电量",
        en="Energy flows back: CT polarity, phase sequence, hidden generation.",
        zh="反向电量：查互感器极性、相序或未报光伏。",
        good={"point": "1-0:2.8.0", "base": BASE},
        bad={"point": "1-0:2.8.0", "base": {**BASE, "day": 98 * SCALE}},
    ),
    Rule(
        id="R028",
        kinds=frozenset({Kind.FORWARD}),
        judge=still,
        severity="1",
        keys=("still_days",),
        what="the same register for days",
        what_zh="示数多日不变",
        en="Vacant, stopped, or an old answer repeated: look at the meter.",
        zh="示数长期不变：查空置、停走或重复应答。",
        good={"base": BASE},
        bad={"base": {**BASE, "since": -31 * DAY}},
    ),
)
"""R013 and R020 to R028, in the order in which they judge."""
