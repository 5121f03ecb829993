"""The rules of the first review. A rule is a function and a line in RULES, with a good and a bad example."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.review.limits import SCALE, Kind, shown
from gateway.review.view import UNJUDGED, Hit, Unjudged, View
from protocols.reading import Flag, Method, State

__all__ = ["COMBINED", "RULES", "Rule", "Verdict"]

Verdict = Hit | Unjudged | None
"""A hit, not judged, or None: passed."""

COMBINED = "dlt645-2007:00000000"
_REGISTERS = frozenset({Kind.FORWARD, Kind.TARIFF, Kind.REVERSE, Kind.REGISTER})
_RANGED = _REGISTERS | {Kind.VOLTAGE, Kind.CURRENT, Kind.FACTOR, Kind.FREQUENCY}
_ALL = frozenset(Kind)
_DAY = 86_400
_EXCESS_FLOOR = SCALE // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: which kinds of points it judges, what to look at on site, and its two examples.

    An example holds the fields of a `View` that differ from a plain forward register of 100.00 kWh.
    """

    id: str
    kinds: frozenset[Kind]
    judge: Callable[[View], Verdict]
    en: str
    zh: str
    good: dict[str, Any]
    bad: dict[str, Any]
    timed: bool = False
    unless: tuple[str, ...] = ()
    """Rules whose hit explains this one's, so that one cause opens one finding."""


def garbage(view: View) -> Verdict:
    """R001: the field could not be decoded."""
    if view.reading.state is State.REJECTED:
        return Hit(3, view.reading.reason or "undecodable", "a number")
    return None


def identity(view: View) -> Verdict:
    """R002: another address answered; a wildcard in the archive learns and is not judged."""
    if not view.address or not view.expected or "A" in view.expected.upper() or set(view.expected) == {"9"}:
        return UNJUDGED
    if view.address.lstrip("0") != view.expected.lstrip("0"):
        return Hit(3, view.address, view.expected, sure=True)
    return None


def absent(view: View) -> Verdict:
    """R003: the due value was not there at cut-off."""
    if view.missing_days is None:
        return None
    return Hit(
        2 if view.missing_days >= 3 else 1, f"{view.missing_days} d", "0 d", sure=view.missing_days >= 3
    )


def duplicate(view: View) -> Verdict:
    """R004: the same instant with another value."""
    if view.base is None:
        return UNJUDGED
    if view.base.at == view.at and view.base.value != view.units:
        return Hit(2, shown(view.units), shown(view.base.value), flags=Flag.DUPLICATE)
    return None


def instant(view: View) -> Verdict:
    """R005: the value lies in the future or before the meter was installed."""
    at = view.reading.at
    if at > view.now + timedelta(seconds=view.limits.review.future_seconds):
        return Hit(3, at.isoformat(), f"<= {view.now.isoformat()}")
    if view.installed is not None and at.astimezone(view.now.tzinfo).date() < view.installed:
        return Hit(3, at.isoformat(), f">= {view.installed.isoformat()}")
    return None


def drift(view: View) -> Verdict:
    """R006: the meter's clock is off."""
    review, off = view.limits.review, abs(view.units) / SCALE
    text = f"{view.units / SCALE:.0f} s"
    for severity, limit in (
        (3, review.clock_reject_seconds),
        (2, review.clock_suspect_seconds),
        (1, review.clock_warn_seconds),
    ):
        if limit and off > limit:
            return Hit(severity, text, f"{limit:.0f} s", sure=severity > 1, flags=Flag.CLOCK_OFF)
    return None


def stale(view: View) -> Verdict:
    """R007: the freeze is not the one that was due."""
    if view.reading.method not in {Method.FREEZE, Method.SETTLEMENT}:
        return None
    if view.due is None:
        return UNJUDGED
    if view.reading.at.date() != view.due.astimezone(view.reading.at.tzinfo).date():
        return Hit(2, view.reading.at.isoformat(), view.due.isoformat())
    return None


def physical(view: View) -> Verdict:
    """R008: outside of what the quantity can be."""
    if view.kind in _REGISTERS:
        if 0 <= view.units <= view.limits.wrap - 1:
            return None
        return Hit(3, shown(view.units), f"0..{shown(view.limits.wrap)}")
    number = view.units / SCALE
    low, high = 0.0, 1.001
    if view.kind is Kind.VOLTAGE:
        if view.limits.voltage is None:
            return UNJUDGED
        high = view.limits.voltage
    elif view.kind is Kind.CURRENT:
        if view.limits.current is None:
            return UNJUDGED
        high, number = view.limits.current, abs(number)
    elif view.kind is Kind.FREQUENCY:
        low, high = 45.0, 55.0
    else:
        number = abs(number)
    return None if low <= number <= high else Hit(3, str(number), f"{low:g}..{high:g}")


