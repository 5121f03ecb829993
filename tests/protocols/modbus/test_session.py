"""Which bytes answer a question, however they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import CatalogueError, MeterRefused
from protocols.modbus.frame import Frame, encode_rtu, encode_tcp
from protocols.modbus.session import ModbusSession, refusal_of, unit_of, words_in
from protocols.session import Question

QUESTION = Question(address="1", id="3/107", count=3)
ANSWER = Frame(1, 3, bytes.fromhex("06022B00000064"))
REFUSAL = Frame(1, 0x83, b"\x02")


def asked(*, is_rtu=True):
    session = ModbusSession(is_rtu=is_rtu)
    session.ask(QUESTION)
    return session


def frames(session, *parts):
    return [frame for part in parts for frame in session.take(part)]


def test_the_bytes_of_a_question():
    send = ModbusSession(is_rtu=True).ask(QUESTION)
    assert send.frame == encode_rtu(Frame(1, 3, bytes.fromhex("006B0003")))
    assert send.answer_bytes == len(encode_rtu(ANSWER))
    send = ModbusSession(is_rtu=False).ask(QUESTION)
    assert send.frame == bytes.fromhex("0001 0000 0006 01 03 006B 0003")
    assert send.answer_bytes == len(encode_tcp(ANSWER))


@given(st.lists(st.integers(1, 10), max_size=15))
def test_an_answer_may_come_in_any_pieces(cuts):
    raw = b"\x00" + encode_rtu(ANSWER)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(raw[at : at + cut])
        at += cut
    assert frames(asked(), *pieces, raw[at:]) == [ANSWER]


@pytest.mark.parametrize(
    "stranger",
    [
        Frame(2, 3, ANSWER.body),
        Frame(1, 4, ANSWER.body),
        Frame(1, 3, bytes.fromhex("04022B0000")),
        Frame(1, 3, bytes.fromhex("006B0003")),
        Frame(2, 0x83, b"\x02"),
    ],
    ids=["unit", "function", "length", "echo", "another's refusal"],
)
def test_on_a_serial_line_only_what_fits_is_an_answer(stranger):
    session = asked()
    assert frames(session, encode_rtu(stranger)) == []
    assert frames(session, encode_rtu(ANSWER)) == [ANSWER]
    assert session.counters["noise"] > 0


def test_a_stranger_in_the_same_piece_hides_nothing():
    assert frames(asked(), encode_rtu(Frame(2, 3, ANSWER.body)) + encode_rtu(ANSWER)) == [ANSWER]


def test_a_damaged_answer_is_none_and_a_good_one_behind_it_is_found():
    session = asked()
    bad = bytearray(encode_rtu(ANSWER))
    bad[5] ^= 1
    assert frames(session, bytes(bad) + encode_rtu(ANSWER)) == [ANSWER]
    assert session.counters["checksum"] == 1


def test_two_answers_are_both_told():
    other = Frame(1, 3, bytes.fromhex("06000000000001"))
    assert frames(asked(), encode_rtu(other) + encode_rtu(ANSWER)) == [other, ANSWER]


def test_tcp_takes_only_its_own_transaction():
    session = asked(is_rtu=False)
    late = Frame(1, 3, ANSWER.body, transaction=9)
    mine = Frame(1, 3, ANSWER.body, transaction=1)
    assert frames(session, encode_tcp(late) + encode_tcp(mine)) == [mine]
    assert session.counters["late"] == 1


@pytest.mark.parametrize(
    ("frame", "counter"),
    [
        (Frame(2, 3, ANSWER.body, 1), "foreign"),
        (Frame(1, 4, ANSWER.body, 1), "foreign"),
        (Frame(1, 3, bytes.fromhex("04022B0000"), 1), "length"),
        (Frame(1, 3, bytes.fromhex("06022B0000"), 1), "length"),
    ],
)
def test_tcp_takes_nothing_that_does_not_fit(frame, counter):
    session = asked(is_rtu=False)
    assert frames(session, encode_tcp(frame)) == []
    assert session.counters[counter] == 1


def test_what_is_no_modbus_on_tcp_is_thrown_away():
    session = asked(is_rtu=False)
    assert frames(session, b"HTTP/1.1 400 Bad Request") == []
    assert session.counters["header"] == 1
    assert session.left == 0


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_survived_and_the_buffer_stays_small(data, is_rtu):
    session = asked(is_rtu=is_rtu)
    for start in range(0, len(data), 7):
        session.take(data[start : start + 7])
    assert session.left <= 260


def test_transactions_go_on_and_round():
    session = ModbusSession(is_rtu=False)
    session._transaction = 0xFFFE
    assert [session.open(QUESTION) for _ in range(3)] == [0xFFFF, 1, 2]


def test_registers_go_where_they_belong():
    session = asked()
    session.keep(words_in(ANSWER, 3))
    assert session.image == {(3, 107): 555, (3, 108): 0, (3, 109): 100}
    assert words_in(Frame(1, 1, bytes.fromhex("0105")), 3) == [1, 0, 1]


def test_feeding_gives_the_registers_or_the_refusal():
    answer = asked().feed(encode_rtu(ANSWER))
    assert [(item.id, item.value) for item in answer.items] == [("3/107", 555), ("3/108", 0), ("3/109", 100)]
    assert asked().feed(b"") is None
    assert asked().settle() is None
    with pytest.raises(MeterRefused, match="illegal data address"):
        asked().feed(encode_rtu(REFUSAL))


def test_a_refusal_names_its_unit():
    assert refusal_of(REFUSAL).address == "1"
    assert "exception 99" in str(refusal_of(Frame(1, 0x83, bytes([99]))))


def test_units():
    assert unit_of("001") == 1
    for text in ("", "256", "-1", "x", "²"):
        with pytest.raises(ValueError, match="unit"):
            unit_of(text)


def test_a_question_of_another_protocol():
    with pytest.raises(CatalogueError):
        asked().open(Question(address="1", id="00010000"))
