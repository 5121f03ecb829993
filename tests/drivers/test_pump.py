"""The loop that joins a link to a session: what ends it, what it survives, how long it waits."""

import asyncio
import itertools

import pytest

from drivers.errors import LinkLost, NoAnswer, SendRefused
from drivers.link import Wire
from drivers.pump import Pump, Timing
from protocols.errors import MeterRefused
from protocols.session import Question
from tests.drivers.toy import ScriptedLink, ToySession, virtually

QUESTION = Question(address="12", id="E")
TIMING = Timing(reply=0.5, gap=0.5, turnaround=0.03)


async def ask(script, *, wire=None, timing=TIMING, session=None):
    """One conversation: the answer's text or the error, and the seconds it took."""
    link = ScriptedLink(script, wire=wire)
    await link.open()
    session = session or ToySession()
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        answer = await Pump(link).converse(session, QUESTION, timing)
    except (NoAnswer, LinkLost, MeterRefused) as error:
        return error, loop.time() - began, link, session
    return answer, loop.time() - began, link, session


def test_a_good_answer_costs_no_waiting():
    answer, seconds, _, _ = virtually(ask(lambda _: [(0.1, b"!12:E:7;")]))
    assert answer.items[0].value == "7"
    assert seconds == pytest.approx(0.1)


def test_one_byte_at_a_time_is_the_same_answer():
    reply = b"!12:E:1234;"
    script = [(0.02 + 0.4 * i, reply[i : i + 1]) for i in range(len(reply))]
    answer, seconds, _, _ = virtually(ask(lambda _: script, wire=Wire(baud=300)))
    assert answer.items[0].value == "1234"
    assert seconds == pytest.approx(0.02 + 0.4 * (len(reply) - 1))


def test_silence_ends_after_sending_time_latency_and_reply_time():
    wire = Wire(baud=2400, bits=11, latency=0.2)
    error, seconds, link, _ = virtually(ask(lambda _: [], wire=wire))
    assert isinstance(error, NoAnswer)
    assert not error.noise
    assert seconds == pytest.approx(len(link.sent[0][1]) * 11 / 2400 + 0.2 + 0.5)


def test_half_a_frame_ends_after_the_gap():
    error, seconds, _, _ = virtually(ask(lambda _: [(0.4, b"!12:E:")]))
    assert isinstance(error, NoAnswer)
    assert error.noise
    assert seconds == pytest.approx(0.9)


def test_a_late_foreign_frame_does_not_end_the_wait():
    script = [(0.01, b"!99:E:1;"), (0.02, b"!12:OTHER:2;"), (0.45, b"!12:E:3;")]
    answer, _, _, session = virtually(ask(lambda _: script))
    assert answer.items[0].value == "3"
    assert session.counters["foreign"] == 2


def test_our_own_echo_is_not_an_answer():
    answer, _, _, session = virtually(ask(lambda sent: [(0.0, sent), (0.1, b"~~!12:E:3;")]))
    assert answer.items[0].value == "3"
    assert session.counters["echo"] == 1


def test_endless_noise_is_bounded():
    noise = [(0.1 * i, b"~") for i in range(1000)]
    error, seconds, _, _ = virtually(ask(lambda _: noise, wire=Wire(baud=2400)))
    assert isinstance(error, NoAnswer)
    assert seconds < 3.5


def test_bytes_from_before_the_question_are_dropped_and_counted():
    async def main():
        link = ScriptedLink(lambda _: [(0.1, b"!12:E:new;")])
        await link.open()
        link.inbox.put(b"!12:E:old;")
        session = ToySession()
        answer = await Pump(link).converse(session, QUESTION, TIMING)
        return answer.items[0].value, session.counters["late_bytes"]

    assert virtually(main()) == ("new", 10)


def test_follow_up_parts_are_asked_for():
    replies = {b"?12:E;": b"+12:E:one,;", b"?12:E:1;": b"+12:E:two,;", b"?12:E:2;": b"!12:E:three;"}
    answer, _, link, _ = virtually(ask(lambda sent: [(0.1, replies[sent])]))
    assert answer.items[0].value == "one,two,three"
    assert [sent for _, sent in link.sent] == list(replies)
    gaps = [b[0] - a[0] for a, b in zip(link.sent, link.sent[1:], strict=False)]
    assert gaps == pytest.approx([0.13, 0.13])


def test_a_lost_follow_up_leaves_a_partial_answer():
    answer, _, _, _ = virtually(ask(lambda sent: [(0.1, b"+12:E:one;")] if sent == b"?12:E;" else []))
    assert answer.partial
    assert answer.items[0].value == "one"


def test_a_refusal_is_passed_on():
    error, _, _, _ = virtually(ask(lambda _: [(0.1, b"-12:E;")]))
    assert isinstance(error, MeterRefused)


def test_a_cut_in_mid_frame_is_a_lost_link():
    async def main():
        link = ScriptedLink(lambda _: [(0.1, b"!12:")])
        await link.open()
        asyncio.get_running_loop().call_later(0.2, link.cut)
        with pytest.raises(LinkLost):
            await Pump(link).converse(ToySession(), QUESTION, TIMING)

    virtually(main())


def test_questions_keep_the_turnaround():
    async def main():
        link = ScriptedLink(lambda _: [(0.1, b"!12:E:1;")])
        await link.open()
        pump = Pump(link)
        for _ in range(3):
            await pump.converse(ToySession(), QUESTION, TIMING)
        return [at for at, _ in link.sent]

    sent = virtually(main())
    assert [b - a for a, b in itertools.pairwise(sent)] == pytest.approx([0.13, 0.13])


def test_a_broadcast_needs_its_switch_and_waits_for_nobody():
    async def main():
        link = ScriptedLink(lambda _: [], wire=Wire(baud=2400))
        await link.open()
        with pytest.raises(SendRefused):
            await Pump(link).tell(b"T1234;", TIMING)
        return link.sent

    assert virtually(main()) == []


def test_cancellation_passes_through():
    async def main():
        link = ScriptedLink(lambda _: [])
        await link.open()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await Pump(link).converse(ToySession(), QUESTION, TIMING)

    virtually(main())
