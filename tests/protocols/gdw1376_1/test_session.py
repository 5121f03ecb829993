"""The conversation with a terminal: replies of several frames, what it says unasked, what does not belong."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import FrameError
from protocols.gdw1376_1.commands import LineSetting, forward, forwarded, serial_control, time_set, write
from protocols.gdw1376_1.frame import Frame, decode, encode
from protocols.gdw1376_1.plan import plan
from protocols.gdw1376_1.session import AFN, Ask, Heartbeat, Login, Logout, Report, TerminalDialogue
from tests.protocols.gdw1376_1.frames import answer, unit

FREEZE = bytes.fromhex("150114 2614010810 00 7856341200")
FIR, FIN, CON = 0x40, 0x20, 0x10


@pytest.fixture
def terminal():
    return TerminalDialogue("33010065")


def ask(terminal, pns=(1,)):
    """The number of the request that is now open."""
    return decode(terminal.request(AFN.CLASS2, [Ask(pns, (161,), bytes.fromhex("150114"))])).number


def part(number, pns, bits=FIR | FIN, afn=AFN.CLASS2, **more):
    return answer(afn, b"".join(unit(pn, 161) + FREEZE for pn in pns), seq=bits | number % 16, **more)


def test_a_request_and_its_repetition(terminal):
    first = terminal.request(AFN.CLASS1, [Ask((0,), (2,))])
    frame = decode(first)
    assert (frame.control, frame.address, frame.msa, frame.body) == (0x4B, "33010065", 1, unit(0, 2))
    assert terminal.again() == first
    assert decode(terminal.request(AFN.CLASS1, [Ask((0,), (2,))])).number == (frame.number + 1) % 16
    changing = decode(terminal.request(AFN.SET, [write(9, bytes(16))]))
    assert (changing.control, changing.con, changing.password) == (0x4A, True, bytes(16))


def test_the_frame_count_bit_toggles_for_new_requests_only():
    counting = TerminalDialogue("33010065", use_fcb=True)
    bits = [decode(counting.request(AFN.CLASS1, [Ask((0,), (2,))])).control for _ in range(3)]
    assert bits == [0x7B, 0x5B, 0x7B]
    assert decode(counting.again()).control == 0x7B


def test_eight_points_share_four_bytes(terminal):
    body = decode(terminal.request(AFN.CLASS2, [Ask(range(1, 18), (161,), b"\x15\x01\x14")])).body
    assert body.hex() == "ff01011" + "4150114" + "ff020114150114" + "010301141501" + "14"


def test_one_frame(terminal):
    number = ask(terminal)
    (reply,) = terminal.feed(part(number, [1])).answers
    assert (reply.afn, reply.complete, [u.pn for u in reply.units]) == (AFN.CLASS2, True, [1])
    assert not terminal.is_open


@pytest.mark.parametrize("frames", [2, 5, 16, 17, 40])
def test_a_reply_of_many_frames_is_put_together(terminal, frames):
    number = ask(terminal)
    for place in range(frames):
        bits = (FIR if place == 0 else 0) | (FIN if place == frames - 1 else 0)
        heard = terminal.feed(part(number + place, [place + 1], bits))
        assert bool(heard.answers) == (place == frames - 1)
    (reply,) = heard.answers
    assert [u.pn for u in reply.units] == list(range(1, frames + 1))
    assert reply.complete


def test_a_heartbeat_and_an_event_in_the_middle_are_confirmed_and_cost_nothing(terminal):
    number = ask(terminal)
    assert terminal.feed(part(number, [1], FIR)).answers == []
    heard = terminal.feed(answer(0x02, unit(0, 3), control=0xC9, seq=0x75))
    assert heard.news == [Heartbeat("33010065")]
    (confirmation,) = map(decode, heard.replies)
    assert (confirmation.control, confirmation.msa, confirmation.number) == (0x0B, 0, 5)
    assert confirmation.body == unit(0, 1)
    report = answer(
        0x0E, unit(0, 1) + bytes.fromhex("01000001 0E0A 4014310710 3111030810"), control=0xC4, seq=0x7A
    )
    (news,) = terminal.feed(report).news
    assert isinstance(news, Report)
    (reply,) = terminal.feed(part(number + 1, [2], FIN)).answers
    assert [u.pn for u in reply.units] == [1, 2]


def test_frames_that_come_twice_or_in_another_order(terminal):
    number = ask(terminal)
    first, second, last = part(number, [1], FIR), part(number + 1, [2], 0), part(number + 2, [3], FIN)
    heard = terminal.feed(first + first + last + second)
    assert [u.pn for reply in heard.answers for u in reply.units] == [1, 2, 3]


@pytest.mark.parametrize(
    "stray",
    [
        lambda number: part(number + 3, [7]),
        lambda number: part(number + 1, [7], FIN),
        lambda number: part(number, [7], afn=AFN.CLASS1),
        lambda number: answer(AFN.CONFIRM, unit(0, 2), seq=0x60 | (number + 1) % 16),
        lambda number: encode(Frame(control=0x88, address="33010066", afn=AFN.CLASS2, seq=0x60 | number)),
        lambda number: encode(Frame(control=0x4B, address="33010065", afn=AFN.CLASS2, seq=0x60 | number)),
    ],
    ids=[
        "another number",
        "not the first",
        "another function",
        "another's denial",
        "another terminal",
        "an echo",
    ],
)
def test_a_reply_to_a_question_not_asked_is_dropped(terminal, stray):
    number = ask(terminal)
    heard = terminal.feed(stray(number))
    assert (heard.answers, heard.news) == ([], [])
    assert terminal.is_open
    assert terminal.counters["late"] + terminal.counters["foreign"] == 1
    assert [u.pn for u in terminal.feed(part(number, [1])).answers[0].units] == [1]


def test_nothing_is_open_and_somebody_answers(terminal):
    assert terminal.feed(part(3, [1])).answers == []
    assert terminal.counters["late"] == 1


def test_half_a_frame_and_then_a_new_connection(terminal):
    number = ask(terminal)
    terminal.feed(part(number, [1])[:20])
    terminal.reset()
    assert terminal.is_open
    login = terminal.feed(answer(0x02, unit(0, 1), control=0xC9, seq=0x71))
    assert login.news == [Login("33010065")]
    assert [u.pn for u in terminal.feed(part(number, [1])).answers[0].units] == [1]


def test_what_came_of_a_reply_that_does_not_end(terminal):
    number = ask(terminal)
    terminal.feed(part(number, [1], FIR) + part(number + 1, [2], 0) + part(number + 3, [4], FIN))
    reply = terminal.settle()
    assert (reply.complete, [u.pn for u in reply.units]) == (False, [1, 2])
    assert terminal.settle() is None
    assert not terminal.is_open


def test_a_repetition_forgets_the_frames_before(terminal):
    number = ask(terminal)
    terminal.feed(part(number, [9], FIR))
    terminal.again()
    assert [u.pn for u in terminal.feed(part(number, [1])).answers[0].units] == [1]


def test_denials_and_confirmations(terminal):
    number = ask(terminal)
    (reply,) = terminal.feed(answer(AFN.CONFIRM, unit(0, 2), seq=0x60 | number)).answers
    assert (reply.denied, reply.confirmed, reply.afn) == (True, False, AFN.CLASS2)
    for body, denied in (
        (unit(0, 1), False),
        (unit(0, 2), True),
        (unit(0, 3) + b"\x04" + unit(0, 9) + b"\0", False),
        (unit(0, 3) + b"\x04" + unit(0, 9) + b"\x02", True),
    ):
        number = decode(terminal.request(AFN.SET, [write(9, bytes(16))])).number
        (reply,) = terminal.feed(answer(AFN.CONFIRM, body, seq=0x60 | number)).answers
        assert (reply.denied, reply.confirmed) == (denied, not denied)


def test_logins_and_what_a_heartbeat_brings(terminal):
    heard = terminal.feed(
        answer(0x02, unit(0, 1), control=0xC9, seq=0x71)
        + answer(0x02, unit(0, 3) + bytes.fromhex("563412016524"), control=0xC9, seq=0x72)
        + answer(0x02, unit(0, 2), control=0xC9, seq=0x73)
    )
    address = "33010065"
    assert heard.news == [Login(address), Heartbeat(address, bytes.fromhex("563412016524")), Logout(address)]
    assert [decode(raw).number for raw in heard.replies] == [1, 2, 3]
    quiet = terminal.feed(answer(0x02, unit(0, 3), control=0xC4, seq=0x64))
    assert (quiet.news, quiet.replies) == ([Heartbeat(address)], [])


def test_event_counters_come_with_any_answer(terminal):
    number = ask(terminal)
    body = unit(1, 161) + FREEZE + bytes((7, 3))
    (reply,) = terminal.feed(answer(AFN.CLASS2, body, control=0xA8, seq=0x60 | number)).answers
    assert terminal.event_counters == (7, 3)
    assert reply.error == ""
    login = terminal.feed(answer(0x02, unit(0, 1), control=0xE9, seq=0x71))
    assert login.news == [Login("33010065")]
    assert terminal.event_counters == (7, 3)


def test_noise_and_damage_are_counted(terminal):
    number = ask(terminal)
    good = part(number, [1])
    bad = good[:-2] + bytes((good[-2] ^ 1, 0x16))
    heard = terminal.feed(b"\x01\x02" + bad + good)
    assert len(heard.answers) == 1
    assert (terminal.counters["noise"], terminal.counters["checksum"]) == (2, 1)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_leave_a_conversation_that_works(pieces):
    terminal = TerminalDialogue("33010065")
    number = ask(terminal)
    for piece in pieces:
        terminal.feed(piece)
    terminal.flush()
    assert [u.pn for u in terminal.feed(part(number, [1])).answers[0].units] == [1]


# -- requests under a switch, and the way through --------------------------------------------------------------------


def test_a_frame_for_what_hangs_on_a_port():
    carried = bytes.fromhex("68611001301215681104333334337B16")
    assert (
        forward(LineSetting(), carried).encode().hex().upper()
        == "00000100" + "1F6BBC0A1000" + carried.hex().upper()
    )
    short = LineSetting(port=1, baud=9600, mode="8N1", frame_seconds=0.1, byte_seconds=0.05)
    assert forward(short, b"\x68").extra[:4].hex() == "01c30a05"
    assert forwarded(bytes.fromhex("1F020068FF")) == bytes.fromhex("68FF")
    with pytest.raises(FrameError, match="length"):
        forwarded(b"\x1f\x02\x00\x68")


@pytest.mark.parametrize(
    ("baud", "mode", "byte"), [(2400, "8E1", 0x6B), (9600, "8N1", 0xC3), (1200, "7O2", 0x5E)]
)
def test_the_control_byte_of_a_serial_port(baud, mode, byte):
    assert serial_control(baud, mode) == byte


def test_a_mode_that_the_byte_cannot_say():
    with pytest.raises(ValueError, match="115200"):
        serial_control(115200, "8E1")
    with pytest.raises(ValueError, match="8M1"):
        serial_control(2400, "8M1")


def test_the_clock_is_set_as_the_sheet_shows(terminal):
    assert time_set(datetime(2024, 5, 1, 12, 34, 56)).encode().hex() == "00004003" + "563412016524"


def test_a_plan_asks_for_what_a_freeze_s_date_names():
    (wanted,) = plan(["1-0:1.8.0", "1-0:1.8.1"], "freeze", at=datetime(2024, 5, 2))
    assert (wanted.afn, wanted.fns, wanted.tag.hex()) == (0x0D, (161,), "010524")
    (month,) = plan(["1-0:1.8.0"], "settlement", at=datetime(2024, 3, 1))
    assert (month.fns, month.tag.hex()) == ((177,), "0224")
    (curve,) = plan(["1-0:1.8.0"], "load_record", at=datetime(2024, 5, 1, 0, 15))
    assert curve.tag.hex() == "15000105240101"
