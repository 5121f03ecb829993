"""The envelope of Q/GDW 1376.2: real frames, every corruption of them, and streams cut anywhere."""

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocols.csg_local.frame import Splitter as CsgSplitter
from protocols.csg_local.frame import is_csg
from protocols.errors import FrameError
from protocols.gdw1376_2.explain import information
from protocols.gdw1376_2.frame import BadFrame, Frame, Splitter, by_layout, decode, dt_of, encode, layout
from tests.protocols.gdw1376_2.frames import CSG, SEEN, case

PAUSE = bytes.fromhex("680F004300002832004C120200FD16")


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_real_frames_say_what_others_found_in_them(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    frame = decode(raw)
    assert frame == by_layout(raw)
    assert encode(frame) == raw
    assert len(raw) == known["L"]
    assert (int(frame.up), int(frame.prm), frame.mode) == (known["dir"], known["prm"], known["mode"])
    assert information(frame) | {"seq": frame.seq} == known["R"]
    assert (f"{frame.afn:02X}", [frame.fn]) == (known["afn"], known["Fn"])
    assert frame.data.hex() == known["body"]
    assert (frame.source, frame.destination) == (known.get("src", ""), known.get("dst", ""))


@pytest.mark.parametrize(
    ("fn", "dt"),
    [(1, "0100"), (8, "8000"), (10, "0201"), (20, "0802"), (31, "4003"), (112, "800d"), (200, "8018")],
)
def test_functions_and_their_bits(fn, dt):
    assert dt_of(fn).hex() == dt
    assert Frame(control=0x43, afn=3, dt=bytes.fromhex(dt)).fn == fn
    for wrong in (0, 249):
        with pytest.raises(ValueError, match="F"):
            dt_of(wrong)
    assert Frame(control=0x43, afn=3, dt=b"\x03\x00").fn == 0


ADDRESS = st.integers(0, 10**12 - 1).map("{:012d}".format)
FRAMES = st.builds(
    Frame,
    control=st.integers(0, 255),
    info=st.binary(min_size=5, max_size=5).map(lambda raw: bytes((raw[0] & 0x0B,)) + raw[1:]),
    seq=st.integers(0, 255),
    afn=st.sampled_from([0x00, 0x03, 0x06, 0x10, 0x13, 0x14, 0xF0, 0xF1]),
    dt=st.binary(min_size=2, max_size=2),
    data=st.binary(max_size=80),
)


@given(FRAMES, st.none() | st.tuples(ADDRESS, ADDRESS), st.lists(ADDRESS, max_size=15))
def test_what_is_written_is_read(frame, ends, relays):
    given = {name: getattr(frame, name) for name in frame.__slots__}
    if ends:
        relays = () if frame.up else tuple(relays)
        given |= {"source": ends[0], "destination": ends[1], "relays": relays}
    wanted = Frame(**given)
    raw = encode(wanted)
    assume(not is_csg(raw))
    found = decode(raw)
    given.pop("info")
    assert {name: getattr(found, name) for name in given} == given
    assert (found.info[0] & 0x0B, found.info[1:]) == (frame.info[0], frame.info[1:])


@given(st.sampled_from(SEEN + CSG), st.data())
def test_both_ways_of_reading_agree_on_every_corruption(row, data):
    raw = bytearray.fromhex(row["hex"])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        raw[-2] = sum(raw[3:-2]) & 0xFF
    raw = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    found = []
    for way in (decode, by_layout):
        try:
            found.append(way(raw))
        except FrameError:
            found.append(None)
    assert found[0] == found[1]
    assert layout() is layout()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (PAUSE + b"\x00", "length"),
        (PAUSE[:-1] + b"\x17", "end"),
        (PAUSE[:-2] + b"\x00\x16", "checksum"),
        (PAUSE[:-1], "header"),
        (b"\x67" + PAUSE[1:], "header"),
        (bytes.fromhex("680F00430400000000000301004B16"), "header"),
        (b"", "header"),
    ],
)
def test_what_is_wrong_has_a_name(raw, kind):
    with pytest.raises(FrameError) as error:
        decode(raw)
    assert error.value.kind == kind


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"source": "44", "destination": "44"}, "header"),
        ({"source": "X" * 12, "destination": "1" * 12}, "header"),
        ({"control": 0x83, "source": "1" * 12, "destination": "1" * 12, "relays": ("2" * 12,)}, "header"),
        ({"data": bytes(65_530)}, "length"),
    ],
)
def test_what_cannot_be_written(given, kind):
    with pytest.raises(FrameError) as error:
        encode(Frame(**{"control": 0x43, "afn": 3, "dt": dt_of(1)} | given))
    assert error.value.kind == kind


