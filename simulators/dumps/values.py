"""What a technician brings home from a route: plausible readings, the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

__all__ = ["LOCAL", "Value", "values"]

LOCAL = timezone(timedelta(hours=8))
_KINDS = (
    (1, 0, "正有总", "11"),
    (1, 1, "尖", "12"),
    (1, 2, "峰", "13"),
    (1, 3, "平", "14"),
    (1, 4, "谷", "15"),
)
_NAMES = ("张三", "李四", "王五", "赵六", "孙七", "欧阳娜", "瀨", "弢", "囍")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One register of one meter as the reader has it; `this` None: not read, `code` says why."""

    route: str
    seq: int
    cons: str
    name: str
    asset: str
    quantity: int
    tariff: int
    kind: str
    kind_code: str
    multiplier: Decimal
    last: Decimal
    this: Decimal | None
    at: datetime
    reader: str
    mode: str
    code: str
    lon: Decimal
    lat: Decimal
    remark: str = ""

    @property
    def point(self) -> str:
        """The register's OBIS code."""
        return f"1-0:{self.quantity}.8.{self.tariff}"


def values(count: int, seed: int = 0, *, tariffs: int = 0, unread: float = 0.0) -> Iterator[Value]:
    """`count` registers, `1 + tariffs` a meter; a share of meters was not read."""
    rng = random.Random(seed)
    at = datetime(2024, 5, 1, 8, 0, tzinfo=LOCAL)
    made, number = 0, 0
    while made < count:
        missed = rng.random() < unread
        at += timedelta(seconds=rng.randrange(20, 60))
        lon = Decimal("113.100000") + Decimal(rng.randrange(100_000)).scaleb(-6)
        lat = Decimal("22.500000") + Decimal(rng.randrange(100_000)).scaleb(-6)
        multiplier = Decimal(rng.choice((1, 1, 1, 40, 100)))
        parts = [Decimal(rng.randrange(100, 90_000)).scaleb(-2) for _ in range(tariffs or 1)]
        moved = [Decimal(rng.randrange(0, 20_000)).scaleb(-2) for _ in parts]
        lasts, news = [sum(parts, Decimal(0)), *parts], [sum(moved, Decimal(0)), *moved]
        for place in range(min(1 + tariffs, count - made)):
            quantity, tariff, kind, code = _KINDS[place]
            yield Value(
                route=f"{number // 500 + 10203:07}",
                seq=number % 500 + 1,
                cons=f"{123_456_000_000 + number:013}",
                name=_NAMES[number % len(_NAMES)],
                asset=f"{34_300_010_000 + number:022}",
                quantity=quantity,
                tariff=tariff,
                kind=kind,
                kind_code=code,
                multiplier=multiplier,
                last=lasts[place],
                this=None if missed else lasts[place] + news[place],
                at=at,
                reader=f"R{number // 500 % 7:03}",
                mode="1",
                code="07" if missed else "00",
                lon=lon,
                lat=lat,
                remark="门锁" if missed else "",
            )
            made += 1
        number += 1
