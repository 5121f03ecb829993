import asyncio
import os
from pathlib import Path

import serial

from protocols.dlt645.frame import Frame, Splitter, encode
from simulators.dlt645_meter import Meter
from simulators.electric import Spec
from simulators.line import Line
from simulators.pty import PtyLine

SPEC = Spec(address="645000000001", seed=1)
REQUEST = encode(Frame(SPEC.address, 0x11, bytes.fromhex("00000100")), 4)


def read_one(path):
    splitter = Splitter()
    with serial.Serial(path, 9600, timeout=10) as port:
        port.write(REQUEST)
        while data := port.read(1) + port.read(port.in_waiting):
            for frame in splitter.feed(data):
                if isinstance(frame, Frame):
                    return frame
    return None


async def test_read_through_a_pseudo_terminal_that_was_pulled_once(tmp_path):
    link = str(tmp_path / "meter")
    served = PtyLine(Line([Meter(SPEC)]), link)
    served.start()
    assert served.link == f"serial:{link}?baud=9600&mode=8N1"
    assert (await asyncio.to_thread(read_one, link)).address == SPEC.address
    held = os.open(link, os.O_RDWR | os.O_NOCTTY)
    await served.unplug()
    assert os.read(held, 10) == b""
    os.close(held)
    assert not Path(link).exists()
    async with served:
        assert (await asyncio.to_thread(read_one, link)).control == 0x91