def test_frames_are_found_however_the_stream_is_cut():
    rng = random.Random(3)
    frames = [bytes.fromhex(row["hex"]) for row in SEEN]
    noise = [rng.randbytes(rng.randrange(4)).replace(b"\x68", b"") for _ in frames]
    stream = b"".join(n + f for n, f in zip(noise, frames, strict=True))
    for _ in range(20):
        splitter, found, rest = Splitter(), [], stream
        while rest:
            size = rng.randrange(1, 60)
            found += splitter.feed(rest[:size])
            rest = rest[size:]
        found += splitter.flush()
        assert [encode(frame) for frame in found if isinstance(frame, Frame)] == frames
        assert splitter.noise == sum(map(len, noise))


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_a_bad_sum_is_told_of_every_frame(row):
    raw = bytearray.fromhex(row["hex"])
    raw[-2] ^= 0x5A
    splitter = Splitter()
    assert splitter.feed(bytes(raw)) + splitter.flush() == [BadFrame("checksum", bytes(raw))]
    assert (splitter.noise, splitter.checksum_errors) == (0, 1)


def test_a_bad_frame_is_told_and_hides_no_good_one():
    splitter = Splitter()
    bad = PAUSE[:-1] + b"\x00"
    assert splitter.feed(bad + PAUSE) + splitter.flush() == [BadFrame("end", bad), decode(PAUSE)]
    splitter = Splitter()
    lying = b"\x68\x50\x00" + PAUSE * 2
    assert splitter.feed(lying) + splitter.flush() == [decode(PAUSE)] * 2
    assert splitter.noise == 3


def test_half_a_frame_waits_and_is_given_up():
    splitter = Splitter()
    assert splitter.feed(PAUSE[:12]) == []
    assert splitter.waiting
    assert splitter.flush() == []
    assert splitter.noise == 12
    long = bytes.fromhex(SEEN[9]["hex"])
    assert splitter.feed(long[:60]) == []
    assert splitter.flush() == [BadFrame("length", long[:60])]
    splitter.feed(PAUSE[:12])
    splitter.clear()
    assert splitter.feed(PAUSE) == [decode(PAUSE)]


def test_frames_of_other_protocols_are_none_of_this_one():
    terminal = bytes.fromhex("683200320068C903440400000271000001008816")
    meter = bytes.fromhex("68129078563412681104333334333716")
    for other in (terminal, meter):
        splitter = Splitter()
        assert splitter.feed(other) + splitter.flush() == []
        assert splitter.noise == len(other)


@pytest.mark.parametrize("row", CSG, ids=case)
def test_a_frame_of_the_southern_grid_is_never_mistaken(row):
    raw = bytes.fromhex(row["hex"])
    splitter = Splitter()
    assert splitter.feed(raw) + splitter.flush() == []
    with pytest.raises(FrameError):
        decode(raw)


def test_a_number_that_looks_like_the_southern_grid_is_none():
    """A request numbered E8H in HPLC mode has an identifier's byte in the same place."""
    for fn in (1, 10):
        raw = encode(Frame(control=0x43, seq=0xE8, afn=3, dt=dt_of(fn)))
        assert decode(raw).fn == fn
        splitter = CsgSplitter()
        assert splitter.feed(raw) + splitter.flush() == []


def test_a_length_beyond_what_is_allowed_is_no_frame():
    splitter = Splitter(longest=64)
    assert splitter.feed(b"\x68\xff\xff" + PAUSE) == [decode(PAUSE)]
    assert splitter.noise == 3


@given(st.binary(max_size=300))
def test_any_bytes_end_in_frames_or_noise(data):
    splitter = Splitter()
    found = splitter.feed(data) + splitter.flush()
    taken = sum(len(frame.raw if isinstance(frame, BadFrame) else encode(frame)) for frame in found)
    assert taken + splitter.noise == len(data)
