"""Dumps as lines of text: delimited, fixed width, JSON, NEM12 and NEM13, read-outs of IEC 62056-21."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from simulators.dumps.values import Value

__all__ = ["Style", "delimited", "fixed", "iec62056", "jsonl", "nem12", "nem13"]

HEAD = (
    "册号,序号,户号,户名,资产编号,示数类型,倍率,上次示数,本次示数,抄表时间,抄表员,抄表方式,异常代码,经度,纬度"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a vendor writes: encoding with or without mark, line ends, delimiter, quotes, comma, trailer, minutes."""

    encoding: str = "gb18030"
    mark: bool = False
    end: str = "\r\n"
    delimiter: str = ","
    quoted: bool = False
    comma: bool = False
    wide: bool = False
    trailer: bool = True
    last_end: bool = True
    minutes: int = 30
    order: tuple[int, ...] = ()

    def bytes(self, lines: Iterable[str]) -> Iterator[bytes]:
        """The lines as they lie in the file, in pieces."""
        if self.mark:
            yield "\ufeff".encode(self.encoding)
        pending = ""
        for line in lines:
            if pending:
                yield (pending + self.end).encode(self.encoding)
            pending = line
        yield (pending + (self.end if self.last_end else "")).encode(self.encoding)


def _number(value: Decimal | None, style: Style) -> str:
    if value is None:
        return ""
    text = f"{value:.2f}"
    if style.comma:
        text = text.replace(".", ",")
    return text.translate(_WIDE) if style.wide else text


_WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789."}


