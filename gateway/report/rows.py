"""What stands in a row of a report, and the columns that show it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gateway.report.table import Column
from gateway.report.words import CHANGES, LACKS, NODE_KINDS, REASONS, SIDES, STATES

__all__ = [
    "CAUSES",
    "COUNTS",
    "CURVE",
    "LOSS",
    "MISSING",
    "NODE_KINDS",
    "RANKING",
    "SUCCESS",
    "CauseRow",
    "LossRow",
    "MissingRow",
    "SuccessRow",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRow:
    """The loss of a line or transformer on a day, or in the month that begins then; energies in kWh, rates shares.

    `hours` is the length of the period.
    """

    kind: str
    code: str
    day: date
    supply_kwh: Decimal | None
    sale_kwh: Decimal | None
    loss_kwh: Decimal | None
    loss_rate: Decimal | None
    state: str
    loss_rate_low: Decimal | None = None
    loss_rate_high: Decimal | None = None
    bound_kwh: Decimal | None = None
    coverage: Decimal | None = None
    due: int = 0
    present: int = 0
    estimated: int = 0
    skew_seconds: int = 0
    reason: str = ""
    hours: float = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessRow:
    """Who was due on a data day D and had a value at the three cut-offs; rates are shares, by count and by energy."""

    group: str
    key: str
    day: date
    due: int
    first_run: float
    headline: float
    after_rereads: float
    first_run_energy: float | None = None
    headline_energy: float | None = None
    after_rereads_energy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRow:
    """A value that was due and is not there, and why."""

    meter: str
    task: str
    target: str
    day: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A member of a node and its share in a change of the loss (domain 7.5): `change_kwh` is its energy less usual."""

    meter: str
    side: str
    kind: str
    energy_kwh: Decimal | None
    usual_kwh: Decimal | None
    change_kwh: Decimal
    loss_kwh: Decimal


LOSS = (
    Column("kind", "kind", "类别", words=NODE_KINDS),
    Column("code", "code", "编号"),
    Column("day", "day", "日期"),
    Column("supply_kwh", "supply kWh", "供电量 kWh", places=2),
    Column("sale_kwh", "sale kWh", "售电量 kWh", places=2),
    Column("loss_kwh", "loss kWh", "损失电量 kWh", places=2),
    Column("loss_rate", "loss rate", "线损率", percent=True),
    Column("loss_rate_low", "from", "下限", percent=True, spare=4),
    Column("loss_rate_high", "to", "上限", percent=True, spare=5),
    Column("state", "state", "状态", words=STATES),
    Column("coverage", "coverage", "覆盖率", percent=True, spare=3),
    Column("due", "due", "应采", spare=6),
    Column("present", "present", "实采", spare=7),
    Column("estimated", "estimated", "估算", spare=8),
    Column("skew_seconds", "skew s", "时差 s", spare=9),
    Column("reason", "reason", "原因", words=LACKS),
)

SUCCESS = (
    Column("group", "by", "按"),
    Column("key", "name", "名称"),
    Column("day", "data day", "数据日"),
    Column("due", "due", "应采"),
    Column("first_run", "07:00", "07:00", percent=True),
    Column("headline", "24:00", "24:00", percent=True),
    Column("after_rereads", "D+7", "D+7", percent=True),
    Column("first_run_energy", "07:00 energy", "07:00 电量", percent=True, spare=3),
    Column("headline_energy", "24:00 energy", "24:00 电量", percent=True, spare=4),
    Column("after_rereads_energy", "D+7 energy", "D+7 电量", percent=True, spare=5),
)

MISSING = (
    Column("meter", "meter", "电表"),
    Column("task", "task", "任务"),
    Column("target", "target", "采集点"),
    Column("day", "data day", "数据日"),
    Column("reason", "why", "原因", words=REASONS),
)

RANKING = (
    Column("rank", "no.", "序号"),
    Column("kind", "kind", "类别", words=NODE_KINDS),
    Column("code", "code", "编号"),
    Column("day", "day", "日期"),
    Column("loss_rate", "loss rate", "线损率", percent=True),
    Column("loss_kwh", "loss kWh", "损失电量 kWh", places=2),
    Column("supply_kwh", "supply kWh", "供电量 kWh", places=2),
    Column("state", "state", "状态", words=STATES),
    Column("days", "days in a row", "连续天数"),
)

COUNTS = (
    Column("state", "state", "状态", words=STATES),
    Column("nodes", "nodes", "数量"),
)

CAUSES = (
    Column("meter", "meter", "电表"),
    Column("side", "side", "侧", words=SIDES),
    Column("kind", "what", "原因", words=CHANGES),
    Column("energy_kwh", "energy kWh", "电量 kWh", places=2),
    Column("usual_kwh", "usual kWh", "平常 kWh", places=2),
    Column("change_kwh", "change kWh", "变化 kWh", places=2),
    Column("loss_kwh", "on the loss kWh", "对损失的影响 kWh", places=2),
)

CURVE = (
    Column("kind", "kind", "类别", words=NODE_KINDS),
    Column("code", "code", "编号"),
    Column("days", "days", "天数"),
    Column("a", "a kWh", "a kWh", places=3),
    Column("b", "b", "b", places=5),
    Column("c", "c", "c", places=5),
    Column("mean_kwh", "mean supply kWh", "平均供电量 kWh", places=2),
    Column("constant_kwh", "constant kWh", "固定 kWh", places=2),
    Column("proportional_kwh", "proportional kWh", "比例 kWh", places=2),
    Column("ohmic_kwh", "ohmic kWh", "负荷平方 kWh", places=2),
    Column("share", "constant share", "固定占比", percent=True),
    Column("error", "±", "±", percent=True),
    Column("says", "points to", "指向"),
)
