"""A frame as the object that `meterd decode --json` prints (protocols.dlt645.explain)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.explain import explain
from protocols.dlt645.frame import BadFrame, Frame, Splitter, encode

KEYS = [
    "protocol", "ok", "direction", "address", "control", "function", "follow", "error", "data", "points", "raw",
]  # fmt: skip
ADDRESS = "123456789012"


def tell(control, data, standard=None):
    frame = Frame(ADDRESS, control, bytes.fromhex(data))
    return explain(frame, encode(frame), standard)


def test_a_reply():
    found = tell(0x91, "0000010056341200")
    assert list(found) == KEYS
    assert (found["direction"], found["control"], found["function"], found["follow"]) == (
        "up",
        "91",
        "read data",
        False,
    )
    assert found["data"] == {"di": "00010000"}
    (point,) = found["points"]
    assert (point["id"], point["obis"], point["value"], point["unit"], point["at"]) == (
        "00010000",
        "1-0:1.8.0",
        "1234.56",
        "kWh",
        None,
    )


def test_a_request_lists_what_it_asks_for():
    found = tell(0x11, "00000100")
    assert found["direction"] == "down"
    assert [(p["id"], p["value"]) for p in found["points"]] == [("00010000", None)]


def test_more_follows():
    assert tell(0xB1, "00FF010056341200")["follow"] is True


def test_a_refusal():
    found = tell(0xD1, "02")
    assert found["ok"] is True
    assert found["error"] == {"kind": "meter", "bits": ["no requested data"]}
    assert found["points"] == []


def test_a_value_of_no_digits():
    (point,) = tell(0x91, "000001005634120B")["points"]
    assert (point["value"], point["error"]) == (None, "bcd")


def test_a_declared_nothing():
    (point,) = tell(0x91, "00010102" + "FFFF")["points"]
    assert (point["obis"], point["value"]) == ("1-0:32.7.0", None)
    assert "error" not in point


def test_the_bits_of_a_word_are_named():
    (point,) = tell(0x91, "030500045000")["points"]
    assert (point["value"], point["bits"]) == ("0x0050", ["relay open", "relay commanded open"])
    assert point["bits_zh"][0] == "继电器断开"
    (point,) = tell(0x81, "20C000")["points"]
    assert (point["value"], point["bits"]) == ("0x00", [])
    assert "bits" not in tell(0x11, "03050004")["points"][0]
    assert "bits" not in tell(0x91, "0000010056341200")["points"][0]


def test_a_refusal_of_security_has_two_bytes():
    found = tell(0xC3, "0800")
    assert (found["protocol"], found["function"]) == ("dlt645-2007", "security authentication")
    assert found["error"] == {"kind": "meter", "bits": ["authentication failed"]}
    assert found["data"] == {"error_raw": "3B33"}
    assert tell(0xC3, "02")["error"]["bits"] == ["wrong data identifier"]


def test_a_generation_can_be_forced():
    assert tell(0x08, "595923010526")["protocol"] == "dlt645-2007"
    assert tell(0x08, "595923010526", "1997")["protocol"] == "dlt645-1997"


def test_a_broken_frame_shows_its_head_and_no_value():
    raw = bytearray(encode(Frame(ADDRESS, 0x91, bytes.fromhex("0000010056341200"))))
    raw[-2] ^= 1
    (bad,) = Splitter().feed(bytes(raw))
    assert isinstance(bad, BadFrame)
    found = explain(bad, bytes(raw))
    assert list(found) == KEYS
    assert (found["ok"], found["error"], found["points"]) == (False, {"kind": "checksum"}, [])
    assert (found["address"], found["control"]) == (ADDRESS, "91")


@pytest.mark.parametrize("standard", [None, "1997", "2007"])
@given(control=st.integers(0, 255), data=st.binary(max_size=80))
def test_any_frame_becomes_json(standard, control, data):
    frame = Frame(ADDRESS, control, data)
    assert json.loads(json.dumps(explain(frame, encode(frame), standard)))["ok"] is True
