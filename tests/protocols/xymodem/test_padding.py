"""Where a padded file ends (protocols.xymodem.padding)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.xymodem.padding import Unpadded


def through(raw: bytes, size: int = 128) -> bytes:
    padded = raw + b"\x1a" * (-len(raw) % size)
    unpadded = Unpadded()
    parts = [unpadded.feed(padded[at : at + size]) for at in range(0, len(padded), size)]
    return b"".join(parts) + unpadded.end()


def dbf(records: int, *, end: bytes = b"\x1a") -> bytes:
    head = struct.pack("<BBBBIHH20x", 3, 124, 5, 1, records, 65, 11)
    field = b"ASSETNO".ljust(11, b"\0") + b"C" + bytes(4) + bytes((10, 0)) + bytes(14)
    return head + field + b"\x0d" + b" 123456789\x1a" * records + end


@given(st.text(st.characters(codec="ascii", exclude_characters="\x1a"), max_size=600))
def test_text_loses_its_padding_and_nothing_else(text):
    assert through(text.encode()) == text.encode()


@pytest.mark.parametrize("records", [0, 1, 5, 6, 7, 50])
@pytest.mark.parametrize("end", [b"\x1a", b""])
def test_a_dbf_has_its_length_in_its_header(records, end):
    raw = dbf(records, end=end)
    got = through(raw)
    # Whether the one 1AH behind a DBF without its own is padding cannot be seen, and does not matter.
    assert got in (raw, raw + b"\x1a")


def test_an_archive_is_left_as_it_came():
    raw = b"PK\x03\x04" + bytes(50) + b"\x1a\x1a"
    assert through(raw).startswith(raw)


def test_nothing_at_all():
    assert Unpadded().end() == b""


@pytest.mark.parametrize("raw", [b"00\x0c", b"0\x01\x05\x06abc", b"C1\x0c\x1f" + b"\x21\x20" * 20])
def test_a_text_that_begins_like_a_table_is_a_text(raw):
    """Its first bytes may name a version and a date; the length of the header then tells."""
    assert through(raw) == raw