def zero(view: View) -> Verdict:
    """R009: a register that had a value shows zero."""
    if view.previous is None:
        return UNJUDGED
    if view.units == 0 and view.previous.value > 0 and not isinstance(rollover(view), Hit):
        return Hit(3, "0", shown(view.previous.value), flags=Flag.DECREASE)
    return None


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
    base = view.base
    if base is None or view.limits.rate is None:
        return UNJUDGED
    moved, seconds = view.units - base.value, view.at - base.at
    if seconds < 0:
        moved, seconds = -moved, -seconds
    largest = view.limits.rate * seconds + view.limits.step
    if moved > largest:
        return Hit(3, shown(moved), shown(largest))
    review = view.limits.review
    warned = (
        view.limits.rate * review.runaway_warn_factor / review.runaway_factor * seconds + view.limits.step
    )
    return Hit(1, shown(moved), shown(warned)) if moved > warned else None


def excess(view: View) -> Verdict:
    """R023: the register advanced more than the measured power explains."""
    moved = view.moved.get(view.reading.point)
    if view.work is None or moved is None or moved.seconds <= 0:
        return UNJUDGED
    limit = view.limits.review.excess_factor * view.work + view.limits.step
    if moved.units > limit and moved.units * 900 > _EXCESS_FLOOR * moved.seconds:
        return Hit(2, shown(moved.units), shown(limit))
    return None


def stopped(view: View) -> Verdict:
    """R024: power flows and no register moves."""
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
        if off > limit * SCALE:
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
    return Hit(1, shown(off), shown(limit)) if off > limit else None


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
    if moved > review.reverse_suspect_kwh * SCALE or moved > max(share, review.reverse_note_kwh * SCALE):
        return Hit(2, shown(moved), f"{review.reverse_suspect_kwh} kWh/d", flags=Flag.REVERSE)
    if moved > review.reverse_note_kwh * SCALE:
        return Hit(0, shown(moved), f"{review.reverse_note_kwh} kWh/d", flags=Flag.REVERSE)
    return None


def still(view: View) -> Verdict:
    """R028: the register has not moved for days."""
    base = view.previous
    if base is None:
        return UNJUDGED
    days = view.limits.review.still_days
    if not days or view.units != base.value or view.at - base.since < days * _DAY:
        return None
    return Hit(1, f"{(view.at - base.since) / _DAY:.1f} d", f"{days:g} d")


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


_BASE = {"value": 100 * SCALE, "at": -3600, "since": -3600, "day": 100 * SCALE}
"""Fields of the base in an example: 100.00 kWh an hour before the reading."""

