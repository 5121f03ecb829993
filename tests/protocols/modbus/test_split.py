"""Streams taken apart: requests, replies, what is broken and what is noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modbus.frame import BadFrame, Frame, encode_rtu, encode_tcp
from protocols.modbus.split import split_rtu, split_tcp

REQUEST = Frame(1, 3, bytes.fromhex("006B0003"))
REPLY = Frame(1, 3, bytes.fromhex("06022B00000064"))
WRITE = Frame(1, 6, bytes.fromhex("00010003"))


def rtu(*frames):
    return b"".join(encode_rtu(frame) for frame in frames)


def kinds(found):
    return [(one.direction, one.frame) for one in found]


def test_a_question_and_its_answer():
    found, noise = split_rtu(rtu(REQUEST, REPLY))
    assert kinds(found) == [("down", REQUEST), ("up", REPLY)]
    assert noise == 0


def test_an_echoed_write_is_a_request_and_then_its_reply():
    found, _ = split_rtu(rtu(WRITE, WRITE, WRITE))
    assert [one.direction for one in found] == ["down", "up", "down"]


def test_bits_that_look_like_a_request_are_the_reply_to_one():
    request, reply = Frame(1, 1, bytes.fromhex("00130013")), Frame(1, 1, bytes.fromhex("03CD6B05"))
    found, _ = split_rtu(rtu(request, reply))
    assert [one.direction for one in found] == ["down", "up"]


def test_noise_between_frames_is_counted():
    found, noise = split_rtu(b"\xff\xff" + rtu(REQUEST) + b"\xfe" + rtu(REPLY))
    assert [one.frame for one in found] == [REQUEST, REPLY]
    assert noise == 3


class Weighed(bytes):
    """Bytes that count how many of them were copied."""

    copied = 0

    def __getitem__(self, key):
        piece = super().__getitem__(key)
        if isinstance(key, slice):
            Weighed.copied += len(piece)
        return piece


@pytest.mark.parametrize("split", [split_rtu, split_tcp])
@pytest.mark.parametrize("byte", [0x00, 0x03, 0x16, 0xFF])
def test_a_long_stream_of_nothing_is_looked_at_piece_by_piece(split, byte):
    Weighed.copied = 0
    split(Weighed(bytes([byte]) * 8_000))
    assert Weighed.copied <= 600 * 8_000


def test_the_longest_frames_are_found_far_into_a_stream():
    longest = [Frame(1, 3, b"\xfa" + bytes(250)), Frame(1, 16, bytes.fromhex("0000007BF6") + bytes(246))]
    found, noise = split_rtu(b"\xff" * 2000 + rtu(*longest))
    assert ([one.frame for one in found], noise) == (longest, 2000)
    found, noise = split_tcp(b"\xff" * 2000 + b"".join(map(encode_tcp, longest)))
    assert [one.frame for one in found if isinstance(one.frame, Frame)] == longest


def test_a_wrong_checksum_is_a_broken_frame():
    raw = bytearray(rtu(REPLY))
    raw[4] ^= 1
    found, noise = split_rtu(bytes(raw))
    assert kinds(found) == [("up", BadFrame("checksum", bytes(raw)))]
    assert noise == 0


def test_a_good_frame_behind_a_broken_one_is_found():
    raw = bytearray(rtu(REQUEST))
    raw[3] ^= 1
    found, _ = split_rtu(bytes(raw) + rtu(REPLY))
    assert [type(one.frame) for one in found] == [BadFrame, Frame]


def test_a_frame_cut_short():
    found, _ = split_rtu(rtu(REPLY)[:-4])
    assert found[0].frame == BadFrame("length", rtu(REPLY)[:-4])


def test_tcp_frames_and_a_wrong_header():
    good = encode_tcp(Frame(1, 3, REPLY.body, 7))
    found, noise = split_tcp(good + good)
    assert [one.frame.transaction for one in found] == [7, 7]
    assert noise == 0
    bad = bytearray(good)
    bad[3] = 1
    assert split_tcp(bytes(bad))[0][0].frame.kind == "header"
    assert split_tcp(good[:-1])[0][0].frame.kind == "length"


FRAMES = st.sampled_from([REQUEST, REPLY, WRITE, Frame(9, 0x84, b"\x02")])


@given(st.lists(FRAMES, max_size=6), st.binary(max_size=3))
def test_every_frame_of_a_stream_is_found(frames, noise):
    found, _ = split_rtu(noise + rtu(*frames))
    assert [one.frame for one in found if isinstance(one.frame, Frame)][
        -len(frames) :
    ] == frames or not frames
    found, left = split_tcp(b"".join(encode_tcp(frame) for frame in frames))
    assert [one.frame for one in found] == frames
    assert left == 0


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_apart_without_loss(stream):
    for split in (split_rtu, split_tcp):
        found, noise = split(stream)
        assert sum(len(one.raw) for one in found) + noise == len(stream)
