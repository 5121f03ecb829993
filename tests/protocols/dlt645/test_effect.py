"""What the send gate is told of every control code, alone and in company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.effect import classify
from protocols.dlt645.frame import Frame, encode
from protocols.session import Effect

READING = {0x11, 0x12, 0x13, 0x01, 0x02}


def frame(control: int, data: bytes = b"\x00\x00\x01\x00") -> bytes:
    return encode(Frame("123456789012", control, data), 4)


@pytest.mark.parametrize("control", range(256))
def test_every_control_code(control):
    effect = classify(frame(control))
    if control in READING:
        assert effect is Effect.READ
    elif control >= 0x80:
        assert effect is Effect.UNKNOWN
    elif control == 0x08:
        assert effect is Effect.TIME_SET
    elif control == 0x16:
        assert effect is Effect.FREEZE
    else:
        assert effect is Effect.CONTROL


@pytest.mark.parametrize("control", [0x14, 0x1C, 0x1A, 0x03, 0x04, 0x0F])
def test_a_changing_frame_hides_behind_no_reading_one(control):
    assert classify(frame(0x11) + frame(control)) is Effect.CONTROL
    assert classify(frame(control) + frame(0x11)) is Effect.CONTROL
    assert classify(frame(0x08) + frame(control)) is Effect.CONTROL


def test_one_switch_does_not_let_another_ones_frame_pass():
    assert classify(frame(0x08) + frame(0x16)) is Effect.CONTROL
    assert classify(frame(0x16) + frame(0x11) + frame(0x08)) is Effect.CONTROL
    assert classify(frame(0x11) + frame(0x16)) is Effect.FREEZE
    assert classify(frame(0x08) + frame(0x08)) is Effect.TIME_SET
    assert classify(frame(0x1C) + frame(0x91)) is Effect.UNKNOWN


@pytest.mark.parametrize("stray", [b"\x00", b"\x16", b"\x68", b"\x68" * 8, b"\x11\x22"])
def test_stray_bytes_are_not_understood(stray):
    assert classify(frame(0x11) + stray) is Effect.UNKNOWN
    assert classify(stray + frame(0x11)) is Effect.UNKNOWN


def test_nothing_and_broken_frames_are_not_understood():
    good = frame(0x11)
    assert classify(b"") is Effect.UNKNOWN
    assert classify(b"\xfe" * 4) is Effect.UNKNOWN
    assert classify(good[:-1]) is Effect.UNKNOWN
    assert classify(good[:-2] + b"\x00\x16") is Effect.UNKNOWN


@given(st.binary(max_size=80))
def test_only_whole_reading_requests_are_reading(data):
    if classify(data) is Effect.READ:
        assert data.lstrip(b"\xfe")[8] in READING
