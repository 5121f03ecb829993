"""Frames and the splitter against real frames, and against every corruption of them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.frame import BadFrame, Frame, Splitter, by_layout, decode, encode
from protocols.errors import FrameError
from tests.protocols.dlt645.frames import FRAMES, INVALID, STREAMS, VALID, bare, by_id, raw

frames = st.builds(
    Frame,
    st.text("0123456789", min_size=12, max_size=12),
    st.integers(0, 255),
    st.binary(max_size=255),
)


def split(data: bytes, *cuts: int) -> tuple[list[Frame | BadFrame], int]:
    splitter = Splitter()
    found = []
    edges = [0, *sorted(cuts), len(data)]
    for begin, end in itertools.pairwise(edges):
        found += splitter.feed(data[begin:end])
    return found + splitter.flush(), splitter.noise


@pytest.mark.parametrize("row", VALID, ids=by_id)
def test_a_real_frame_decodes_and_encodes_to_itself(row):
    frame = decode(bare(row))
    assert frame.address == row["address"]
    assert f"{frame.control:02X}" == row["control"]
    assert frame.data.hex().upper() == row["data_hex"]
    assert encode(frame, row["preamble_len"]) == raw(row)


@pytest.mark.parametrize("row", INVALID, ids=by_id)
def test_a_frame_whose_checksum_fails_is_refused(row):
    with pytest.raises(FrameError) as error:
        decode(bare(row))
    assert error.value.kind == "checksum"


def outcome(reader, data):
    try:
        return reader(data)
    except FrameError:
        return None


@pytest.mark.parametrize("row", FRAMES, ids=by_id)
def test_the_fast_way_equals_the_layout_on_every_corruption_of_one_byte(row):
    good = bare(row)
    for at in range(len(good)):
        for change in (0x01, 0x33, 0x80, 0xFF):
            bad = bytearray(good)
            bad[at] ^= change
            assert outcome(decode, bytes(bad)) == outcome(by_layout, bytes(bad))
    for at in range(len(good)):
        assert outcome(decode, good[:at]) is None is outcome(by_layout, good[:at])


@given(frames)
def test_round_trip_by_both_ways(frame):
    assert decode(encode(frame)) == frame == by_layout(encode(frame))


@given(st.binary(max_size=300))
def test_any_bytes_give_a_frame_or_a_frame_error(data):
    assert outcome(decode, data) == outcome(by_layout, data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "header"),
        (b"\x68" * 11, "header"),
        (bytes.fromhex("68010044235200699106333634359555DE16"), "header"),
        (bytes.fromhex("68010044235200689107333634359555DD16"), "length"),
        (bytes.fromhex("68010044235200689106333634359555DD17"), "end"),
        (bytes.fromhex("68010044235200689106333634359555DE16"), "checksum"),
    ],
)
def test_what_is_wrong_is_named(data, kind):
    with pytest.raises(FrameError) as error:
        decode(data)
    assert error.value.kind == kind


@pytest.mark.parametrize("address", ["", "12", "1" * 13, "GG" * 6])
def test_an_address_that_is_not_twelve_digits_is_not_encoded(address):
    with pytest.raises(FrameError):
        encode(Frame(address, 0x11, b""))


@pytest.mark.parametrize("row", STREAMS, ids=by_id)
def test_streams_hold_the_number_of_frames_they_say(row):
    found, _ = split(raw(row))
    assert sum(isinstance(one, Frame) for one in found) == row["expected_valid_frames"]


@pytest.mark.parametrize("row", [*FRAMES, *STREAMS], ids=by_id)
def test_one_byte_at_a_time_gives_the_same(row):
    data = raw(row)
    assert split(data, *range(1, len(data))) == split(data)


@given(
    st.lists(st.one_of(frames.map(encode), st.binary(max_size=20), st.just(b"\x68"), st.just(b"\xfe" * 4))),
    st.data(),
)
def test_any_cut_of_any_stream_gives_the_same(parts, data):
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    assert split(stream, *cuts) == split(stream)


@given(st.binary(max_size=40).filter(lambda noise: b"\x68" not in noise), frames, st.integers(0, 7))
def test_noise_before_a_frame_loses_nothing_but_is_counted(noise, frame, wakeup):
    noise = noise.rstrip(b"\xfe")
    found, counted = split(noise + encode(frame, wakeup))
    assert found == [frame]
    assert counted == len(noise)


def plainly(stream: bytes) -> tuple[list[Frame | BadFrame], int]:
    """What a whole stream holds, place by place and without a short cut: the splitter's other description."""
    tokens: list[Frame | BadFrame | int] = []
    place = until = 0
    bad: BadFrame | None = None
    while place < len(stream):
        raw = stream[place : place + 12 + stream[place + 9]] if place + 10 <= len(stream) else b""
        fits = raw[:1] == raw[7:8] == b"\x68" and len(raw) >= 12
        try:
            frame = decode(raw)
        except FrameError as error:
            if bad is None and fits:
                bad, until = BadFrame(error.kind, raw), place + len(raw)
            if bad is None:
                tokens.append(stream[place])
            place += 1
            if bad is not None and place == until:
                tokens.append(bad)
                bad = None
        else:
            if bad is not None:
                tokens += bad.raw[: len(bad.raw) - (until - place)]
                bad = None
            tokens.append(frame)
            place += len(raw)
    noise, wake = 0, 0
    for token in tokens:
        if not isinstance(token, int):
            wake = 0
        elif token == 0xFE:
            wake += 1
        else:
            noise, wake = noise + wake + 1, 0
    return [token for token in tokens if not isinstance(token, int)], noise + wake


