"""What a technician brings back from the meters of a silent concentrator, as the file of a hand-held unit."""

from collections.abc import Iterator
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path

from simulators import dumps
from simulators.dumps import Value
from simulators.week import REVERSE, Week

__all__ = ["write"]

_LON, _LAT = Decimal("113.120000"), Decimal("22.510000")


def write(found: Week, path: Path, tz: tzinfo) -> None:
    """A delimited text with a row a register, times in the zone `tz`; raises OSError."""
    dumps.write(path, "delimited", _values(found, tz))


def _values(found: Week, tz: tzinfo) -> Iterator[Value]:
    meters: dict[str, int] = {}
    for one in found.brought():
        number = meters.setdefault(one.meter, len(meters) + 1)
        back = one.point == REVERSE
        yield Value(
            route="T3-01",
            seq=number,
            cons=f"{number:013}",
            name="",
            asset=one.meter,
            quantity=2 if back else 1,
            tariff=0,
            kind="反有总" if back else "正有总",
            kind_code="21" if back else "11",
            multiplier=Decimal(one.ct),
            last=one.before,
            this=one.value,
            at=one.at.astimezone(tz),
            reader="R001",
            mode="2",
            code="00",
            lon=_LON,
            lat=_LAT,
        )
