"""The send gate's judgement: only whole requests of functions 1 to 4 read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import SendRefused
from drivers.gate import build_gate
from protocols.modbus.effect import classify_rtu, classify_tcp
from protocols.modbus.frame import Frame, encode_rtu, encode_tcp
from protocols.modbus.pdu import FUNCTIONS, READING
from protocols.session import Effect

BOTH = ((encode_rtu, classify_rtu), (encode_tcp, classify_tcp))
TEN = bytes.fromhex("0000000A")


@pytest.mark.parametrize("function", sorted(READING))
def test_reading_passes(function):
    for encode, classify in BOTH:
        assert classify(encode(Frame(1, function, TEN))) is Effect.READ


@pytest.mark.parametrize("function", sorted(set(FUNCTIONS) - READING))
def test_every_other_function_is_control(function):
    for encode, classify in BOTH:
        assert classify(encode(Frame(1, function, TEN))) is Effect.CONTROL


@pytest.mark.parametrize(
    "body",
    ["0000", "0000000A00", "00000000", "0000007E", "FFFF0002"],
    ids=["short", "long", "none", "126", "end"],
)
def test_a_request_that_no_device_may_get(body):
    for encode, classify in BOTH:
        assert classify(encode(Frame(1, 3, bytes.fromhex(body)))) is Effect.UNKNOWN


def test_a_broadcast_reads_nothing():
    assert classify_rtu(encode_rtu(Frame(0, 3, TEN))) is Effect.UNKNOWN
    assert classify_tcp(encode_tcp(Frame(0, 3, TEN))) is Effect.READ


def test_two_requests_in_one_send_are_refused():
    for encode, classify in BOTH:
        write = Frame(1, 6, TEN)
        assert classify(encode(Frame(1, 3, TEN)) + encode(write)) is Effect.UNKNOWN


@given(st.binary(max_size=300))
def test_nothing_but_a_read_request_ever_passes(data):
    for classify, decode_from in ((classify_rtu, 1), (classify_tcp, 7)):
        gate = build_gate([classify])
        try:
            gate.check(data)
        except SendRefused:
            continue
        assert data[decode_from] in READING


@given(st.integers(5, 255), st.binary(max_size=20), st.integers(1, 247))
def test_a_gate_for_both_framings_passes_no_other_function(function, body, unit):
    gate = build_gate([classify_rtu, classify_tcp])
    for encode in (encode_rtu, encode_tcp):
        with pytest.raises(SendRefused):
            gate.check(encode(Frame(unit, function, body)))
