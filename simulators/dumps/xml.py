"""Dumps as XML: IEC 61968-9 MeterReadings and Green Button."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from simulators.dumps.values import Value

__all__ = ["cim", "espi"]

_FORWARD = "0.0.0.1.{direction}.1.12.0.0.0.0.{tariff}.0.0.0.3.72.0"
_DELTA = "0.0.5.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0"


def cim(values: Iterable[Value], *, intervals: int = 0) -> Iterator[bytes]:
    """A MeterReading for each meter; with `intervals` blocks of half hours stand before the meter's name."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield b'<m:MeterReadings xmlns:m="http://iec.ch/TC57/2011/MeterReadings#">\n'
    for asset, group in groupby(values, key=lambda v: v.asset):
        registers = list(group)
        yield b"<m:MeterReading>"
        if intervals:
            yield f'<m:IntervalBlocks><m:ReadingType ref="{_DELTA}"/>'.encode()
            for place in range(intervals):
                at = registers[0].at.replace(hour=place // 2, minute=place % 2 * 30, second=0)
                stamp, amount = at.isoformat(), 100 + place
                inside = f"<m:timeStamp>{stamp}</m:timeStamp><m:value>{amount}</m:value>"
                yield f"<m:IntervalReadings>{inside}</m:IntervalReadings>".encode()
            yield b"</m:IntervalBlocks>"
        yield f"<m:Meter><m:Names><m:name>{asset}</m:name></m:Names></m:Meter>".encode()
        for v in registers:
            yield _reading(v).encode()
        yield b"</m:MeterReading>\n"
    yield b"</m:MeterReadings>\n"


def _reading(v: Value) -> str:
    direction = 1 if v.quantity == 1 else 19
    kind = f'<m:ReadingType ref="{_FORWARD.format(direction=direction, tariff=v.tariff)}"/>'
    amount = f"<m:value>{v.this:.2f}</m:value>" if v.this is not None else ""
    quality = "3.0.0" if v.this is not None else "3.5.259"
    said = f'<m:ReadingQualities><m:ReadingQualityType ref="{quality}"/></m:ReadingQualities>'
    stamp = f"<m:timeStamp>{v.at.isoformat()}</m:timeStamp>"
    return f"<m:Readings>{stamp}{amount}{said}{kind}</m:Readings>"


_ENTRY = (
    '<entry><id>urn:uuid:{n}</id><link rel="self" href="{me}"/><link rel="up" href="{up}"/>{more}<content>'
)


def espi(values: Iterable[Value], *, intervals: int = 4) -> Iterator[bytes]:
    """A usage point for each value: its intervals of 15 minutes before the value's time, in watt-hours."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n<title>usage</title>\n'
    for number, v in enumerate(values):
        if v.tariff:
            continue  # intervals have no tariffs
        point = f"/espi/1_1/resource/RetailCustomer/1/UsagePoint/{v.asset}"
        reading, kind = f"{point}/MeterReading/1", f"/espi/1_1/resource/ReadingType/{number}"
        yield _entry(number, point, f"{point}s", "", "<UsagePoint/>")
        related = f'<link rel="related" href="{kind}"/>'
        yield _entry(number, reading, f"{point}/MeterReading", related, "<MeterReading/>")
        start = int(v.at.timestamp()) // 900 * 900
        block = "".join(
            f"<IntervalReading><timePeriod><duration>900</duration><start>{start + 900 * i}</start></timePeriod>"
            f"<value>{250 + i}</value></IntervalReading>"
            for i in range(intervals)
        )
        span = f"<interval><duration>{900 * intervals}</duration><start>{start}</start></interval>"
        inside = f"<IntervalBlock>{span}{block}</IntervalBlock>"
        yield _entry(number, f"{reading}/IntervalBlock/1", f"{reading}/IntervalBlock", "", inside)
        fields = "<accumulationBehaviour>4</accumulationBehaviour><flowDirection>1</flowDirection>"
        fields += "<powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom>"
        yield _entry(
            number, kind, "/espi/1_1/resource/ReadingType", "", f"<ReadingType>{fields}</ReadingType>"
        )
    yield b"</feed>\n"


def _entry(number: int, me: str, up: str, more: str, content: str) -> bytes:
    return (_ENTRY.format(n=number, me=me, up=up, more=more) + content + "</content></entry>\n").encode()
