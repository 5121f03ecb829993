"""The radio link on a pseudo terminal: who is keyed when, and who waits."""

import asyncio
import os

import pytest

from drivers import make_link, wire_of
from drivers.errors import SendRefused
from drivers.link import Gate
from tests.drivers.links.test_serial import terminal
from tests.drivers.toy import toy_classify

LIVELY = 10.0


def link_on(path, query="baud=9600&mode=8N1&turnaround_ms=80&key_up_ms=60"):
    return make_link("r", f"radio:{path}?{query}", Gate(toy_classify))


class Keyed:
    """Stands for a port with an RTS line; notes when it goes on and off."""

    def __init__(self, port):
        self._port = port
        self.keys = []

    def __getattr__(self, name):
        return getattr(self._port, name)

    @property
    def rts(self):
        return self.keys[-1][1] if self.keys else False

    @rts.setter
    def rts(self, down):
        self.keys.append((asyncio.get_running_loop().time(), down))


async def test_it_is_keyed_before_the_first_byte_and_until_the_last():
    with terminal() as (meter, path, _):
        link = link_on(path)
        async with asyncio.timeout(LIVELY):
            await link.open()
            link._port = port = Keyed(link._port)
            await link.send(b"?" + b"1" * 95)
        (on, down), (off, up) = port.keys
        assert (down, up) == (True, False)
        # 60 ms of key-up and 96 characters of 10 bits at 9600 bit/s.
        assert off - on >= 0.06 + 0.1 - 0.005
        assert os.read(meter, 200) == b"?" + b"1" * 95
        await link.close()


async def test_nothing_is_sent_while_a_frame_comes_in():
    with terminal() as (other, path, _):
        link = link_on(path)
        sent = []
        async with asyncio.timeout(LIVELY):
            await link.open()
            os.write(other, b"!1")
            assert await link.receive() == b"!1"

            async def speak():
                await link.send(b"?1;")
                sent.append(asyncio.get_running_loop().time())

            async with asyncio.TaskGroup() as group:
                group.create_task(speak())
                for byte in (b"2", b"3", b"4", b";"):
                    await asyncio.sleep(0.03)
                    assert not sent
                    os.write(other, byte)
                last = asyncio.get_running_loop().time()
        assert sent[0] - last >= 0.08 + 0.06 - 0.005
        assert link.pending() == b"234;"
        await link.close()


async def test_who_is_heard_during_key_up_goes_first():
    with terminal() as (other, path, _):
        link = link_on(path, "baud=9600&mode=8N1&turnaround_ms=20&key_up_ms=100")
        async with asyncio.timeout(LIVELY):
            await link.open()
            async with asyncio.TaskGroup() as group:
                group.create_task(link.send(b"?1;"))
                await asyncio.sleep(0.03)
                os.write(other, b"!9;")
        assert link.deferred == 1
        assert os.read(other, 100) == b"?1;"
        await link.close()


async def test_a_frame_that_is_too_long_is_held_back():
    with terminal() as (meter, path, _):
        link = link_on(path, "key_up_ms=0&turnaround_ms=0&baud=115200")
        await link.open()
        with pytest.raises(SendRefused, match="255"):
            await link.send(b"?" * 256)
        assert link.sent_bytes == 0
        await link.send(b"?" * 255)
        assert os.read(meter, 300) == b"?" * 255
        await link.close()


def test_what_a_radio_costs():
    wire = wire_of("radio:/dev/ttyS1?baud=1200&turnaround_ms=100&key_up_ms=200")
    assert (wire.baud, wire.bits, wire.longest) == (1200, 11, 255)
    assert wire.latency == pytest.approx(0.5)
    assert wire_of("serial:/dev/ttyS1").longest == 0
