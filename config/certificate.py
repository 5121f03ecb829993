"""Until when certificates in a PEM file hold: read out of their DER (X.509, RFC 5280 section 4.1)."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["expiries", "not_after"]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_MAX_FILE = 4 * 1024 * 1024
_SEQUENCE, _VERSION = 0x30, 0xA0
_FORMS = {0x17: re.compile(rb"(\d\d)(\d{10})Z"), 0x18: re.compile(rb"(\d{4})(\d{10})Z")}
# RFC 5280: a year of two digits from 50 on is of the last century.
_CENTURY = 50


def expiries(path: Path) -> list[datetime]:
    """When each certificate of a PEM file ends, in the file's order.

    Raises OSError for a file that cannot be read, ValueError for one without any certificate or with a broken one.
    """
    with path.open("rb") as file:
        raw = file.read(_MAX_FILE)
    found = [not_after(ssl.PEM_cert_to_DER_cert(match[0].decode("ascii"))) for match in _PEM.finditer(raw)]
    if not found:
        raise ValueError(f"{path}: no certificate in it")
    return found


def not_after(der: bytes) -> datetime:
    """The end of a certificate's validity; raises ValueError for bytes that are no certificate."""
    certificate = _inside(der, _SEQUENCE)
    fields = [(tag, value) for tag, value in _values(_inside(certificate, _SEQUENCE)) if tag != _VERSION]
    # Without the version: serial number, signature algorithm, issuer, validity.
    if len(fields) < 4 or fields[3][0] != _SEQUENCE:
        raise ValueError("no validity in this certificate")
    times = list(_values(fields[3][1]))
    if len(times) != 2:
        raise ValueError("a validity has a beginning and an end")
    return _time(*times[1])


def _time(tag: int, text: bytes) -> datetime:
    match = _FORMS[tag].fullmatch(text) if tag in _FORMS else None
    if match is None:
        raise ValueError("the validity's end is no time")
    year = int(match[1])
    if tag == 0x17:
        year += 1900 if year >= _CENTURY else 2000
    return datetime.strptime(f"{year:04}{match[2].decode()}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _inside(data: bytes, tag: int) -> bytes:
    """The content of the first value, which must have this tag."""
    for found, value in _values(data):
        if found == tag:
            return value
        break
    raise ValueError("not a certificate")


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each value in DER; raises ValueError where one is cut."""
    at = 0
    while at < len(data):
        head = data[at : at + 2]
        if len(head) < 2 or head[1] == 0x80:
            raise ValueError("cut short")
        tag, length = head
        at += 2
        if length > 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size])
            at += size
        if at + length > len(data):
            raise ValueError("cut short")
        yield tag, data[at : at + length]
        at += length