def delimited(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """A header in Chinese, a row a register, a trailer with count and sum."""
    return style.bytes(_delimited(values, style))


def _delimited(values: Iterable[Value], style: Style) -> Iterator[str]:
    head = HEAD.split(",")
    order = style.order or tuple(range(len(head)))
    yield style.delimiter.join(head[place] for place in order)
    count, total = 0, Decimal(0)
    for v in values:
        when = f"{v.at:%Y-%m-%d %H:%M:%S}" if v.this is not None else ""
        cells = [v.route, str(v.seq), v.cons, v.name, v.asset, v.kind, str(v.multiplier), _number(v.last, style),
                 _number(v.this, style), when, v.reader, v.mode, v.code, str(v.lon), str(v.lat)]  # fmt: skip
        if style.quoted:
            cells = ['"' + cell.replace('"', '""') + '"' for cell in cells]
        yield style.delimiter.join(cells[place] for place in order)
        count, total = count + 1, total + (v.this or 0)
    if style.trailer:
        figure = f'"{_number(total, style)}"' if style.comma else _number(total, style)
        yield style.delimiter.join(("T", str(count), figure))


def _field(text: str, length: int, encoding: str) -> bytes:
    return text.encode(encoding)[:length].ljust(length)


def fixed(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """Records of 160 bytes with header and trailer."""
    end, encoding = style.end.encode(), style.encoding
    yield (b"H" + b"M000000001" + b"20240501180000" + b"B1").ljust(160) + end
    count, total = 0, Decimal(0)
    for v in values:
        record = (
            b"D"
            + _field(v.route, 10, encoding)
            + f"{v.seq:05}{v.cons:>13}{v.asset:>22}{v.kind_code}".encode()
        )
        record += f"{int(v.multiplier * 100):08}{int(v.last * 100):010}".encode()
        read = v.this is not None
        record += (f"{int((v.this or 0) * 100):010}{v.at:%Y%m%d%H%M%S}" if read else " " * 24).encode()
        record += _field(v.reader, 8, encoding) + v.mode.encode() + v.code.encode()
        record += f"{v.lon:+011.6f}".encode() + f"{v.lat:+011.6f}".encode() + _field(v.remark, 32, encoding)
        yield record + end
        count, total = count + 1, total + (v.this or 0)
    if style.trailer:
        yield f"T{count:010}{int(total * 100):016}".encode().ljust(160) + end


def jsonl(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """An object a line with canonical names."""
    return style.bytes(
        json.dumps(
            {
                "route": v.route,
                "seq": v.seq,
                "cons_no": v.cons,
                "cons_name": v.name,
                "asset_no": v.asset,
                "read_type": v.point,
                "multiplier": int(v.multiplier),
                "last_read": float(v.last),
                "this_read": None if v.this is None else float(v.this),
                "read_time": None if v.this is None else int(v.at.timestamp() * 1000),
                "status": "0" if v.this is None else "1",
                "reader_id": v.reader,
                "mode": "keyed",
                "ex_code": v.code,
                "lon": float(v.lon),
                "lat": float(v.lat),
            },
            ensure_ascii=False,
        )
        for v in values
    )


def nem12(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """A day of intervals for each value that was read: as many intervals as the style's minutes give."""
    return style.bytes(_nem12(values, style))


def _nem12(values: Iterable[Value], style: Style) -> Iterator[str]:
    yield "100,NEM12,202405020000,MDP1,RET1"
    count = 1440 // style.minutes
    for v in values:
        if v.tariff:
            continue  # intervals have no tariffs
        serial = v.asset.lstrip("0")
        yield f"200,NMI{v.cons[-7:]},E1B1,1,E1,N1,{serial},kWh,{style.minutes},"
        step = ((v.this or v.last) - v.last) / count
        figures = [f"{step + Decimal(i % 7) / 1000:.3f}" for i in range(count)]
        if v.this is None:
            yield ",".join(("300", f"{v.at:%Y%m%d}", *figures, "V", "", "", "20240502000000", ""))
            half = count // 2
            yield f"400,1,{half},A,,"
            yield f"400,{half + 1},{count},S14,{v.code},"
        else:
            yield ",".join(("300", f"{v.at:%Y%m%d}", *figures, "A", "", "", "20240502000000", ""))
    if style.trailer:
        yield "900"


def nem13(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """Current and previous register of each value."""
    return style.bytes(_nem13(values, style))


def _nem13(values: Iterable[Value], style: Style) -> Iterator[str]:
    yield "100,NEM13,202405020000,MDP1,RET1"
    for v in values:
        before = v.at - timedelta(days=30)
        reading, quality = (f"{v.this:.2f}", "A") if v.this is not None else ("", "N")
        head = (
            "250",
            f"NMI{v.cons[-7:]}",
            "1141",
            str(v.tariff),
            f"1{v.tariff + 1}",
            "D1",
            v.asset.lstrip("0"),
            "E",
        )
        previous = (f"{v.last:.2f}", f"{before:%Y%m%d%H%M%S}", "A", "", "")
        current = (reading, f"{v.at:%Y%m%d%H%M%S}", quality, "", "")
        moved = f"{(v.this or v.last) - v.last:.2f}"
        yield ",".join((*head, *previous, *current, moved, "kWh", "20240601", f"{v.at:%Y%m%d%H%M%S}", ""))
    if style.trailer:
        yield "900"


def iec62056(values: Iterable[Value], style: Style) -> Iterator[bytes]:
    """A read-out for each meter, with STX, ETX and block check."""
    for asset, group in groupby(values, key=lambda v: v.asset):
        registers = list(group)
        yield f"/KFM5SIM{style.minutes}\r\n\r\n".encode()
        body = ("\r\n".join(_data_sets(asset, registers, registers[0].at)) + "\r\n!\r\n\x03").encode()
        check = 0
        for byte in body:
            check ^= byte
        yield b"\x02" + body + bytes([check])
        yield b"\r\n"


def _data_sets(asset: str, registers: Sequence[Value], at: datetime) -> Iterator[str]:
    yield "F.F(00000000)"
    yield f"0.0.0({asset.lstrip('0')})"
    yield f"0.9.1({at:%H%M%S})"
    yield f"0.9.2({at:%y%m%d})"
    for v in registers:
        if v.this is not None:
            yield f"{v.quantity}.8.{v.tariff}({v.this:09.2f}*kWh)"
            yield f"{v.quantity}.8.{v.tariff}*04({v.last:09.2f}*kWh)"
    yield "1.6.0(0012.345*kW)(2404301830)"
    yield "C.7.0(0003)"
