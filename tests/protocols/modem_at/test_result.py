"""What a modem answers (protocols.modem_at.result)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.modem_at.result import Code, DropWatch, Result, Results


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (b"\r\nOK\r\n", Result(Code.OK)),
        (b"OK\r", Result(Code.OK)),
        (b"\r\nCONNECT 9600\r\n", Result(Code.CONNECT, 9600)),
        (b"\r\nCONNECT\r\n", Result(Code.CONNECT)),
        (b"\r\nCONNECT 33600/ARQ/V34/LAPM\r\n", Result(Code.CONNECT, 33600)),
        (b"\r\nCARRIER 2400\r\n\r\nBUSY\r\n", Result(Code.BUSY)),
        (b"\r\nNO DIAL TONE\r\n", Result(Code.NO_DIALTONE)),
        (b"\r\nNO DIALTONE\r\n", Result(Code.NO_DIALTONE)),
        (b"\r\nno answer\r\n", Result(Code.NO_ANSWER)),
        (b"ATDT123\r\r\nNO CARRIER\r\n", Result(Code.NO_CARRIER)),
        (b"\r\nRING\r\n", Result(Code.RING)),
        (b"\r\nERROR\r\n", Result(Code.ERROR)),
    ],
)
def test_words_of_a_modem(said, result):
    assert Results().feed(said) == [result]
    byte_by_byte = Results()
    assert [found for byte in said for found in byte_by_byte.feed(bytes((byte,)))] == [result]


@given(st.binary(max_size=60), st.integers(1, 20))
def test_after_connect_the_bytes_are_the_other_sides(data, cut):
    results, stream = Results(), b"\r\nCONNECT 2400\r\n" + data
    found = []
    for at in range(0, len(stream), cut):
        found += results.feed(stream[at : at + cut])
    assert found == [Result(Code.CONNECT, 2400)]
    assert results.rest == data or (data[:1] == b"\n" and results.rest == data[1:])


def test_a_line_without_end_costs_no_memory():
    results = Results()
    assert results.feed(b"x" * 100_000) == []
    assert len(results._line) <= 120
    assert results.feed(b"\r\nOK\r\n") == [Result(Code.OK)]


@given(st.binary(max_size=40), st.integers(1, 13))
def test_the_end_of_a_call_is_found_however_it_is_cut(before, cut):
    stream, watch = before + b"\r\nNO CARRIER\r\n", DropWatch()
    pieces = [stream[at : at + cut] for at in range(0, len(stream), cut)]
    assert sum(map(watch.feed, pieces)) == 1


@pytest.mark.parametrize(
    "data", [b"NO CARRIER\r\n", b"\r\nNO CARRIERS\r\n", b"\r\nNO CARRIER", b"\r\nOK\r\n"]
)
def test_other_bytes_do_not_end_it(data):
    assert not DropWatch().feed(data)
