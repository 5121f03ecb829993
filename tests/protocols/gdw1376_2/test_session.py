"""The conversation with a module: numbers, denials, what it begins by itself, and both sides at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.effect import classify
from protocols.gdw1376_2.frame import decode
from protocols.gdw1376_2.session import CarrierDialogue, Given, NodeReport, Started
from protocols.session import Effect
from tests.protocols.gdw1376_2.frames import MAIN, METER, SEEN, carried, up

FRAME = carried(0x91, "00010000")
READ = commands.read_node(METER, 2, carried(0x11))
RESET = next(bytes.fromhex(row["hex"]) for row in SEEN if "after module reset" in row["decoded"]["note"])
OTHER = "645000000018"
WIRE = bytes.fromhex(METER)[::-1]


def answer(number, frame=FRAME, node=METER):
    return up(0x13, 1, b"\x01\x00\x02" + bytes((len(frame),)) + frame, seq=number, node=node)


def test_a_request_and_its_answer():
    talk = CarrierDialogue(MAIN)
    number, raw = talk.request(READ)
    frame = decode(raw)
    assert (frame.control, frame.source, frame.destination, frame.seq) == (0x43, MAIN, METER, number)
    (reply,) = talk.feed(answer(number)).answers
    assert (reply.number, reply.frame, reply.node, reply.denied) == (number, FRAME, METER, None)
    assert talk.feed(answer(number)).answers == []
    assert talk.counters["late"] == 1


def test_numbers_run_from_1_to_255():
    talk = CarrierDialogue(MAIN)
    numbers = [talk.request(commands.query(0x03, 4))[0] for _ in range(260)]
    assert numbers[:3] == [1, 2, 3]
    assert set(numbers) == set(range(1, 256))


def test_the_number_of_an_open_question_is_not_given_again():
    talk = CarrierDialogue(MAIN)
    slow, _ = talk.request(READ)
    for _ in range(600):
        number, _ = talk.request(commands.query(0x03, 4))
        assert number != slow
        talk.drop(number)
    assert talk.feed(answer(slow)).answers[0].number == slow


def test_a_frame_can_be_looked_at_without_asking():
    talk = CarrierDialogue(MAIN)
    assert decode(talk.frame_of(READ)).destination == METER
    assert talk.feed(answer(0)).answers == []
    assert talk.request(READ)[0] == 1


def test_questions_to_several_nodes_at_once():
    talk = CarrierDialogue(MAIN)
    asks = {
        talk.request(commands.concurrent(node, 2, carried(0x11, address=node)))[0]: node
        for node in (METER, OTHER)
    }
    for number, node in reversed(asks.items()):
        body = b"\x02\x10\x00" + carried(0x91, address=node)
        (reply,) = talk.feed(up(0xF1, 1, body, seq=number, node=node)).answers
        assert (reply.number, reply.node) == (number, node)


@pytest.mark.parametrize(
    "raw",
    [
        answer(9),
        answer(1, node=OTHER),
        up(0x13, 2, b"", seq=1),
        up(0x10, 1, bytes(4), seq=1),
    ],
)
def test_what_answers_nothing_is_waited_past(raw):
    talk = CarrierDialogue(MAIN)
    assert talk.request(READ)[0] == 1
    heard = talk.feed(raw)
    assert (heard.answers, heard.replies, talk.counters["late"]) == ([], [], 1)
    assert talk.feed(answer(1)).answers


def test_denied_confirmed_and_empty():
    talk = CarrierDialogue(MAIN)
    talk.request(READ)
    (reply,) = talk.feed(up(0x00, 2, b"\x0b", seq=1)).answers
    assert (reply.denied, reply.afn, reply.fn, reply.frame) == (11, 0x13, 1, None)
    talk.request(commands.query(0x12, 2))
    (reply,) = talk.feed(up(0x00, 1, b"\xff" * 4 + b"\x02\x00", seq=2)).answers
    assert (reply.confirmed, reply.denied, reply.afn) == (True, None, 0x12)
    talk.request(commands.concurrent(METER, 2, carried(0x11)))
    (reply,) = talk.feed(up(0xF1, 1, b"\x02\x00\x00", seq=3, node=METER)).answers
    assert (reply.frame, reply.denied) == (b"", None)


def test_a_module_without_numbers_answers_the_only_question():
    talk = CarrierDialogue(MAIN)
    number, _ = talk.request(READ)
    (reply,) = talk.feed(answer(0)).answers
    assert reply.number == number
    talk.request(READ)
    talk.request(READ)
    assert talk.feed(answer(0)).answers == []


def test_a_question_that_was_dropped_has_no_answer():
    talk = CarrierDialogue(MAIN)
    number, _ = talk.request(READ)
    talk.drop(number)
    assert talk.feed(answer(number)).answers == []


def test_the_word_after_a_reset_is_confirmed_and_ends_what_was_asked():
    talk = CarrierDialogue(MAIN)
    talk.request(READ)
    heard = talk.feed(RESET)
    assert [type(one) for one in heard.news] == [Started]
    assert heard.news[0].body.data["nodes"] == 2
    (confirm,) = heard.replies
    assert confirm == bytes.fromhex("6815000300000000000100 0100ffffffff0000 0116".replace(" ", ""))
    assert talk.feed(answer(1)).answers == []


def test_reports_are_confirmed_in_the_module_s_own_mode_and_told_once():
    talk = CarrierDialogue(MAIN)
    report = up(0x06, 2, b"\x05\x00\x02\x03\x00" + bytes((len(FRAME),)) + FRAME, control=0xC1, seq=40)
    heard = talk.feed(report)
    (news,) = heard.news
    assert isinstance(news, NodeReport)
    assert (news.fn, news.body.frame) == (2, FRAME)
    frame = decode(heard.replies[0])
    assert (frame.control, frame.seq, frame.afn, frame.fn) == (0x01, 40, 0x00, 1)
    heard = talk.feed(report)
    assert (len(heard.replies), heard.news, talk.counters["repeated"]) == (1, [], 1)
    assert decode(talk.request(READ)[1]).control == 0x41


def test_a_concurrent_report_is_confirmed_by_its_own_function():
    talk = CarrierDialogue(MAIN)
    heard = talk.feed(up(0xF1, 1, b"\x02\x10\x00" + FRAME, control=0xC3, seq=3, node=METER))
    assert heard.news[0].node == METER
    frame = decode(heard.replies[0])
    assert (frame.afn, frame.fn, frame.seq) == (0xF1, 2, 3)


def test_the_module_asks_what_to_read():
    wanted = {METER: carried(0x11), OTHER: b""}
    for is_2009 in (False, True):
        talk = CarrierDialogue(MAIN, to_read=wanted.get, is_2009=is_2009)
        give = {}
        for node in (METER, OTHER, "1" * 12):
            asked = up(0x14, 1, b"\x02" + bytes.fromhex(node)[::-1] + b"\x01\x00", control=0xC3, seq=8)
            heard = talk.feed(asked)
            assert heard.news == [Given(node, 2, wanted.get(node))]
            assert classify(heard.replies[0]) is Effect.READ
            give[node] = decode(heard.replies[0]).data
        delay = b"" if is_2009 else b"\x00"
        assert give[METER] == b"\x02" + delay + b"\x10" + carried(0x11) + b"\x00"
        assert give[OTHER] == b"\x01" + delay + b"\x00\x00"
        assert give["1" * 12] == b"\x00" + delay + b"\x00\x00"


def test_what_is_no_reading_is_never_given_to_the_module():
    trip = carried(0x1C, "1A00000000000000")
    talk = CarrierDialogue(MAIN, to_read=lambda node: trip)
    heard = talk.feed(up(0x14, 1, b"\x01" + WIRE + b"\x01\x00", control=0xC3))
    assert trip not in heard.replies[0]
    assert classify(heard.replies[0]) is Effect.READ
    heard = talk.feed(up(0x14, 3, WIRE + b"\x02\x00" + bytes((len(trip),)) + trip, control=0xC3))
    assert decode(heard.replies[0]).data == b"\x00"
    read = carried(0x11)
    heard = talk.feed(up(0x14, 3, WIRE + b"\x02\x00" + bytes((len(read),)) + read, control=0xC3, seq=9))
    assert decode(heard.replies[0]).data == b"\x10" + read


@pytest.mark.parametrize(("what", "code"), [((0x14, 2), 10), ((0x14, 4), 10), ((0x13, 1), 4), ((0x05, 1), 4)])
def test_what_is_not_ours_to_answer_is_denied(what, code):
    talk = CarrierDialogue(MAIN)
    heard = talk.feed(up(*what, b"", control=0xC3, seq=5))
    frame = decode(heard.replies[0])
    assert (frame.afn, frame.fn, frame.seq, frame.data) == (0x00, 2, 5, bytes((code,)))


def test_a_module_s_question_in_the_middle_of_ours():
    talk = CarrierDialogue(MAIN)
    number, _ = talk.request(READ)
    asked = up(0x14, 1, b"\x01" + WIRE + b"\x01\x00", control=0xC3, seq=77)
    heard = talk.feed(asked + answer(number) + RESET)
    assert [type(one) for one in heard.news] == [Given, Started]
    assert [reply.number for reply in heard.answers] == [number]
    assert [decode(reply).seq for reply in heard.replies] == [77, 1]


def test_noise_bad_sums_echoes_and_a_new_connection():
    talk = CarrierDialogue(MAIN)
    _, asked = talk.request(READ)
    bad = bytearray(answer(1))
    bad[-2] ^= 1
    assert talk.feed(b"\x00\x01" + asked + bytes(bad)).answers == []
    assert talk.waiting  # the carried frame's 68H looks like the beginning of one
    assert talk.flush().answers == []
    assert not talk.waiting
    assert (talk.counters["noise"], talk.counters["echo"], talk.counters["checksum"]) == (2, 1, 1)
    talk.feed(answer(1)[:20])
    talk.reset()
    assert talk.feed(answer(1)).answers == []
    number, _ = talk.request(READ)
    talk.feed(answer(number)[:20])
    assert talk.flush().answers == []
    assert talk.feed(answer(number)).answers


@given(st.lists(st.sampled_from([bytes.fromhex(row["hex"]) for row in SEEN] + [answer(1), RESET]), max_size=6),
       st.binary(max_size=12), st.integers(0, 400))  # fmt: skip
def test_whatever_comes_every_reply_passes_the_gate(frames, noise, turned):
    talk = CarrierDialogue(MAIN, to_read=lambda node: carried(0x11))
    talk.request(READ)
    stream = bytearray(noise.join(frames))
    if turned < len(stream):
        stream[turned] ^= 0x40
    heard = talk.feed(bytes(stream))
    replies = heard.replies + talk.flush().replies
    assert all(classify(reply) is Effect.READ for reply in replies)


def test_pages_of_nodes_and_lists():
    assert commands.page(2, 0, 30).data == b"\x00\x00\x1e"
    assert commands.add_nodes([(METER, 2), (OTHER, 1)]).data.hex() == "021700000050640218000000506401"
    assert commands.delete_nodes([METER]).data.hex() == "01170000005064"
    assert commands.main_node(MAIN).data == b"\x01" + bytes(5)
