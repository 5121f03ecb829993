"""Questions and what the module begins, at once on one line."""

import asyncio

import pytest

from drivers.carrier.exchange import Anew, Exchange
from drivers.errors import LinkLost, NoAnswer, SendRefused
from drivers.gate import build_gate
from protocols.gdw1376_2 import commands
from protocols.gdw1376_2.commands import Command
from protocols.gdw1376_2.effect import classify
from protocols.gdw1376_2.frame import decode
from protocols.gdw1376_2.session import CarrierDialogue, Started
from tests.drivers.toy import ScriptedLink, virtually
from tests.protocols.gdw1376_2.frames import MAIN, METER, SEEN, carried, up

RESET = next(bytes.fromhex(row["hex"]) for row in SEEN if "after module reset" in row["decoded"]["note"])
WAIT = commands.query(0x03, 7)


class Party:
    """An exchange on a scripted link; `script(frame)` gives what comes back."""

    def __init__(self, script=lambda frame: ()):
        self.heard = []
        self.news = []
        self.link = ScriptedLink(self._script(script), gate=build_gate([classify]))
        self.exchange = Exchange(self.link, CarrierDialogue(MAIN), self.news.append)

    def _script(self, script):
        def answer(sent):
            frame = decode(sent)
            self.heard.append(frame)
            return script(frame)

        return answer

    async def during(self, work):
        await self.link.open()
        return await self.exchange.during(work)


def seconds(frame):
    return [(1.0, up(0x03, 7, b"\x5a", seq=frame.seq))]


def test_an_answer_silence_and_a_refusal_of_the_gate():
    party = Party(seconds)
    reply = virtually(party.during(party.exchange.ask(WAIT, 5)))
    assert reply.body.data == {"seconds": 90}
    party = Party()
    with pytest.raises(NoAnswer):
        virtually(party.during(party.exchange.ask(WAIT, 5)))
    with pytest.raises(SendRefused):
        virtually(party.during(party.exchange.ask(Command(afn=0x15, fn=1), 5)))
    trip = commands.read_node(METER, 2, carried(0x1C, "1A00000000000000"))
    with pytest.raises(SendRefused):
        virtually(party.during(party.exchange.ask(trip, 5)))
    assert len(party.heard) == 1


def test_several_questions_are_in_flight_and_answers_come_in_any_order():
    party = Party(lambda frame: [(6.0 - frame.seq, up(0x03, 7, bytes((frame.seq,)), seq=frame.seq))])

    async def work():
        return await asyncio.gather(*(party.exchange.ask(WAIT, 10) for _ in range(4)))

    replies = virtually(party.during(work()))
    assert [reply.body.data["seconds"] for reply in replies] == [1, 2, 3, 4]
    assert [at for at, _ in party.link.sent] == [party.link.sent[0][0]] * 4


def test_what_the_module_begins_is_served_under_a_question():
    report = up(0x06, 3, b"\x01", control=0xC3, seq=50)

    def script(frame):
        return [(0.5, report), *seconds(frame)] if frame.prm else []

    party = Party(script)
    virtually(party.during(party.exchange.ask(WAIT, 5)))
    assert [(one.afn, one.seq) for one in party.heard] == [(0x03, 1), (0x00, 50)]
    assert [type(one).__name__ for one in party.news] == ["NodeReport"]


def test_a_reset_ends_open_questions_by_its_own_name():
    party = Party(lambda frame: [(0.5, RESET)] if frame.prm else [])
    with pytest.raises(Anew):
        virtually(party.during(party.exchange.ask(WAIT, 5)))
    assert isinstance(party.news[0], Started)


def test_a_good_answer_behind_half_a_frame_does_not_wait_for_its_rest():
    party = Party(lambda frame: [(0.5, b"\x68\x60\x00"), (0.6, up(0x03, 7, b"\x5a", seq=frame.seq))])

    async def work():
        begun = asyncio.get_running_loop().time()
        await party.exchange.ask(WAIT, 30)
        return asyncio.get_running_loop().time() - begun

    assert virtually(party.during(work())) < 2


def test_a_lost_link_ends_all_and_the_next_one_serves():
    party = Party()

    async def work():
        asyncio.get_running_loop().call_later(1, party.link.cut)
        with pytest.raises(LinkLost):
            await party.exchange.ask(WAIT, 30)
        return await party.exchange.ask(WAIT, 30)

    with pytest.raises(LinkLost):
        virtually(party.during(work()))
    party.link.script = lambda sent: seconds(decode(sent))
    assert virtually(party.during(party.exchange.ask(WAIT, 5))).body.data == {"seconds": 90}


def test_waiting_ends_when_it_is_woken_or_the_link_is_lost():
    party = Party()
    wake = asyncio.Event()

    async def work():
        assert not await party.exchange.wait(wake, 2)
        asyncio.get_running_loop().call_later(1, wake.set)
        assert await party.exchange.wait(wake, 20)
        wake.clear()
        asyncio.get_running_loop().call_later(1, party.link.cut)
        await party.exchange.wait(wake)

    with pytest.raises(LinkLost):
        virtually(party.during(work()))


def test_the_caller_s_end_is_everybody_s():
    party = Party()

    async def work():
        async with asyncio.timeout(3):
            await party.during(asyncio.sleep(100))

    with pytest.raises(TimeoutError):
        virtually(work())
