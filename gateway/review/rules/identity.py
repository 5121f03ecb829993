"""Rules on identity, format and time of a value."""

from datetime import timedelta

from gateway.review.limits import SCALE, Kind, shown
from gateway.review.rules.registers import BASE, rollover
from gateway.review.rules.rule import ALL, REGISTERS, Rule, Verdict
from gateway.review.view import UNJUDGED, Hit, View
from protocols.reading import Flag, Method, State

__all__ = ["IDENTITY"]

_POWERS = frozenset({Kind.POWER, Kind.PHASE_POWER})
RANGED = REGISTERS | _POWERS | {Kind.VOLTAGE, Kind.CURRENT, Kind.FACTOR, Kind.FREQUENCY}


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
    if view.kind in REGISTERS:
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
    elif view.kind in _POWERS:
        if view.limits.power is None:
            return UNJUDGED
        high, number = view.limits.power, abs(number)
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


def partial(view: View) -> Verdict:
    """R012: the total came, and a tariff that was asked with it did not."""
    tariffs = [f"1-0:1.8.{tariff}" for tariff in range(1, view.limits.tariffs + 1)]
    missing = [point for point in tariffs if point in view.lacking]
    if not missing:
        return None if tariffs and all(point in view.beside for point in tariffs) else UNJUDGED
    return Hit(1, f"{len(missing)} missing", f"{len(tariffs)} tariffs", flags=Flag.PARTIAL)


IDENTITY: tuple[Rule[View], ...] = (
    Rule(
        id="R001",
        kinds=ALL,
        judge=garbage,
        severity="3",
        what="field not decodable, wrong digits or unit",
        what_zh="无法解码、非法数字或单位错误",
        en="Transmission or decoder fault: read again.",
        zh="传输或解码故障：重新抄读。",
        good={},
        bad={"state": "REJECTED"},
    ),
    Rule(
        id="R002",
        kinds=ALL,
        judge=identity,
        severity="3",
        what="the address that answered is not the archive's",
        what_zh="应答地址与档案不符",
        en="Compare nameplate and bar code with the archive: wrong meter, or an exchange not recorded.",
        zh="核对铭牌、条码与档案：表计不符或换表未登记。",
        good={"address": "000000000001", "expected": "1"},
        bad={"address": "000000000002", "expected": "1"},
    ),
    Rule(
        id="R003",
        kinds=frozenset(),
        judge=absent,
        severity="1/2",
        what="a due value was absent when its slot closed; suspicious after 3 days",
        what_zh="应采数据缺失，3 天后升级",
        en="Check breaker, wiring and address: the meter does not answer.",
        zh="检查空开、接线与地址：表计无应答。",
        good={},
        bad={"missing_days": 3},
    ),
    Rule(
        id="R004",
        kinds=REGISTERS,
        judge=duplicate,
        severity="2",
        what="the same instant with another value",
        what_zh="同一时刻数值不同",
        en="Two sources disagree on one instant: compare them.",
        zh="同一时刻两个来源数值不一致：比对。",
        good={"base": BASE},
        bad={"base": {**BASE, "at": 0, "value": 90 * SCALE}},
    ),
    Rule(
        id="R005",
        kinds=ALL - {Kind.CLOCK},
        judge=instant,
        severity="3",
        keys=("future_seconds",),
        what="in the future, or before installation",
        what_zh="时间在未来或早于安装日期",
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
        severity="1/2/3",
        keys=("clock_warn_seconds", "clock_suspect_seconds", "clock_reject_seconds"),
        what="the meter's clock is off",
        what_zh="表计时钟偏差",
        en="Set the meter's clock; check its battery.",
        zh="校时；检查时钟电池。",
        good={"point": "0-0:1.0.0", "units": 30 * SCALE},
        bad={"point": "0-0:1.0.0", "units": -400 * SCALE},
        timed=True,
    ),
    Rule(
        id="R007",
        kinds=REGISTERS,
        judge=stale,
        severity="2",
        what="a freeze of another day than was due",
        what_zh="冻结日期不是应采日期",
        en="The meter gave another day's freeze: check its clock.",
        zh="冻结日期不符：检查表计时钟。",
        good={"method": "FREEZE", "due": 0},
        bad={"method": "FREEZE", "due": 86_400},
        timed=True,
    ),
    Rule(
        id="R008",
        kinds=RANGED,
        judge=physical,
        severity="3",
        what="outside of what the quantity can be",
        what_zh="超出物理可能范围",
        en="The value cannot be: check the meter's measuring part and its decimals in the archive.",
        zh="数值超出物理范围：检查计量部分与档案小数位。",
        good={"point": "1-0:32.7.0", "units": 220 * SCALE},
        bad={"point": "1-0:32.7.0", "units": 661 * SCALE},
    ),
    Rule(
        id="R009",
        kinds=REGISTERS,
        judge=zero,
        severity="3",
        what="a register that had a value shows zero",
        what_zh="示数突变为零",
        en="A register shows zero: compare the display with the reading.",
        zh="示数突变为零：核对表计显示。",
        good={"base": {**BASE, "value": 0}, "units": 0},
        bad={"base": BASE, "units": 0},
    ),
    Rule(
        id="R012",
        kinds=frozenset({Kind.FORWARD}),
        judge=partial,
        severity="1",
        what="a tariff that was asked with the total did not come",
        what_zh="总示数已到而所召费率示数缺失",
        en="A partial answer: read again; compare the tariffs in the archive.",
        zh="应答不完整：重新抄读；核对档案费率数。",
        good={"beside": (25 * SCALE, 25 * SCALE, 25 * SCALE, 25 * SCALE)},
        bad={"lacking": frozenset({"1-0:1.8.3"})},
    ),
)
"""R001 to R009 and R012, in the order in which they judge."""
