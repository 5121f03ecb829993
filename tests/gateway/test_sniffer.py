"""Listening without sending."""

import asyncio

import pytest

from drivers.errors import LinkLost, SendRefused
from gateway.sniffer import Sniffer, shut_gate
from protocols.dlt645.frame import Frame, encode
from tests.drivers.line import bcd
from tests.drivers.toy import ScriptedLink, virtually
from tests.gateway.test_bus import LoopClock

QUESTION = encode(Frame("000000000012", 0x11, bytes.fromhex("00000100")), 4)
ANSWER = encode(Frame("000000000012", 0x91, bytes.fromhex("00000100") + bcd("00123456")), 2)


async def listen(*chunks, seconds=10.0):
    """What was shown of chunks that come a second apart."""
    link = ScriptedLink(lambda _: [], gate=shut_gate())
    await link.open()
    shown = []
    sniffer = Sniffer(link, LoopClock(), lambda time, frame: shown.append((time, frame)))
    for number, chunk in enumerate(chunks):
        asyncio.get_running_loop().call_later(1.0 + number, link.inbox.put, chunk)
    await sniffer.run(seconds)
    return shown, sniffer, link


def test_frames_are_explained_in_their_order():
    shown, sniffer, _ = virtually(listen(QUESTION + ANSWER))
    assert [frame["direction"] for _, frame in shown] == ["down", "up"]
    assert shown[1][1]["points"][0]["value"] == "1234.56"
    assert sniffer.frames == 2


def test_half_a_frame_is_noise_once_the_line_is_quiet():
    shown, sniffer, _ = virtually(listen(ANSWER[:10], ANSWER))
    assert len(shown) == 1
    assert sniffer.noise > 0


def test_nothing_passes_its_gate():
    _, _, link = virtually(listen(seconds=0.1))
    with pytest.raises(SendRefused):
        virtually(link.send(QUESTION))


def test_the_end_of_the_channel_ends_it():
    async def main():
        link = ScriptedLink(lambda _: [], gate=shut_gate())
        await link.open()
        link.cut()
        await Sniffer(link, LoopClock(), lambda *_: None).run()

    with pytest.raises(LinkLost):
        virtually(main())
