"""Bytes to lines and text: the encoding by rule, never by guessing, and where each line begins."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from protocols.dumps.errors import DumpError

__all__ = ["CHUNK", "MAX_LINE", "Encoding", "clean", "detect", "lines"]

CHUNK = 65_536
MAX_LINE = 1 << 20
"""Longest line in bytes; a longer one is no row of any dump."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAD = b"\x1a"
_CONTROL = dict.fromkeys((*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029), " ")


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec's name and how many bytes its mark takes; `strict` unless some bytes do not fit it."""

    name: str
    bom: int = 0
    strict: bool = True


def detect(reader: BinaryIO, wanted: str = "auto") -> Encoding:
    """The encoding of a whole file: its mark, else strict UTF-8, else GB18030; or what the profile wants.

    Where neither fits every byte, the first line decides, and rows that do not fit go into quarantine.
    """
    reader.seek(0)
    head = reader.read(4)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark), _fits(reader, name, len(mark)))
    if wanted != "auto":
        return Encoding(wanted, 0, _fits(reader, wanted, 0))
    for name in ("utf-8", "gb18030"):
        if _fits(reader, name, 0):
            return Encoding(name)
    reader.seek(0)
    first = reader.readline(MAX_LINE)
    try:
        first.decode("utf-8")
    except UnicodeDecodeError:
        return Encoding("gb18030", strict=False)
    return Encoding("gb18030" if first.isascii() else "utf-8", strict=False)


def _fits(reader: BinaryIO, name: str, skip: int) -> bool:
    reader.seek(skip)
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        while chunk := reader.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def lines(reader: BinaryIO, encoding: Encoding) -> Iterator[tuple[int, int, bytes]]:
    """Each line with its number from 1 and its byte offset, without its end.

    Ends are LF or CRLF in any mix; what XMODEM pads the last block with (1AH) is cut off. A line longer
    than MAX_LINE raises DumpError.
    """
    wide = encoding.name.startswith("utf-16")
    end = "\n".encode(encoding.name) if wide else b"\n"
    back = "\r".encode(encoding.name) if wide else b"\r"
    reader.seek(encoding.bom)
    found = _split(reader, encoding.bom, end, 2 if wide else 1)
    for number, (offset, raw) in enumerate(found, 1):
        yield number, offset, raw.removesuffix(back)


def _split(reader: BinaryIO, start: int, end: bytes, width: int) -> Iterator[tuple[int, bytes]]:
    pending = b""
    offset = start
    while chunk := reader.read(CHUNK):
        pending += chunk
        begin = 0
        while (at := _find(pending, end, begin, width)) >= 0:
            yield offset + begin, pending[begin:at]
            begin = at + width
        pending = pending[begin:]
        offset += begin
        if len(pending) > MAX_LINE:
            raise DumpError("line_too_long", str(len(pending)), offset)
    if rest := pending.rstrip(_PAD if width == 1 else b""):
        yield offset, rest


def _find(pending: bytes, end: bytes, begin: int, width: int) -> int:
    at = pending.find(end, begin)
    while width > 1 and at >= 0 and (at - begin) % width:
        at = pending.find(end, at + 1)
    return at


def clean(text: str, longest: int = 200) -> str:
    """A text for people and logs: one line, no control characters, cut to a sensible length."""
    if not text.isprintable():
        text = text.translate(_CONTROL)
        text = "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
