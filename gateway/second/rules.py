"""The rules of the second review. A rule is a function and a line here, with a good and a bad example."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.review.view import Hit, Unjudged
from gateway.second import customers, places
from gateway.second.view import Case, Subject

__all__ = ["RULES", "Rule"]

_CUSTOMER = frozenset({Subject.CUSTOMER})
_AREA = frozenset({Subject.TRANSFORMER})
_LINE = frozenset({Subject.LINE})
_PLACES = _AREA | _LINE
_ANY = _CUSTOMER | _PLACES
_FLAT = (10.0, 11.0, 9.0, 10.0, 12.0, 10.0, 9.0) * 4
_SHAPE = (1.0, 2.0, 5.0, 3.0)
_OTHER_SHAPE = (5.0, 3.0, 1.0, 2.0)
_LOSSES = (0.03, 0.031, 0.029, 0.03, 0.032) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: whom it judges, what to look at on site, and its two examples.

    An example holds the fields of a `Case` that differ from a plain one. `unless` names rules whose hit explains
    this one's. `weight` counts in the list of work (domain 9.4).
    """

    id: str
    subjects: frozenset[Subject]
    judge: Callable[[Case], Hit | Unjudged | None]
    en: str
    zh: str
    good: dict[str, Any]
    bad: dict[str, Any]
    unless: tuple[str, ...] = ()
    weight: float = 0.0