spoiled = st.builds(
    lambda frame, at, change: bytes(b ^ change if i == at % len(frame) else b for i, b in enumerate(frame)),
    frames.map(encode),
    st.integers(0, 300),
    st.integers(1, 255),
)
pieces = st.one_of(
    frames.map(encode),
    spoiled,
    st.builds(lambda frame, left: frame[:left], frames.map(encode), st.integers(0, 200)),
    st.integers(1, 9).map(lambda n: b"\xfe" * n),
    st.sampled_from([b"\x68", b"\x16", b"\x68" * 9, bytes.fromhex("6800000000000068911C")]),
    st.binary(max_size=8),
)


@given(st.lists(pieces, max_size=6), st.data())
def test_the_splitter_finds_and_counts_what_a_plain_search_does(parts, data):
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6))
    assert split(stream, *cuts) == plainly(stream)


@given(st.lists(pieces, max_size=4))
def test_and_so_it_does_when_every_byte_comes_alone(parts):
    stream = b"".join(parts)
    assert split(stream, *range(1, len(stream))) == plainly(stream)


GOOD = encode(Frame("123456789012", 0x91, bytes(4)))
SPOILED = GOOD[:-2] + b"\x00\x16"
CUT = GOOD[:9] + b"\x30" + GOOD[10:]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("stream", "frames", "noise"),
    [
        (b"\xfe" * 7 + GOOD, 1, 0),
        (b"\xfe" * 7, 0, 7),
        (GOOD + b"\xfe\xfe", 1, 2),
        (b"\xfe\xfe\x01\xfe\xfe" + GOOD, 1, 3),
        (b"\x68\xfe\xfe" + GOOD, 1, 1),
        (b"\xfe" * 4 + SPOILED, 1, 0),
        (b"\xfe" * 4 + SPOILED + b"\xfe" * 3 + GOOD, 2, 0),
        (SPOILED[:9] + b"\x0a" + b"\xfe" * 10 + b"\x00\x16" + GOOD, 2, 0),
        # The first claims to be longer than it is: the wake-ups before the second are within what it claims.
        (CUT + b"\xfe" * 4 + GOOD, 1, len(CUT)),
        (b"\xfe" * 4 + CUT + b"\xfe" * 4 + GOOD, 1, 4 + len(CUT)),
        (CUT + b"\xfe\x01\xfe" + GOOD, 1, len(CUT) + 2),
    ],
)
def test_wake_ups_are_counted_as_noise_only_where_no_frame_follows(stream, frames, noise, whole):
    found, counted = split(stream) if whole else split(stream, *range(1, len(stream)))
    assert (len(found), counted) == (frames, noise)


def test_a_splitter_that_is_cleared_keeps_nothing_of_what_came_before():
    splitter = Splitter()
    splitter.feed(b"\xfe" * 5 + CUT)
    splitter.clear()
    assert not splitter.waiting
    assert splitter.feed(b"\xfe\xfe" + GOOD) == [decode(GOOD)]
    assert splitter.flush() == []
    assert splitter.noise == 0


def test_a_false_start_that_claims_a_long_frame_hides_nothing_once_the_line_is_quiet():
    frame = Frame("123456789012", 0x91, bytes(4))
    lie = bytes.fromhex("6800000000000068 91F0")
    splitter = Splitter()
    assert splitter.feed(lie + encode(frame)) == []
    assert splitter.waiting
    assert splitter.flush() == [frame]
    assert splitter.noise == len(lie)


def test_a_cut_frame_is_reported_as_too_short():
    whole = encode(Frame("123456789012", 0x91, bytes(8)))
    found, noise = split(whole[:-3])
    assert found == [BadFrame("length", whole[:-3])]
    assert noise == 0


@given(st.binary(max_size=2000))
def test_memory_stays_bounded(data):
    splitter = Splitter()
    for at in range(0, len(data), 100):
        splitter.feed(data[at : at + 100])
        assert len(splitter._buffer) <= 12 + 255


def test_frames_that_fail_are_counted():
    splitter = Splitter()
    splitter.feed(raw(INVALID[0]))
    splitter.flush()
    assert splitter.checksum_errors == 1
