"""Sizes of requests and replies against the examples of the application protocol (V1.1b3, clause 6)."""

import pytest

from protocols.modbus.pdu import NO_SHAPE, answer_bytes, read_request, reply_size, request_size

# function, body of the request, body of the response
EXAMPLES = [
    (1, "00130013", "03CD6B05"),
    (2, "00C40016", "03ACDB35"),
    (3, "006B0003", "06022B00000064"),
    (4, "00080001", "02000A"),
    (5, "00ACFF00", "00ACFF00"),
    (6, "00010003", "00010003"),
    (15, "0013000A02CD01", "0013000A"),
    (16, "000100020400 0A0102", "00010002"),
    (22, "000400F20025", "000400F20025"),
    (23, "00030006000E00030600FF00FF00FF", "0C00FE0ACD00010003000D00FF"),
]


@pytest.mark.parametrize(("function", "request_", "response"), EXAMPLES)
def test_the_sizes_of_the_specifications_examples(function, request_, response):
    asked, told = bytes.fromhex(request_), bytes.fromhex(response)
    assert request_size(function, asked) == len(asked)
    assert reply_size(function, told) == len(told)


def test_a_refusal_has_one_byte():
    assert reply_size(0x81, b"\x02") == 1


def test_a_size_that_cannot_be_told_yet():
    assert reply_size(3, b"") is None
    assert request_size(16, b"\x00\x01") is None


def test_what_is_no_shape():
    assert request_size(99, b"") == reply_size(99, b"") == reply_size(0x80 | 99, b"") == NO_SHAPE
    assert reply_size(3, b"\x03") == NO_SHAPE  # half a register


def test_bits_come_eight_to_a_byte_and_registers_in_two():
    assert answer_bytes(1, 19) == 3
    assert answer_bytes(3, 19) == 38
    assert read_request(0x6B, 3) == bytes.fromhex("006B0003")