RULES: tuple[Rule, ...] = (
    Rule(
        id="R001",
        kinds=_ALL,
        judge=garbage,
        en="Transmission or decoder fault: read again.",
        zh="传输或解码故障：重新抄读。",
        good={},
        bad={"state": "REJECTED"},
    ),
    Rule(
        id="R002",
        kinds=_ALL,
        judge=identity,
        en="Compare nameplate and bar code with the archive: wrong meter, or an exchange not recorded.",
        zh="核对铭牌、条码与档案：表计不符或换表未登记。",
        good={"address": "000000000001", "expected": "1"},
        bad={"address": "000000000002", "expected": "1"},
    ),
    Rule(
        id="R003",
        kinds=frozenset(),
        judge=absent,
        en="Check breaker, wiring and address: the meter does not answer.",
        zh="检查空开、接线与地址：表计无应答。",
        good={},
        bad={"missing_days": 3},
    ),
    Rule(
        id="R004",
        kinds=_REGISTERS,
        judge=duplicate,
        en="Two sources disagree on one instant: compare them.",
        zh="同一时刻两个来源数值不一致：比对。",
        good={"base": _BASE},
        bad={"base": {**_BASE, "at": 0, "value": 90 * SCALE}},
    ),
    Rule(
        id="R005",
        kinds=_ALL - {Kind.CLOCK},
        judge=instant,
        en="Check the meter's clock and the date of installation.",
        zh="检查表计时钟与安装日期。",
        good={},
        bad={"late": -3600},
        timed=True,
    ),
    Rule(
        id="R006",
        kinds=frozenset({Kind.CLOCK}),
        judge=drift,
        en="Set the meter's clock; check its battery.",
        zh="校时；检查时钟电池。",
        good={"point": "0-0:1.0.0", "units": 30 * SCALE},
        bad={"point": "0-0:1.0.0", "units": -400 * SCALE},
        timed=True,
    ),
    Rule(
        id="R007",
        kinds=_REGISTERS,
        judge=stale,
        en="The meter gave another day's freeze: check its clock.",
        zh="冻结日期不符：检查表计时钟。",
        good={"method": "FREEZE", "due": 0},
        bad={"method": "FREEZE", "due": 86_400},
        timed=True,
    ),
    Rule(
        id="R008",
        kinds=_RANGED,
        judge=physical,
        en="The value cannot be: check the meter's measuring part and its decimals in the archive.",
        zh="数值超出物理范围：检查计量部分与档案小数位。",
        good={"point": "1-0:32.7.0", "units": 220 * SCALE},
        bad={"point": "1-0:32.7.0", "units": 661 * SCALE},
    ),
    Rule(
        id="R009",
        kinds=_REGISTERS,
        judge=zero,
        en="A register shows zero: compare the display with the reading.",
        zh="示数突变为零：核对表计显示。",
        good={"base": {**_BASE, "value": 0}, "units": 0},
        bad={"base": _BASE, "units": 0},
    ),
    Rule(
        id="R013",
        kinds=_REGISTERS,
        judge=hand,
        en="Hand-held and automatic reading differ: misread, or the wrong meter.",
        zh="抄表机与自动采集不一致：抄错或错表。",
        good={"other": {**_BASE, "value": 100 * SCALE - 9_000}},
        bad={"other": {**_BASE, "value": 101 * SCALE + 100}},
        unless=("R004",),
    ),
    Rule(
        id="R020",
        kinds=_REGISTERS,
        judge=decrease,
        en="Reverse running, exchange or tampering: compare nameplate, seals and register.",
        zh="示度下降：核对铭牌、封印与示数，查倒走、换表或窃电。",
        good={"base": _BASE, "units": 100 * SCALE - 300},
        bad={"base": _BASE, "units": 90 * SCALE},
        unless=("R004", "R009"),
    ),
    Rule(
        id="R021",
        kinds=_REGISTERS,
        judge=rollover,
        en="The register wrapped: normal.",
        zh="示数翻转：正常。",
        good={"base": _BASE},
        bad={"base": {**_BASE, "value": 999_990 * SCALE}, "units": 5 * SCALE},
    ),
    Rule(
        id="R022",
        kinds=_REGISTERS,
        judge=runaway,
        en="More energy than the meter can carry: check meter, multiplier and register.",
        zh="飞走：检查表计、倍率与示数。",
        good={"base": _BASE, "units": 101 * SCALE},
        bad={"base": _BASE, "units": 300 * SCALE},
        unless=("R004", "R021"),
    ),
    Rule(
        id="R023",
        kinds=frozenset({Kind.FORWARD}),
        judge=excess,
        en="Register and power disagree: test the meter.",
        zh="超差：示数与功率不符，现场校验。",
        good={"work": 10.0 * SCALE, "moved": (10 * SCALE, 3600)},
        bad={"work": 10.0 * SCALE, "moved": (20 * SCALE, 3600)},
    ),
    Rule(
        id="R024",
        kinds=frozenset({Kind.FORWARD}),
        judge=stopped,
        en="Power flows and the register stands still: stopped meter or bypass.",
        zh="停走：有功率而示数不变，查停走或绕越。",
        good={"rest": 100.0},
        bad={"rest": 0.2 * SCALE},
    ),
    Rule(
        id="R025",
        kinds=frozenset({Kind.FORWARD}),
        judge=tariff_sum,
        en="Total and tariffs differ: memory fault, or values of different instants.",
        zh="示值不平：存储故障或数值不同步。",
        good={"beside": (25 * SCALE, 25 * SCALE, 25 * SCALE, 25 * SCALE - 200)},
        bad={"beside": (25 * SCALE, 25 * SCALE, 25 * SCALE, 24 * SCALE)},
    ),
    Rule(
        id="R026",
        kinds=frozenset({Kind.FORWARD}),
        judge=combination,
        en="Combined energy does not fit its combination word: check the setting.",
        zh="组合有功与组合方式字不符：检查设置。",
        good={"combined": 110 * SCALE, "reverse": 10 * SCALE, "word": 0b0101},
        bad={"combined": 110 * SCALE, "reverse": 10 * SCALE, "word": 0b1001},
    ),
    Rule(
        id="R027",
        kinds=frozenset({Kind.REVERSE}),
        judge=backward,
        en="Energy flows back: CT polarity, phase sequence, hidden generation.",
        zh="反向电量：查互感器极性、相序或未报光伏。",
        good={"point": "1-0:2.8.0", "base": _BASE},
        bad={"point": "1-0:2.8.0", "base": {**_BASE, "day": 98 * SCALE}},
    ),
    Rule(
        id="R028",
        kinds=frozenset({Kind.FORWARD}),
        judge=still,
        en="Vacant, stopped, or an old answer repeated: look at the meter.",
        zh="示数长期不变：查空置、停走或重复应答。",
        good={"base": _BASE},
        bad={"base": {**_BASE, "since": -31 * _DAY}},
    ),
)
"""Every rule of the first review, in the order in which they judge."""
