"""Which layout a file has, by its first bytes."""

import re

__all__ = ["HEAD", "layout"]

HEAD = 4096
"""How many bytes `layout` looks at."""
_DBF_VERSIONS = frozenset({0x02, 0x03, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8E, 0xCB, 0xF5})
_XML = re.compile(rb"\s*<(?:\?xml|!--|!DOCTYPE|[A-Za-z_])")
_ESPI = re.compile(rb"<(?:\w+:)?(?:feed|entry|UsagePoint|IntervalBlock)\b|naesb\.org/espi")
_NEM = re.compile(rb"\s*\"?100\"?,\"?(NEM1[23])\"?", re.IGNORECASE)
_READOUT = re.compile(
    rb"(?:[\x02\x06\x01]|/[A-Za-z0-9]{3}[0-9A-Za-z]|(?:\d+-\d+:)?[0-9CFLP]+\.[0-9FPGC]+(?:\.\d+)?(?:[*&]\d+)?\([^)\r\n]*\))"
)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


def layout(head: bytes) -> str:
    """A name of `spec.FORMATS`; "text" for lines that only a profile can tell apart; "" for anything else."""
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    if _dbf(head):
        return "dbf"
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    plain = head.decode("utf-16", "ignore").encode() if wide else head.removeprefix(b"\xef\xbb\xbf")
    if _XML.match(plain):
        return "espi" if _ESPI.search(plain) else "cim"
    if match := _NEM.match(plain):
        return match[1].decode().lower()
    if _READOUT.match(plain):
        return "iec62056-21"
    if plain.lstrip()[:1] == b"{":
        return "jsonl"
    binary = b"\0" in plain or len(_BINARY.findall(plain)) * 20 > len(plain)
    return "" if binary or not plain.strip(b"\x1a\r\n\t ") else "text"


def _dbf(head: bytes) -> bool:
    if len(head) < 33 or head[0] not in _DBF_VERSIONS:
        return False
    month, day = head[2], head[3]
    begins, length = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    dated = month <= 12 and day <= 31
    return dated and begins >= 65 and length >= 2 and head[12:14] == b"\0\0"
