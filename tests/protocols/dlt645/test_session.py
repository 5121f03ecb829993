"""Dialogues: `>>` what the session sends, `<<` what it is fed."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.frame import Frame, Splitter, encode
from protocols.dlt645.session import Dlt645Session
from protocols.errors import CatalogueError, MeterRefused, ProtocolError
from protocols.session import Answer, Question, Send

METER = "123456789012"
WILD = "A" * 12


def session(standard="2007"):
    return Dlt645Session(standard, wakeup=0)


def sent(step) -> Frame:
    assert isinstance(step, Send)
    (frame,) = Splitter().feed(step.frame)
    return frame


def reply(control, data, address=METER) -> bytes:
    return encode(Frame(address, control, bytes.fromhex(data)), 2)


def question(identifier="00010000", address=METER, **more) -> Question:
    return Question(address=address, id=identifier, **more)


def values(answer):
    assert isinstance(answer, Answer)
    return [item.value for item in answer.items]


def test_a_single_register():
    s = session()
    assert sent(s.ask(question())) == Frame(METER, 0x11, bytes.fromhex("00000100"))
    answer = s.feed(reply(0x91, "00000100 56341200"))
    assert values(answer) == [Decimal("1234.56")]
    assert answer.items[0].point == "1-0:1.8.0"
    assert answer.address == METER


def test_the_request_is_the_real_one():
    (frame,) = Splitter().feed(bytes.fromhex("FEFEFEFE68129078563412681104343563369D16"))
    assert Dlt645Session("2007").ask(question("03300201")).frame == bytes.fromhex(
        "FEFEFEFE68129078563412681104343563369D16"
    )
    assert frame.address == METER


def test_follow_up_parts_of_2007_are_numbered_from_one():
    s = session()
    s.ask(question("03300201"))
    step = s.feed(reply(0xB1, "01023003" + "11" * 10))
    assert sent(step) == Frame(METER, 0x12, bytes.fromhex("0102300301"))
    step = s.feed(reply(0xB2, "01023003" + "22" * 10 + "01"))
    assert sent(step) == Frame(METER, 0x12, bytes.fromhex("0102300302"))
    assert isinstance(s.feed(reply(0x92, "01023003" + "33" * 10 + "02")), Answer)


def test_who_answers_in_place_of_the_asked_meter_is_remembered():
    s = session()
    s.ask(question())
    other = "000000000002"
    assert s.feed(reply(0x91, "00000100 56341200", other)) is None
    assert (s.stranger, s.counters["foreign"]) == (other, 1)
    s.ask(question())
    assert s.stranger == ""
    assert s.feed(reply(0xD1, "02", other)) is None
    assert s.stranger == other


@pytest.mark.parametrize(
    ("control", "data"),
    [(0x91, "00000200 56341200"), (0x92, "00000100 56341200 01"), (0x93, "020000000000"), (0x9F, "00000100")],
)
def test_another_meters_answer_to_another_question_makes_no_stranger(control, data):
    s = session()
    s.ask(question())
    assert s.feed(reply(control, data, "000000000002")) is None
    assert (s.stranger, s.counters["foreign"]) == ("", 1)
    assert values(s.feed(reply(0x91, "00000100 56341200"))) == [Decimal("1234.56")]


def test_a_part_with_another_number_is_waited_past():
    s = session()
    s.ask(question("03300201"))
    s.feed(reply(0xB1, "01023003" + "11" * 10))
    assert s.feed(reply(0x92, "01023003" + "22" * 10 + "05")) is None
    assert s.counters["foreign"] == 1


def test_follow_up_parts_of_1997_have_no_number():
    s = session("1997")
    assert sent(s.ask(question("901F"))) == Frame(METER, 0x01, bytes.fromhex("1F90"))
    step = s.feed(reply(0xA1, "1F90 03000000 00000000"))
    assert sent(step) == Frame(METER, 0x02, bytes.fromhex("1F90"))
    answer = s.feed(reply(0x82, "1F90 57000000 AA"))
    assert values(answer) == [Decimal("0.03"), Decimal("0.00"), Decimal("0.57")]


def test_a_refused_follow_up_leaves_what_there_is():
    s = session()
    s.ask(question("0001FF00"))
    s.feed(reply(0xB1, "00FF0100 56341200"))
    answer = s.feed(reply(0xD2, "02"))
    assert isinstance(answer, Answer)
    assert answer.partial
    assert values(answer) == [Decimal("1234.56")]


def test_a_silent_follow_up_leaves_what_there_is():
    s = session()
    s.ask(question("0001FF00"))
    assert s.settle() is None
    s.feed(reply(0xB1, "00FF0100 56341200"))
    assert s.settle().partial


def test_a_refusal_names_its_bits():
    s = session()
    s.ask(question())
    with pytest.raises(MeterRefused) as error:
        s.feed(reply(0xD1, "06"))
    assert error.value.bits == ("no requested data", "password error / not authorised")


def test_load_records_by_number_and_by_time():
    s = session()
    assert sent(s.ask(question("06000000", count=2))).data.hex().upper() == "0000000602"
    when = datetime(2024, 8, 7, 13, 45)
    assert sent(s.ask(question("06000001", count=1, since=when))).data.hex().upper() == "01000006014513070824"
    answer = s.feed(reply(0x91, "01000006"))
    assert answer.items == ()


def test_the_answer_to_an_earlier_question_is_not_the_answer():
    s = session()
    s.ask(question("02010100"))
    s.ask(question("02010200"))
    assert s.feed(reply(0x91, "00010102 2022")) is None
    assert s.counters["foreign"] == 1
    assert values(s.feed(reply(0x91, "00020102 3022"))) == [Decimal("223.0")]


def test_the_same_identifier_of_another_meter_is_not_the_answer():
    s = session()
    s.ask(question())
    assert s.feed(reply(0x91, "00000100 56341200", address="000000000001")) is None
    assert s.counters["foreign"] == 1


def test_a_frame_after_the_answer_is_late():
    s = session()
    s.ask(question())
    good = reply(0x91, "00000100 56341200")
    assert isinstance(s.feed(good + good), Answer)
    assert s.feed(good) is None
    assert s.counters["late"] == 2


def test_an_echo_is_counted_and_waited_past():
    s = session()
    step = s.ask(question())
    assert s.feed(step.frame) is None
    assert s.counters["echo"] == 1
    assert isinstance(s.feed(reply(0x91, "00000100 56341200")), Answer)


def test_a_wrong_checksum_is_counted_and_gives_nothing():
    s = session()
    s.ask(question())
    good = reply(0x91, "00000100 56341200")
    assert s.feed(good[:-2] + bytes(((good[-2] + 1) & 0xFF, 0x16))) is None
    assert s.counters["checksum"] == 1


def test_a_wildcard_learns_the_real_address():
    s = session()
    s.ask(question(address=WILD))
    assert s.feed(reply(0x91, "00000100 56341200", address="000000000161")).address == "000000000161"


def test_all_parts_come_from_the_meter_that_gave_the_first():
    s = session()
    s.ask(question("0001FF00", address=WILD))
    step = s.feed(reply(0xB1, "00FF0100 56341200", address="000000000161"))
    assert sent(step).address == "000000000161"
    assert s.feed(reply(0x92, "00FF0100 78563412 01", address="000000000162")) is None
    assert s.counters["foreign"] == 1
    answer = s.feed(reply(0x92, "00FF0100 78563412 01", address=WILD))
    assert answer.address == "000000000161"
    assert values(answer) == [Decimal("1234.56"), Decimal("123456.78")]


def test_a_short_address_is_answered_by_a_meter_whose_number_ends_in_it():
    s = session()
    s.ask(question(address="AAAAAAAA9012"))
    assert s.feed(reply(0x91, "00000100 56341200", address="000000000161")) is None
    assert s.counters["foreign"] == 1
    assert s.feed(reply(0x91, "00000100 56341200")).address == METER


def test_a_meter_that_never_ends_leaves_a_partial_answer():
    s = session()
    s.ask(question("0001FF00"))
    step = s.feed(reply(0xB1, "00FF0100"))
    for number in range(1, 256):
        assert isinstance(step, Send)
        step = s.feed(reply(0xB2, f"00FF0100 56341200 {number:02X}"))
    assert isinstance(step, Answer)
    assert step.partial


def test_a_status_word_in_place_of_the_answer_is_waited_past():
    s = session()
    s.ask(question())
    assert s.feed(reply(0x91, "01150004" + "00" * 12)) is None
    assert s.counters["foreign"] == 1
    assert isinstance(s.feed(reply(0x91, "00000100 56341200")), Answer)


def test_a_reply_that_repeats_the_wildcard_is_taken():
    s = session()
    s.ask(question())
    assert s.feed(reply(0x91, "00000100 56341200", address=WILD)).address == METER


def test_reading_the_address():
    s = session()
    assert sent(s.ask(question("address", address=WILD))) == Frame(WILD, 0x13, b"")
    answer = s.feed(reply(0x93, "129078563412"))
    assert answer.address == METER


def test_1997_meters_have_no_command_for_their_address():
    with pytest.raises(CatalogueError):
        session("1997").ask(question("address", address=WILD))


@pytest.mark.parametrize("identifier", ["", "9010", "0001000", "000100000", "GGGGGGGG"])
def test_an_identifier_of_another_form_is_refused(identifier):
    with pytest.raises(CatalogueError):
        session().ask(question(identifier))


def test_a_false_start_does_not_swallow_the_answer_for_good():
    s = session()
    s.ask(question())
    assert s.feed(bytes.fromhex("680000000000006891F0") + reply(0x91, "00000100 56341200")) is None
    assert isinstance(s.feed(b""), Answer)


def test_a_models_own_format_holds():
    s = session("1997")
    s.ask(question("B611", overrides={"B611": {"format": "XXX.X"}}))
    assert values(s.feed(reply(0x81, "11B6 3022"))) == [Decimal("223.0")]


@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from(["1997", "2007"]))
def test_any_bytes_end_in_a_step_or_a_protocol_error(chunks, standard):
    s = session(standard)
    s.ask(question("00010000" if standard == "2007" else "9010"))
    for chunk in chunks:
        try:
            step = s.feed(chunk)
        except ProtocolError:
            continue
        assert step is None or isinstance(step, Send | Answer)


@given(st.integers(0, 19), st.integers(1, 255))
def test_no_value_comes_from_a_corrupted_answer(at, change):
    s = session()
    s.ask(question())
    bad = bytearray(encode(Frame(METER, 0x91, bytes.fromhex("0000010056341200"))))
    bad[at] ^= change
    assert s.feed(bytes(bad)) is None
    assert s.feed(b"") is None
