"""One question at a time to a terminal: silence, repetition, broken answers, heartbeats meanwhile."""

import pytest

from drivers.errors import NoAnswer
from drivers.gate import build_gate
from drivers.talker import Talker
from drivers.terminal.conversation import Conversation, Patience
from protocols.gdw1376_1.effect import classify
from protocols.gdw1376_1.session import Ask, Heartbeat, TerminalDialogue
from simulators.gdw_wire import pack, unit
from tests.drivers.toy import ScriptedLink, virtually

ADDRESS = bytes.fromhex("0133650002")
CLOCK = bytes.fromhex("000008100326")
ASK = [Ask((0,), (2,))]


def answer(seq, *, afn=0x0C):
    return pack(0x88, ADDRESS, afn, seq, unit(0, 2) + CLOCK)


class Line:
    """Replies from a list, one entry a frame that was sent; confirmations are kept apart."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.news = []
        self.link = ScriptedLink(self.script, gate=build_gate([classify]))
        dialogue = TerminalDialogue("33010065", use_fcb=True)
        self.talk = Conversation(self.link, dialogue, Talker(self.link, dialogue, self.news.append))

    def script(self, sent):
        return [] if sent[6] == 0x0B or not self.replies else self.replies.pop(0)

    @property
    def asked(self):
        return [sent for _, sent in self.link.sent if sent[6] != 0x0B]

    def ask(self, retries=2):
        async def main():
            await self.link.open()
            return await self.talk.ask(0x0C, ASK, Patience(reply=5, gap=1), retries=retries)

        return virtually(main())


def test_silence_is_asked_again_with_the_same_frame():
    line = Line([], [(1, answer(0x61))])
    reply = line.ask()
    assert reply.complete
    first, second = line.asked
    assert first == second
    (first_at, _), (second_at, _) = line.link.sent
    assert 5 <= second_at - first_at < 6
    assert line.talk.retried == 1


def test_silence_to_the_end_is_no_answer():
    line = Line()
    with pytest.raises(NoAnswer):
        line.ask(retries=1)
    assert len(line.asked) == 2
    assert not line.talk.dialogue.is_open


def test_a_heartbeat_between_two_frames_is_confirmed_and_loses_nothing():
    first = answer(0x41)
    heartbeat = pack(0xC9, bytes.fromhex("0133650000"), 0x02, 0x75, unit(0, 3))
    line = Line([(1, first), (1.5, heartbeat), (2, answer(0x22))])
    reply = line.ask()
    assert reply.complete
    assert len(reply.units) == 2
    assert line.news == [Heartbeat("33010065")]
    (confirmed,) = [sent for _, sent in line.link.sent if sent[6] == 0x0B]
    assert confirmed == pack(0x0B, bytes.fromhex("0133650000"), 0x00, 0x65, unit(0, 1))


def test_an_answer_that_breaks_off_is_given_as_far_as_it_came():
    line = Line([(1, answer(0x41))])
    reply = line.ask()
    assert not reply.complete
    assert len(reply.units) == 1
    assert len(line.asked) == 1


def test_an_answer_to_another_question_is_waited_over():
    line = Line([(1, answer(0x6B)), (2, answer(0x61, afn=0x0D)), (3, answer(0x61))])
    assert line.ask().complete
    assert len(line.asked) == 1
    assert line.talk.dialogue.counters["late"] == 2
