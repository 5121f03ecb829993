"""The modem link, with a simulated modem on a pseudo terminal."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from drivers import make_link
from drivers.errors import CallFailed, LinkLost, SendRefused
from drivers.link import Gate
from simulators.faults import Piece
from simulators.modem import Modem, PtyModem, Subscriber
from tests.drivers.toy import toy_classify

LIVELY = 20.0
GUARD = 0.03


class Toy:
    """Answers ?1; with !1;"""

    def __init__(self):
        self.heard = []

    def reset(self):
        self.heard.append(None)

    def respond(self, data):
        self.heard.append(data)
        return [Piece(b"!" + data[1:])]


@asynccontextmanager
async def modem(subscribers, *, baud=0, more="&dial_seconds=1"):
    simulated = Modem(subscribers, baud=baud, guard=GUARD)
    async with asyncio.timeout(LIVELY), PtyModem(simulated) as served:
        link = make_link("m", served.link.replace("guard_ms=30", "guard_ms=60") + more, Gate(toy_classify))
        await link.open()
        try:
            yield link, simulated, served
        finally:
            await link.close()


async def until_lost(link):
    """What still comes, and why no more does."""
    heard = b""
    while True:
        try:
            heard += await link.receive()
        except LinkLost as lost:
            return heard, str(lost)


async def test_a_call_carries_bytes_both_ways_and_ends():
    line = Toy()
    async with modem({"123": Subscriber(line)}, baud=9600) as (link, simulated, _):
        assert simulated.heard == ["AT", "ATZ", "ATE0V1", "ATS0=0"]
        assert await link.dial("123") == 9600
        assert link.connected
        await link.send(b"?1;")
        assert await link.receive() == b"!1;"
        await link.hang_up()
        assert not link.connected
        assert (simulated.hung_up, simulated.dialled, simulated.line) == (1, ["123"], None)
        assert line.heard == [None, b"?1;"]
        await link.dial("123")  # and again
        assert link.connected


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("BUSY", "busy"),
        ("NO CARRIER", "no_carrier"),
        ("NO DIALTONE", "no_dialtone"),
        ("NO ANSWER", "no_answer"),
        ("ERROR", "error"),
        ("", "no_answer"),
    ],
)
async def test_who_is_not_reached_says_why_and_the_modem_goes_on(says, reason):
    async with modem({"1": Subscriber(Toy(), says=[says])}) as (link, _, _):
        with pytest.raises(CallFailed) as caught:
            await link.dial("1")
        assert caught.value.reason == reason
        assert link.alive
        await link.dial("1")
        await link.send(b"?1;")
        assert await link.receive() == b"!1;"


async def test_nothing_leaves_without_a_call_or_past_the_gate():
    async with modem({"1": Subscriber(Toy())}) as (link, simulated, _):
        with pytest.raises(LinkLost, match="no call"):
            await link.send(b"?1;")
        await link.dial("1")
        with pytest.raises(SendRefused):
            await link.send(b"X1;")
        with pytest.raises(ValueError, match="number"):
            await link.dial("1;ATZ")
        assert simulated.dialled == ["1"]


async def test_a_drop_in_the_middle_of_a_frame_is_a_lost_link():
    async with modem({"1": Subscriber(Toy(), drops=[2])}) as (link, _, _):
        lost = []
        link.on_lost = lambda: lost.append(1)
        await link.dial("1")
        await link.send(b"?1;")
        heard, why = await until_lost(link)
        assert "NO CARRIER" in why
        assert heard.startswith(b"!1")
        assert not heard.startswith(b"!1;")
        assert (lost, link.connected, link.dropped_calls) == ([1], False, 1)
        await link.open()
        await link.dial("1")
        await link.send(b"?1;")
        assert await link.receive() == b"!1;"


async def test_a_carrier_line_that_goes_off_ends_the_call():
    async with modem({"1": Subscriber(Toy())}) as (link, _, _):
        states = [True, True, False]
        link._carrier = lambda: states.pop(0) if len(states) > 1 else states[0]
        await link.dial("1")
        with pytest.raises(LinkLost, match="carrier"):
            await link.receive()
        assert not link.connected


async def test_a_carrier_line_that_was_never_on_tells_nothing():
    async with modem({"1": Subscriber(Toy())}) as (link, _, _):
        link._carrier = lambda: False
        await link.dial("1")
        await asyncio.sleep(0.3)
        assert link.connected


async def test_a_caller_is_answered_after_so_many_rings():
    line = Toy()
    async with modem({}, more="&answer=2") as (link, _, served):
        async with asyncio.TaskGroup() as group:
            call = group.create_task(served.ring(line))
            await link.called.wait()
            await link.answer()
        assert call.result()
        await link.send(b"?1;")
        assert await link.receive() == b"!1;"


async def test_a_caller_who_has_given_up():
    async with modem({}, more="&answer=1") as (link, _, served):
        assert not await served.ring(Toy(), rings=1)
        await link.called.wait()
        with pytest.raises(CallFailed):
            await link.answer()
        assert not link.connected


async def test_a_modem_left_in_a_call_is_brought_back():
    line = Toy()
    async with modem({"1": Subscriber(line)}) as (link, simulated, _):
        simulated.line = line  # a call of which we know nothing
        await link.open()
        assert simulated.line is None
        await link.dial("1")


async def test_no_modem_at_all_is_said():
    async with modem({"1": Subscriber(Toy())}) as (link, simulated, _):
        simulated.dead = True
        with pytest.raises(LinkLost, match="no modem answers"):
            await link.open()


async def test_a_refused_command_of_the_setup_is_named():
    async with modem({}) as (link, simulated, _):
        simulated.refuses.add("ATE0V1")
        with pytest.raises(LinkLost, match="ERROR to ATE0V1"):
            await link.open()


async def test_a_modem_deaf_to_the_escape_is_not_taken_for_free():
    async with modem({"1": Subscriber(Toy())}) as (link, simulated, _):
        simulated.deaf = True
        await link.dial("1")
        await link.hang_up()
        assert not link.connected
        with pytest.raises(LinkLost):  # a pseudo terminal has no DTR line that would end the call
            await link.open()


async def test_an_adapter_that_is_pulled_ends_the_call():
    async with modem({"1": Subscriber(Toy())}) as (link, _, served):
        await link.dial("1")
        await served.unplug()
        await until_lost(link)
        assert not link.alive
        assert not link.connected
