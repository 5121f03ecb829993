"""Rules on what a meter says of itself, on hands at it, and on readings that fail."""

from config.text import say
from gateway.review.limits import SCALE, Kind
from gateway.review.rules.rule import REGISTERS, Rule, Verdict
from gateway.review.signals import faults
from gateway.review.view import UNJUDGED, Hit, View
from protocols.reading import Flag

__all__ = ["EVENTS"]

_BASE = {"value": 3 * SCALE, "at": -3600, "since": -3600, "day": 3 * SCALE}
_FLAGGED = int(Flag.TEST | Flag.OVERFLOW)


def fault(view: View) -> Verdict:
    """R010: the status word tells of a fault, or the value of test or overflow."""
    if view.kind is not Kind.STATUS:
        told = view.reading.flags & _FLAGGED
        return Hit(2, str(Flag(told).name), "", flags=Flag(told)) if told else None
    word = view.units // SCALE
    found = [one for one in faults()[view.reading.point] if word >> one.bit & 1]
    if not found:
        return None
    names = ", ".join(say(one.en, one.zh) for one in found)
    return Hit(max(one.severity for one in found), names, "", sure=True)


def programmed(view: View) -> Verdict:
    """R011: a parameter or the count of programmings is another than before."""
    return _changed(view, Flag.PARAM_CHANGED)


def opened(view: View) -> Verdict:
    """R059: a cover was opened, or a magnet was there."""
    return _changed(view, Flag(0))


def _changed(view: View, flags: Flag) -> Verdict:
    base = view.previous
    if base is None:
        return UNJUDGED
    if view.units == base.value:
        return None
    return Hit(2, f"{view.units / SCALE:g}", f"{base.value / SCALE:g}", sure=True, flags=flags)


def failing(view: View) -> Verdict:
    """R060: the reading failed so many times in a row."""
    limit = view.limits.review.failed_rounds
    if not limit:
        return None
    if view.failed is None:
        return UNJUDGED
    return Hit(1, str(view.failed), str(limit)) if view.failed >= limit else None


def displaced(view: View) -> Verdict:
    """R061: the carrier network sees the meter elsewhere than the archive has it."""
    if not view.expected or not view.address:
        return UNJUDGED
    return Hit(1, view.address, view.expected) if view.address != view.expected else None


EVENTS: tuple[Rule[View], ...] = (
    Rule(
        id="R010",
        kinds=REGISTERS | {Kind.STATUS},
        judge=fault,
        severity="1/2",
        what="the meter's own fault bits: battery, memory, security module, clock, test, overflow",
        what_zh="表计自报故障：电池、存储器、ESAM、时钟、试验、溢出",
        en="The meter reports a fault: change battery or meter.",
        zh="表计自报故障：更换电池或表计。",
        good={"point": "0-0:96.5.1", "units": 0b0010 * SCALE},
        bad={"point": "0-0:96.5.1", "units": 0b0100 * SCALE},
    ),
    Rule(
        id="R011",
        kinds=frozenset({Kind.PARAMETER}),
        judge=programmed,
        severity="2",
        what="a parameter changed: programming or reset count, tariff table, ratio, pulse constant, read-out day",
        what_zh="参数变更：编程或清需量次数、费率时段、变比、脉冲常数、抄表日",
        en="Somebody programmed the meter: is there a work order? Check seals.",
        zh="表计被编程：核对工单，检查封印。",
        good={"point": "0-0:96.2.0", "units": 3 * SCALE, "base": _BASE},
        bad={"point": "0-0:96.2.0", "units": 4 * SCALE, "base": _BASE},
    ),
    Rule(
        id="R059",
        kinds=frozenset({Kind.COVER}),
        judge=opened,
        severity="2",
        what="a cover was opened, or a magnetic field was there",
        what_zh="开表盖、开端钮盒或恒定磁场",
        en="Is there a work order? Inspect seals, covers and wiring.",
        zh="核对工单；检查封印、表盖与接线。",
        good={"point": "0-0:96.20.0", "units": 3 * SCALE, "base": _BASE},
        bad={"point": "0-0:96.20.0", "units": 4 * SCALE, "base": _BASE},
    ),
    Rule(
        id="R060",
        judge=failing,
        severity="1",
        keys=("failed_rounds",),
        what="reading failed in several rounds in a row",
        what_zh="连续多轮抄读失败",
        en="Communication: check line, module and collector.",
        zh="通信故障：检查线路、通信模块与采集器。",
        good={"failed": 2},
        bad={"failed": 3},
    ),
    Rule(
        id="R061",
        judge=displaced,
        severity="1",
        what="the carrier network sees the meter at another phase or transformer",
        what_zh="载波网络识别的相位或台区与档案不符",
        en="The carrier network sees the meter in another place than the archive: check phase and transformer.",
        zh="载波网络识别的相位或台区与档案不符：核实相位和台变关系。",
        good={"address": "1", "expected": "1"},
        bad={"address": "2", "expected": "1"},
    ),
)
"""R010, R011, R059 to R061."""
