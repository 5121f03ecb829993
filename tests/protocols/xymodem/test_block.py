"""Blocks of XMODEM and YMODEM (protocols.xymodem.block)."""

import pytest

from protocols.xymodem.block import Head, block, head_of, opened


def test_a_block_as_the_reference_lays_it_out():
    raw = block(1, b"123456789")
    assert raw[:3] == b"\x01\x01\xfe"
    assert raw[3:131] == b"123456789".ljust(128, b"\x1a")
    assert len(raw) == 133
    # The known check of CRC-16/XMODEM.
    assert block(0, b"123456789".ljust(128, b"\0"))[-2:] != b"\0\0"


def test_the_crc_is_the_one_of_the_standard_example():
    import binascii

    assert binascii.crc_hqx(b"123456789", 0) == 0x31C3


def test_a_sum_in_place_of_the_crc():
    raw = block(2, b"\x01\x02", crc=False)
    assert len(raw) == 132
    assert raw[-1] == (3 + 126 * 0x1A) & 0xFF


def test_long_blocks():
    raw = block(255, bytes(1000))
    assert raw[:3] == b"\x02\xff\x00"
    assert len(raw) == 1029
    assert opened(raw, crc=True) == (255, bytes(1000).ljust(1024, b"\x1a"))
    with pytest.raises(ValueError, match="fit"):
        block(1, bytes(1025))


@pytest.mark.parametrize("crc", [True, False])
def test_any_broken_byte_is_seen(crc):
    raw = block(7, b"abc", crc=crc)
    assert opened(raw, crc=crc) == (7, b"abc".ljust(128, b"\x1a"))
    for place in range(1, len(raw)):
        broken = bytearray(raw)
        broken[place] ^= 0x10
        assert opened(bytes(broken), crc=crc) is None, place


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (b"route17.txt\x001234 14567 100644\x00", Head("route17.txt", 1234)),
        (b"a.txt\x00", Head("a.txt", None)),
        (b"a.txt\x00x12", Head("a.txt", None)),
        (b"../../etc/passwd\x005", Head("../../etc/passwd", 5)),
        ("抄表.txt".encode("gb18030") + b"\x007", Head("抄表.txt", 7)),
        (b"a\x00" + b"9" * 100, Head("a", None)),
        (bytes(128), None),
    ],
)
def test_what_block_zero_says(body, head):
    assert head_of(body.ljust(128, b"\0")) == head
