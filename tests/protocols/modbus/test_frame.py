"""Frames against the examples of the specifications, and both ways of reading them against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import FrameError
from protocols.modbus.frame import (
    Frame,
    crc16,
    decode_rtu,
    decode_tcp,
    encode_rtu,
    encode_tcp,
    rtu_by_layout,
    tcp_by_layout,
)

FRAMES = st.builds(
    Frame,
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(max_size=252),
    st.integers(0, 65535),
)


def outcome(read, raw):
    try:
        return read(raw)
    except FrameError:
        return None


def test_the_crc_of_the_serial_line_specification():
    # Serial line V1.02, appendix B: unit 02, function 07 ends with 41 12.
    assert crc16(bytes.fromhex("0207")).to_bytes(2, "little") == bytes.fromhex("4112")


def test_a_request_as_devices_manuals_print_it():
    # SDM630 protocol manual: read the voltage of phase 1 from unit 1.
    assert encode_rtu(Frame(1, 4, bytes.fromhex("00000002"))) == bytes.fromhex("01040000000271CB")


def test_a_request_on_tcp():
    frame = Frame(17, 3, bytes.fromhex("006B0003"), transaction=1)
    assert encode_tcp(frame) == bytes.fromhex("0001 0000 0006 11 03 006B 0003")


@given(FRAMES)
def test_what_is_encoded_is_decoded(frame):
    assert decode_tcp(encode_tcp(frame)) == frame
    assert decode_rtu(encode_rtu(frame)) == Frame(frame.unit, frame.function, frame.body)


@given(FRAMES, st.integers(0, 300), st.integers(1, 255))
def test_layout_and_hand_read_the_same_of_every_corruption(frame, place, turn):
    for encode, decode, by_layout in (
        (encode_rtu, decode_rtu, rtu_by_layout),
        (encode_tcp, decode_tcp, tcp_by_layout),
    ):
        raw = bytearray(encode(frame))
        assert outcome(by_layout, bytes(raw)) == outcome(decode, bytes(raw))
        raw[place % len(raw)] ^= turn
        assert outcome(by_layout, bytes(raw)) == outcome(decode, bytes(raw))
        assert outcome(by_layout, bytes(raw[:place])) == outcome(decode, bytes(raw[:place]))


@given(FRAMES, st.integers(0, 300), st.integers(1, 255))
def test_a_damaged_serial_frame_never_passes(frame, place, turn):
    raw = bytearray(encode_rtu(frame))
    raw[place % len(raw)] ^= turn
    with pytest.raises(FrameError):
        decode_rtu(bytes(raw))


@pytest.mark.parametrize("frame", [Frame(256, 3, b""), Frame(1, 3, bytes(253))])
def test_what_fits_no_frame_is_refused(frame):
    for encode in (encode_rtu, encode_tcp):
        with pytest.raises(FrameError):
            encode(frame)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("010400000002 71CC", "checksum"),
        ("0104", "length"),
    ],
)
def test_a_broken_serial_frame_says_why(raw, kind):
    with pytest.raises(FrameError) as error:
        decode_rtu(bytes.fromhex(raw))
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ("0001 0001 0006 11 03 006B 0003", "header"),
        ("0001 0000 0005 11 03 006B 0003", "length"),
        ("0001 0000", "length"),
    ],
)
def test_a_broken_frame_of_tcp_says_why(raw, kind):
    with pytest.raises(FrameError) as error:
        decode_tcp(bytes.fromhex(raw))
    assert error.value.kind == kind
