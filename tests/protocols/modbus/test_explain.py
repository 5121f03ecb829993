"""What `meterd decode` says of a frame."""

import pytest

from protocols.modbus.explain import explain
from protocols.modbus.frame import Frame, encode_rtu, encode_tcp
from protocols.modbus.split import split_rtu, split_tcp


def told(*frames, tcp=False):
    raw = b"".join((encode_tcp if tcp else encode_rtu)(frame) for frame in frames)
    found, _ = (split_tcp if tcp else split_rtu)(raw)
    return [explain("modbus-tcp" if tcp else "modbus-rtu", one) for one in found]


def test_a_question_and_its_answer():
    asked, answered = told(
        Frame(17, 3, bytes.fromhex("006B0003")), Frame(17, 3, bytes.fromhex("06022B00000064"))
    )
    assert (asked["direction"], asked["unit"], asked["function"]) == ("down", 17, 3)
    assert asked["data"] == {"start": 107, "count": 3}
    assert asked["registers"] == []
    assert answered["direction"] == "up"
    assert answered["registers"] == [555, 0, 100]
    assert answered["ok"]
    assert answered["error"] is None
    assert answered["address"] == "17"


def test_a_refusal_is_a_good_frame_with_its_reason():
    (refused,) = told(Frame(1, 0x83, b"\x02"))
    assert refused["ok"]
    assert refused["function"] == 3
    assert refused["error"] == {"kind": "meter", "code": 2, "bits": ["illegal data address"]}


@pytest.mark.parametrize(
    ("function", "body", "registers"),
    [
        (6, "00010003", [3]),
        (16, "000100020400 0A0102", [10, 258]),
        (15, "0013000A02CD01", [1, 0, 1, 1, 0, 0, 1, 1, 1, 0]),
        (23, "00030006000E00030600FF00FF00FF", [255, 255, 255]),
        (8, "0000A537", []),
    ],
)
def test_writes_show_what_they_write(function, body, registers):
    (one,) = told(Frame(1, function, bytes.fromhex(body)))
    assert one["registers"] == registers
    assert one["direction"] == "down"


def test_bits_are_listed():
    _, reply = told(Frame(1, 1, bytes.fromhex("00130013")), Frame(1, 1, bytes.fromhex("03CD6B05")))
    assert reply["registers"][:8] == [1, 0, 1, 1, 0, 0, 1, 1]


def test_tcp_tells_the_transaction():
    (one,) = told(Frame(1, 3, bytes.fromhex("006B0003"), 9), tcp=True)
    assert one["data"] == {"transaction": 9, "start": 107, "count": 3}


def test_a_broken_frame_says_what_is_wrong():
    raw = encode_rtu(Frame(1, 3, bytes.fromhex("006B0003")))
    found, _ = split_rtu(raw[:-1] + b"\x00")
    one = explain("modbus-rtu", found[0])
    assert not one["ok"]
    assert one["error"] == {"kind": "checksum"}
