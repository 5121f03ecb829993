"""What stands in a row of the quality of supply, and the columns that show it."""

from dataclasses import dataclass
from decimal import Decimal

from gateway.report.places import Place
from gateway.report.table import Column

__all__ = ["FACTOR", "FREQUENCY_COLUMNS", "VOLTAGE", "FactorRow", "FrequencyRow", "VoltageRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfMeter:
    """A row of one meter at its place."""

    meter: str
    place: Place

    @property
    def transformer(self) -> str:
        """Code of its transformer."""
        return self.place.transformer

    @property
    def line(self) -> str:
        """Code of its line."""
        return self.place.line


@dataclass(frozen=True, slots=True, kw_only=True)
class VoltageRow(_OfMeter):
    """Voltages of a monitored point: rates are shares of the samples, deviations per cent of the nominal voltage.

    `rate` is of the samples of all phases, `worst_rate` of the phase with the lowest; `qualified` where every
    sample is. `reason` says why nothing is judged.
    """

    supply: str = ""
    nominal_v: Decimal | None = None
    allowed: str = ""
    samples: int = 0
    rate: Decimal | None = None
    highest: Decimal | None = None
    lowest: Decimal | None = None
    worst_phase: str = ""
    worst_rate: Decimal | None = None
    qualified: bool | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow(_OfMeter):
    """Power factor of a customer in a period and at its peak, against the standards; None: not judged."""

    capacity_kva: Decimal | None
    active_kwh: Decimal
    reactive_kvarh: Decimal
    factor: Decimal
    standard: Decimal | None
    peak_factor: Decimal | None
    peak_standard: Decimal | None
    qualified: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyRow(_OfMeter):
    """Frequencies of a meter: so many samples, what share of them lies within `allowed_hz` of 50 Hz."""

    samples: int
    rate: Decimal
    highest_hz: Decimal
    lowest_hz: Decimal
    allowed_hz: Decimal
    qualified: bool


_PLACE = (
    Column("meter", "meter", "电表"),
    Column("transformer", "transformer", "台区"),
    Column("line", "line", "线路", spare=9),
)
_QUALIFIED = Column("qualified", "qualified", "合格")

_SUPPLIES = {"35kV": "35 kV 及以上", "three-phase": "三相", "single-phase": "单相"}

VOLTAGE = (
    *_PLACE,
    Column("supply", "supply", "供电方式", spare=6, words=_SUPPLIES),
    Column("nominal_v", "nominal V", "标称电压 V", places=1, spare=7),
    Column("allowed", "allowed", "允许偏差", spare=8),
    Column("samples", "samples", "样本数", spare=5),
    Column("rate", "qualified rate", "电压合格率", percent=True),
    Column("highest", "highest %", "最高偏差 %", places=2, spare=3),
    Column("lowest", "lowest %", "最低偏差 %", places=2, spare=4),
    Column("worst_phase", "worst phase", "最差相", spare=2),
    Column("worst_rate", "its rate", "该相合格率", percent=True),
    _QUALIFIED,
    Column("reason", "reason", "原因"),
)

FACTOR = (
    *_PLACE,
    Column("capacity_kva", "kVA", "容量 kVA", places=0, spare=5),
    Column("active_kwh", "kWh", "有功电量 kWh", places=2, spare=6),
    Column("reactive_kvarh", "kvarh", "无功电量 kvarh", places=2, spare=7),
    Column("factor", "power factor", "功率因数", places=4),
    Column("standard", "standard", "考核标准", places=2),
    Column("peak_factor", "at peak", "高峰功率因数", places=4),
    Column("peak_standard", "standard at peak", "高峰标准", places=2),
    _QUALIFIED,
)

FREQUENCY_COLUMNS = (
    *_PLACE,
    Column("samples", "samples", "样本数", spare=5),
    Column("rate", "qualified rate", "频率合格率", percent=True),
    Column("highest_hz", "highest Hz", "最高 Hz", places=2),
    Column("lowest_hz", "lowest Hz", "最低 Hz", places=2),
    Column("allowed_hz", "allowed ± Hz", "允许偏差 ± Hz", places=1, spare=6),
    _QUALIFIED,
)