RULES: tuple[Rule, ...] = (
    Rule(
        id="P001",
        subjects=_ANY,
        judge=customers.usage,
        en="Sudden rise or fall of the month's energy: read on site, ask what changed.",
        zh="月电量突增突减：现场核对示数，了解用电变化。",
        good={"month_daily": 11.0, "usual": 10.0},
        bad={"month_daily": 4.0, "usual": 10.0},
        unless=("P006",),
        weight=1,
    ),
    Rule(
        id="P002",
        subjects=_ANY,
        judge=customers.overnight,
        en="Energy changed from one day to the next: which feeder, which customer?",
        zh="日电量突变：查是哪条支路、哪个用户。",
        good={"large": True, "daily": (100.0, 120.0)},
        bad={"large": True, "daily": (100.0, 60.0)},
        unless=("P005", "P035"),
    ),
    Rule(
        id="P003",
        subjects=_CUSTOMER,
        judge=customers.steady,
        en="Consumption is not what it used to be: visit, compare meter and load.",
        zh="用电水平持续偏离：现场核对表计与负荷。",
        good={"daily": (*_FLAT, 11.0, 9.0, 10.0, 10.0, 12.0)},
        bad={"daily": (*_FLAT, 2.0, 1.5, 2.0, 10.0, 1.0)},
        unless=("P005", "P007"),
        weight=2,
    ),
    Rule(
        id="P004",
        subjects=_ANY,
        judge=customers.peak,
        en="One interval stands far above the others: check the curve and what ran.",
        zh="个别时段电量异常突出：核对曲线与用电设备。",
        good={"household": False, "intervals": (4.0, 5.0, 6.0)},
        bad={"household": False, "intervals": (4.0, 12.0, 5.0)},
    ),
    Rule(
        id="P005",
        subjects=_CUSTOMER,
        judge=customers.jump,
        en="A hundred times the usual day: a glitch of the counter, read again.",
        zh="电量为平常百倍以上：示数跳变，重新抄读。",
        good={"daily": (*_FLAT, 90.0)},
        bad={"daily": (*_FLAT, 9_000.0)},
    ),
    Rule(
        id="P006",
        subjects=_CUSTOMER,
        judge=customers.zero,
        en="No energy where there used to be some: vacant, bypassed or stopped?",
        zh="零电量：查空置、绕越或停走。",
        good={"usual": 10.0, "monthly": True, "month_daily": 0.2},
        bad={"usual": 10.0, "monthly": True, "month_daily": 0.0},
        weight=1,
    ),
    Rule(
        id="P007",
        subjects=_CUSTOMER,
        judge=customers.multiplier,
        en="Energy changed by just a multiplier's step: read the plates of CT and PT.",
        zh="电量按倍率档突变：核对互感器铭牌与倍率。",
        good={"household": False, "daily": (*_FLAT, 17.0, 16.5, 17.2)},
        bad={"household": False, "daily": (*_FLAT, 20.0, 20.1, 19.8)},
        weight=3,
    ),
    Rule(
        id="P008",
        subjects=_CUSTOMER,
        judge=customers.agreement,
        en="Power times multiplier is not what terminal or line show: read the plates of CT and PT.",
        zh="功率乘倍率与终端或线路不符：核对互感器倍率。",
        good={"power": 95.0, "power_beside": 100.0},
        bad={"power": 50.0, "power_beside": 100.0},
        weight=3,
    ),
    Rule(
        id="P009",
        subjects=_CUSTOMER,
        judge=customers.demand,
        en="Demand above the contract: unreported load.",
        zh="需量或负荷超容：查未报装负荷。",
        good={"capacity": 100.0, "demand": 104.0},
        bad={"capacity": 100.0, "load": (90.0, 107.0, 106.0)},
    ),
    Rule(
        id="P010",
        subjects=_CUSTOMER,
        judge=customers.capacity,
        en="More energy than the contract capacity carries: wrong data or wrong capacity.",
        zh="日电量超出合同容量可能：查数据与容量档案。",
        good={"capacity": 10.0, "daily": (200.0,)},
        bad={"capacity": 10.0, "daily": (250.0,)},
        unless=("P005",),
    ),
    Rule(
        id="P011",
        subjects=_CUSTOMER,
        judge=customers.factor,
        en="Power factor below its standard: compensation.",
        zh="功率因数低于考核标准：查无功补偿。",
        good={"factor": 0.93, "factor_standard": 0.9},
        bad={"factor": 0.8, "factor_standard": 0.9},
    ),
    Rule(
        id="P012",
        subjects=_ANY,
        judge=customers.voltage,
        en="Voltage outside of the supply's limits: tap changer, feeder, neutral.",
        zh="电压超出允许偏差：查分接开关、线路与零线。",
        good={"voltage_qualified": True},
        bad={"voltage_qualified": False, "voltage_share": 0.9},
    ),
    Rule(
        id="P013",
        subjects=_AREA,
        judge=customers.load,
        en="Transformer heavily loaded: move load or change it.",
        zh="配变重载或过载：转移负荷或增容。",
        good={"capacity": 100.0, "load": (70.0,) * 20 + (85.0,) * 4},
        bad={"capacity": 100.0, "load": (70.0,) * 19 + (85.0,) * 5},
    ),
    Rule(
        id="P014",
        subjects=_ANY,
        judge=customers.estimated,
        en="Much of the month is estimated: publish only with a note, send a reader.",
        zh="月电量估算占比高：发布须注明，安排补抄。",
        good={"estimated_share": 0.03},
        bad={"estimated_share": 0.3},
    ),
    Rule(
        id="P015",
        subjects=_CUSTOMER,
        judge=customers.estimates,
        en="Estimated period after period: send a reader.",
        zh="连续估算：派人补抄。",
        good={"estimates_in_row": 2},
        bad={"estimates_in_row": 3},
    ),
    Rule(
        id="P016",
        subjects=_CUSTOMER,
        judge=customers.idle,
        en="Energy on a point out of service: illegal reconnection, or the archive is behind.",
        zh="停用计量点有电量：查私自复电或档案滞后。",
        good={"active": False, "daily": (0.5,)},
        bad={"active": False, "daily": (3.0,)},
        weight=4,
    ),
    Rule(
        id="P017",
        subjects=_CUSTOMER,
        judge=customers.tripped,
        en="Energy after a confirmed trip: relay or bypass.",
        zh="跳闸后仍有电量：查继电器或绕越。",
        good={"after_trip": 0.05},
        bad={"after_trip": 2.0},
        weight=4,
    ),
    Rule(
        id="P018",
        subjects=_CUSTOMER,
        judge=customers.likeness,
        en="The day has another shape than usual: changed use.",
        zh="负荷曲线形状改变：用电性质变化。",
        good={"profiles": (_SHAPE,) * 14, "daily": (11.0,) * 14},
        bad={"profiles": (*(_SHAPE,) * 7, *(_OTHER_SHAPE,) * 7), "daily": (11.0,) * 14},
    ),
    Rule(
        id="P030",
        subjects=_PLACES,
        judge=places.complete,
        en="Members are missing: re-read them, see `meterd success`.",
        zh="成员数据缺失：补抄，见 `meterd success`。",
        good={"coverage_count": 0.99, "coverage_energy": 1.0},
        bad={"coverage_count": 0.97, "coverage_energy": 0.94},
    ),
    Rule(
        id="P031",
        subjects=_AREA,
        judge=places.area_loss,
        en="High loss: theft, wrong relation, multiplier, PT fuse; see the ranked suspects.",
        zh="台区高损：查窃电、户变关系、倍率、熔丝；见可疑用户排序。",
        good={"rate": 0.05},
        bad={"rate": 0.13},
    ),
    Rule(
        id="P032",
        subjects=_LINE,
        judge=places.line_loss,
        en="High loss of the line: its largest customers, transformers and ties first.",
        zh="线路高损：先查大用户、配变与联络。",
        good={"rate": 0.08},
        bad={"rate": 0.06, "theory": 0.02},
    ),
    Rule(
        id="P033",
        subjects=_PLACES,
        judge=places.negative,
        en="Negative loss: relation, time of the readings, generation not counted, supply multiplier.",
        zh="负损：查户变关系、抄表时刻、未计光伏、关口倍率。",
        good={"rate": -0.011, "bound": 0.02},
        bad={"rate": -0.03, "bound": 0.02},
    ),
    Rule(
        id="P034",
        subjects=_PLACES,
        judge=places.moved,
        en="The loss has changed: look at who explains the change.",
        zh="线损突变：看由哪些成员造成。",
        good={"rates": (*_LOSSES, 0.04, 0.03, 0.031)},
        bad={"rates": (*_LOSSES, 0.06, 0.03, 0.07)},
    ),
    Rule(
        id="P035",
        subjects=_PLACES,
        judge=places.shifted,
        en="Supply or sale jumped: find the side, then the meter.",
        zh="供电或售电突变：先定侧，再定表。",
        good={"daily": (100.0, 110.0), "sale_daily": (95.0, 105.0)},
        bad={"daily": (100.0, 110.0), "sale_daily": (95.0, 60.0)},
    ),
    Rule(
        id="P036",
        subjects=_PLACES,
        judge=places.synchronous,
        en="Supply and sales were not read at one time: use freezes, set clocks.",
        zh="供售不同期：采用冻结数据，校时。",
        good={"skew_seconds": 200.0},
        bad={"skew_seconds": 400.0},
    ),
    Rule(
        id="P037",
        subjects=_PLACES,
        judge=places.hierarchy,
        en="Sum of the members is not the stored sum: late data or software; tell the makers.",
        zh="成员之和与存储值不符：迟到数据或软件问题，请反馈。",
        good={"stored_sum": 100_000.0, "members_sum": 100_009.0},
        bad={"stored_sum": 100_000.0, "members_sum": 100_020.0},
    ),
    Rule(
        id="P038",
        subjects=_LINE,
        judge=places.ends,
        en="The two ends of the tie disagree: test both gateway meters.",
        zh="联络线两端不符：校验两侧关口表。",
        good={"ends": (1_000.0, 991.0, 0.005)},
        bad={"ends": (1_000.0, 980.0, 0.005)},
    ),
    Rule(
        id="P039",
        subjects=_PLACES,
        judge=places.constant,
        en="Most of the loss is constant: unmetered load, street lamps.",
        zh="固定损耗占比高：查未计量负荷、路灯。",
        good={"constant_share": 0.3},
        bad={"constant_share": 0.7},
    ),
    Rule(
        id="P040",
        subjects=_CUSTOMER,
        judge=places.culprit,
        en="This customer explains the loss of its area: inspect meter, seals and wiring.",
        zh="该户解释了台区线损：检查表计、封印与接线。",
        good={"culprit": 9.0, "area_abnormal": True, "limits": {"culprit_warn": 20, "culprit_suspect": 30}},
        bad={"culprit": 9.0, "area_abnormal": True},
        weight=4,
    ),
    Rule(
        id="P041",
        subjects=_CUSTOMER,
        judge=places.neighbour,
        en="The meter fits a neighbour area better: check its transformer on site.",
        zh="疑似属于相邻台区：现场核实户变关系。",
        good={"neighbour": 0.1},
        bad={"neighbour": 0.4},
    ),
    Rule(
        id="P042",
        subjects=_PLACES,
        judge=places.members,
        en="Other meters are seen than the archive has: new, removed or exchanged ones.",
        zh="实有表计与档案不符：查新装、拆除与换表。",
        good={"expected_members": 30, "seen_members": 30},
        bad={"expected_members": 30, "seen_members": 31},
    ),
)
"""Every rule of the second review, in the order in which they judge."""
