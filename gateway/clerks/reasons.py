"""Reason codes of decisions, and the result codes of visits on site (domain 6.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.text import say
from gateway.clerks.errors import Unknown

__all__ = ["CHECKS", "REASONS", "RESULTS", "Outcome", "Reason", "reason"]


class Outcome(StrEnum):
    """What a visit says of the rules that led there."""

    HIT = "hit"
    NO_FAULT = "no fault"
    WRONG_DATA = "wrong data"


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with its meaning; `actions` are those that it may stand for.

    `outcome` is what a result of a visit says of the rules behind it; None where nothing could be seen.
    """

    code: str
    en: str
    zh: str
    actions: frozenset[str] = frozenset()
    outcome: Outcome | None = None

    @property
    def text(self) -> str:
        """In the reader's language."""
        return say(self.en, self.zh)


_ACCEPT, _REJECT, _EDIT, _RETURN = "accept", "reject", "edit", "return"

REASONS: Mapping[str, Reason] = {
    one.code: one
    for one in (
        Reason(
            "confirmed", "confirmed with the customer or on site", "与用户或现场核实", frozenset({_ACCEPT})
        ),
        Reason(
            "plausible",
            "explained by load, season or holiday",
            "负荷、季节或节假日所致",
            frozenset({_ACCEPT}),
        ),
        Reason("reread", "a second reading agrees", "复抄一致", frozenset({_ACCEPT})),
        Reason(
            "exchange", "meter exchanged, the record is there", "已换表且有记录", frozenset({_ACCEPT, _EDIT})
        ),
        Reason("weather", "outage or weather", "停电或天气", frozenset({_ACCEPT})),
        Reason("known", "known cause, a field order is open", "原因已知，已派单", frozenset({_ACCEPT})),
        Reason("misread", "misread or miskeyed", "抄错或录错", frozenset({_REJECT, _EDIT})),
        Reason("garbled", "transmission or decoder fault", "传输或解码错误", frozenset({_REJECT})),
        Reason("wrong_meter", "of another meter", "错表", frozenset({_REJECT})),
        Reason("wrong_time", "of another time", "时刻不符", frozenset({_REJECT, _EDIT})),
        Reason("agreed", "agreed with the customer", "与用户协商", frozenset({_EDIT})),
        Reason("hand_held", "read on site by hand", "现场补抄", frozenset({_EDIT})),
        Reason(
            "data",
            "the readings behind it are to be reviewed again",
            "退回复核原始数据",
            frozenset({_RETURN}),
        ),
    )
}
"""Why something was decided."""

RESULTS: Mapping[str, Reason] = {
    one.code: one
    for one in (
        Reason("reading_right", "reading right", "示数正确", outcome=Outcome.NO_FAULT),
        Reason("reading_wrong", "reading wrong", "示数错误", outcome=Outcome.WRONG_DATA),
        Reason("meter_wrong", "meter wrong", "表计故障", outcome=Outcome.HIT),
        Reason("multiplier_wrong", "multiplier wrong", "倍率错误", outcome=Outcome.HIT),
        Reason("relation_wrong", "relation wrong", "户变关系错误", outcome=Outcome.HIT),
        Reason("wiring_fault", "wiring fault", "接线错误", outcome=Outcome.HIT),
        Reason("theft_suspected", "theft suspected", "疑似窃电", outcome=Outcome.HIT),
        Reason("vacant", "vacant", "空置", outcome=Outcome.NO_FAULT),
        Reason("access_refused", "access refused", "拒绝进入"),
    )
}
"""What was found on site, and what that says of the rules."""

CHECKS: tuple[Reason, ...] = (
    Reason("nameplate", "nameplate: maker, type, constant, class", "铭牌：厂家、型号、常数、等级"),
    Reason("number", "meter number", "表号"),
    Reason("register", "register value, with a photo", "示数（拍照）"),
    Reason("multiplier", "multiplier: plates of CT and PT", "倍率：互感器铭牌"),
    Reason("seals", "seals", "封印"),
    Reason(
        "wiring",
        "wiring: voltage, current, sequence, power of each phase",
        "接线：电压、电流、相序、分相功率",
    ),
    Reason("neighbours", "neighbours", "相邻用户"),
    Reason("bypass", "evidence of a bypass", "绕越痕迹"),
)
"""What is looked at on site, in this order."""


def reason(code: str, action: str) -> Reason:
    """The reason of an action; raises Unknown, naming those that fit."""
    found = REASONS.get(code)
    if found is None or action not in found.actions:
        fitting = ", ".join(one.code for one in REASONS.values() if action in one.actions)
        raise Unknown(
            say(
                f"reason {code!r} does not fit; expected one of {fitting}",
                f"原因代码 {code!r} 不适用；应为 {fitting}",
            )
        )
    return found
