"""Read-outs of IEC 62056-21 as text: data sets by their OBIS code, with the block check where the file has kept it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import reduce
from operator import xor
from typing import BinaryIO

from protocols.dumps.cells import CellError, Times, identity, narrow, number
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Mode, Notes, Row, Status
from protocols.dumps.spec import Spec
from protocols.dumps.text import CHUNK, clean
from protocols.points import find

__all__ = ["blocks", "rows"]

_STX, _ETX = b"\x02", b"\x03"
_MOST = 1 << 20
_SHOWN = 80
_SET = re.compile(r"([^()\s]*)((?:\([^()]*\))+)")
_GROUP = re.compile(r"\(([^()]*)\)")
_CODE = re.compile(
    r"(?:(\d{1,3})-(\d{1,3}):)?([0-9A-Z]{1,3})\.([0-9A-Z]{1,3})(?:\.([0-9A-Z]{1,3}))?(?:[*&](\d{1,3}))?"
)
_NUMBERS = ("0.0.0", "C.1.0", "96.1.0", "0.0.9", "C.1.1", "0.0")
_DATES, _TIMES, _STAMPS = ("0.9.2",), ("0.9.1",), ("0.9.5", "1.0.0")
_POWERS = {"wh": ("wh", 0), "kwh": ("wh", 3), "mwh": ("wh", 6), "varh": ("varh", 0), "kvarh": ("varh", 3),
           "mvarh": ("varh", 6), "vah": ("vah", 0), "kvah": ("vah", 3), "w": ("w", 0), "kw": ("w", 3), "mw": ("w", 6),
           "var": ("var", 0), "kvar": ("var", 3), "va": ("va", 0), "kva": ("va", 3)}  # fmt: skip
_KINDS = frozenset({"register", "demand", "instantaneous"})


@dataclass(frozen=True, slots=True)
class Block:
    """One read-out: its bytes between STX and `!`, where they begin, and its check: right, wrong or not there."""

    offset: int
    line: int
    body: bytes
    checked: bool | None


def blocks(reader: BinaryIO) -> Iterator[Block]:
    """The read-outs of a file. With STX they end at ETX and the check behind it, else at a line with `!`."""
    reader.seek(0)
    framed = _STX in reader.read(CHUNK)
    reader.seek(0)
    return _framed(reader) if framed else _plain(reader)


def _framed(reader: BinaryIO) -> Iterator[Block]:
    pending, offset, line = b"", 0, 1
    while True:
        begin = pending.find(_STX)
        end = pending.find(_ETX, begin + 1) if begin >= 0 else -1
        if end >= 0 and end + 1 < len(pending):
            body = pending[begin + 1 : end]
            check = reduce(xor, body, _ETX[0])
            first = line + pending.count(b"\n", 0, begin)
            yield Block(offset + begin + 1, first, body, pending[end + 1] == check)
            line += pending.count(b"\n", 0, end + 1)
            pending, offset = pending[end + 2 :], offset + end + 2
            continue
        if len(pending) > _MOST:
            raise DumpError("line_too_long", str(len(pending)), offset)
        chunk = reader.read(CHUNK)
        if not chunk:
            break
        pending += chunk
    if begin >= 0 or pending.strip(b"\x1a\r\n\0 "):
        raise DumpError("truncated", "ETX", offset + max(begin, 0))


def _plain(reader: BinaryIO) -> Iterator[Block]:
    body, begin, offset, first = b"", 0, 0, 1
    for number_, raw in enumerate(reader, 1):
        if len(raw) > _MOST or len(body) > _MOST:
            raise DumpError("line_too_long", str(len(body)), offset)
        offset += len(raw)
        if raw.startswith(b"!"):
            yield Block(begin, first, body, None)
            body, begin, first = b"", offset, number_ + 1
        elif body or raw.strip(b"\r\n\x1a\0 "):
            body += raw
        else:
            begin, first = offset, number_ + 1
    if body.strip(b"\x1a\r\n "):
        yield Block(begin, first, body, None)


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """Registers, demands and instantaneous values of each read-out, at the meter's own time."""
    notes.encoding = "ascii"
    times = Times(("YYMMDDhhmmss", "YYMMDDhhmm", "YY-MM-DD hh:mm:ss", "YY-MM-DD hh:mm", "YYMMDD hhmmss",
                   "YY-MM-DD hhmmss", "YYMMDD hh:mm:ss", "auto"), tz)  # fmt: skip
    for block in blocks(reader):
        notes.records += 1
        if block.checked is False:
            yield Bad(
                block.line, block.offset, "bcc", "", clean(block.body[:_SHOWN].decode("latin-1"), _SHOWN)
            )
            continue
        if block.checked is None:
            notes.remark("no_bcc")
        yield from _Readout(block, times, notes).rows()
    if not notes.records:
        raise DumpError("empty")


