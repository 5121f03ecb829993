"""The search on a protocol of three lines: 68H, a length, that many bytes, their sum."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import FrameError
from protocols.stream import BadFrame, Search


class Plain(Search[bytes]):
    def _candidate(self, *, final):
        if len(self._buffer) < 2:
            return 0 if final else None
        size = self._buffer[1] + 3
        return size if len(self._buffer) >= size else len(self._buffer) if final else None

    def _decode(self, raw):
        if len(raw) != raw[1] + 3:
            raise FrameError("length")
        if sum(raw[2:-1]) & 0xFF != raw[-1]:
            raise FrameError("checksum")
        return raw[2:-1]


def wire(data: bytes) -> bytes:
    return bytes((0x68, len(data))) + data + bytes((sum(data) & 0xFF,))


def test_a_frame_however_it_is_cut():
    for cut in range(len(wire(b"abc"))):
        search = Plain()
        found = search.feed(b"\x00" + wire(b"abc")[:cut]) + search.feed(wire(b"abc")[cut:])
        assert found == [b"abc"]
        assert (search.noise, search.waiting) == (1, False)


def test_a_failed_candidate_is_told_when_no_frame_overlaps_it():
    bad = wire(b"abc")[:-1] + b"\xff"
    search = Plain()
    assert search.feed(bad + b"\x00") == [BadFrame("checksum", bad)]
    assert (search.noise, search.checksum_errors) == (1, 1)


def test_a_frame_within_a_failed_candidate_is_found_and_the_candidate_is_noise():
    search = Plain()
    assert search.feed(b"\x68\x06" + wire(b"abc") + b"\x99") == [b"abc"]
    assert search.noise + len(search.flush()) == 3
    assert search.checksum_errors == 0


def test_what_waits_is_given_up_by_a_pause_and_forgotten_by_clear():
    search = Plain()
    assert search.feed(b"\x68\x04ab") == []
    assert search.flush() == [BadFrame("length", b"\x68\x04ab")]
    search.feed(b"\x68\x04ab")
    search.clear()
    assert search.feed(wire(b"x")) == [b"x"]
    assert search.noise == 0


@given(st.lists(st.one_of(st.binary(max_size=6), st.binary(max_size=5).map(wire)), max_size=8), st.data())
def test_every_byte_is_accounted_for_and_cuts_change_nothing(parts, data):
    stream = b"".join(parts)
    whole, cut = Plain(), Plain()
    at = data.draw(st.integers(0, len(stream)))
    found = whole.feed(stream) + whole.flush()
    assert cut.feed(stream[:at]) + cut.feed(stream[at:]) + cut.flush() == found
    taken = sum(len(one.raw) if isinstance(one, BadFrame) else len(wire(one)) for one in found)
    assert taken + whole.noise == len(stream)