@dataclass(frozen=True, slots=True)
class _Set:
    """One data set: code without its medium, the channel, the settlement, its values, where it stands."""

    code: str
    channel: str
    period: str
    values: tuple[str, ...]
    line: int
    offset: int


class _Readout:
    def __init__(self, block: Block, times: Times, notes: Notes) -> None:
        self._block, self._times, self._notes = block, times, notes
        self._sets = list(_sets(block))
        self._first = {found.code: found.values[0] for found in reversed(self._sets) if not found.period}

    def rows(self) -> Iterator[Row | Bad]:
        """Every data set that is a value of a known point."""
        block = self._block
        try:
            asset = self._asset()
            at = self._time()
        except CellError as error:
            yield Bad(
                block.line,
                block.offset,
                error.reason,
                "",
                clean(block.body[:_SHOWN].decode("latin-1"), _SHOWN),
            )
            return
        if (word := self._first.get("F.F", "0")).strip("0"):
            self._notes.remark("error_word", clean(f"{asset} {word}", 40))
        for found in self._sets:
            point = self._point(found)
            if not point:
                continue
            try:
                yield self._row(found, point, asset, at)
            except CellError as error:
                yield Bad(found.line, found.offset, error.reason, found.code, clean(found.values[0], _SHOWN))

    def _asset(self) -> str:
        found = next((self._first[code] for code in _NUMBERS if self._first.get(code, "").strip()), "")
        if not found:
            raise CellError("identity_missing")
        return identity(found)

    def _time(self) -> datetime:
        day = next((self._first[code] for code in _DATES if code in self._first), "")
        clock = next((self._first[code] for code in _TIMES if code in self._first), "")
        text = f"{_seasonless(day, 6)} {_seasonless(clock, 6)}".strip()
        if not clock:
            text = next((self._first[code] for code in _STAMPS if code in self._first), text)
        found = self._times.read(_seasonless(text, 10, 12))
        if found is None:
            raise CellError("time_missing")
        return found[0]

    def _point(self, found: _Set) -> str:
        if found.channel not in ("", "1-0", "1-1"):
            self._notes.remark("rows_not_energy", clean(f"{found.channel}:{found.code}", 20))
            return ""
        period = f"*{int(found.period)}" if found.period and int(found.period) != 255 else ""
        point = find(f"1-0:{found.code}{period}")
        return f"1-0:{found.code}{period}" if point is not None and point.kind in _KINDS else ""

    def _row(self, found: _Set, point: str, asset: str, at: datetime) -> Row:
        known = find(point)
        own = known.unit if known else ""
        text, _, unit = found.values[0].partition("*")
        value = number(text.strip(), ".")
        if value is not None:
            value = value.scaleb(_power(narrow(unit), own))
        if known is not None and known.kind == "demand" and len(found.values) > 1:
            stamp = self._times.read(_seasonless(found.values[1], 10, 12))
            at = stamp[0] if stamp else at
        return Row(
            line=found.line,
            offset=found.offset,
            point=point,
            unit=own,
            status=Status.UNREAD if value is None else Status.READ,
            asset_no=asset,
            this_read=value,
            read_time=at,
            mode=Mode.IR,
        )


def _sets(block: Block) -> Iterator[_Set]:
    offset, line = block.offset, block.line
    for raw in block.body.split(b"\n"):
        text = raw.decode("latin-1")
        if text.startswith("/"):
            text = ""
        for match in _SET.finditer(text):
            code = _CODE.fullmatch(match[1])
            if code is None:
                continue
            medium, channel, c, d, e, period = code.groups()
            name = f"{c}.{d}" if e is None else f"{c}.{d}.{e}"
            if e is None and c.isdigit() and d.isdigit():
                name = f"{c}.{d}.0" if (c, d) != ("0", "0") else name
            values = tuple(_GROUP.findall(match[2]))
            where = "" if medium is None else f"{medium}-{channel}"
            yield _Set(name, where, period or "", values, line, offset + match.start())
        offset += len(raw) + 1
        line += 1


def _power(unit: str, own: str) -> int:
    """Power of ten from the written unit to the point's own; no unit is the own one."""
    if not unit or unit.lower() == own.lower():
        return 0
    base, power = _POWERS.get(unit.lower(), ("", 0))
    own_base, own_power = _POWERS.get(own.lower(), (own.lower(), 0))
    if base != own_base:
        raise CellError("unit")
    return power - own_power


def _seasonless(text: str, *lengths: int) -> str:
    """A date or time without the digit for season that may stand before it."""
    return text[1:] if text.isdigit() and len(text) - 1 in lengths else text
