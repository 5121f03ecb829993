"""Files that a reader sends to a command (gateway.dumps.tray)."""

import asyncio
import os
import tty

import pytest

from drivers.handover import HandoverFailed
from gateway.dumps.tray import Tray, link_of, receive
from protocols.xymodem.block import Head
from simulators.ymodem import Broken, Manner, Sender, opened_pty


async def put(tray, name, *bodies):
    tray.begin(Head(name, None))
    for body in bodies:
        tray.take(body)
    await tray.end()


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/abs", "C:\\x\\y.txt", "a\0b", "%2e%2e%2f", "x" * 5000, "", ".", ".."]
)
async def test_no_name_becomes_a_path(tmp_path, name):
    folder = tmp_path / "tray"
    folder.mkdir()
    tray = Tray(folder)
    await put(tray, name, b"1", b"2")
    (came,) = tray.came
    assert came.path == folder / "0001.dump"
    assert came.path.read_bytes() == b"12"
    assert [entry.name for entry in tmp_path.rglob("*")] == ["tray", "0001.dump"]
    assert "/" not in came.name
    assert "\0" not in came.name
    assert 0 < len(came.name) <= 120


async def test_what_is_not_whole_is_gone(tmp_path):
    tray = Tray(tmp_path)
    await put(tray, "a", b"1")
    tray.begin(Head("b", None))
    tray.take(b"2")
    tray.drop()
    assert [came.name for came in tray.came] == ["a"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("/dev/ttyUSB0", "serial:/dev/ttyUSB0?baud=9600&mode=8N1"),
        ("tcp://192.0.2.1:4001", "tcp://192.0.2.1:4001"),
    ],
)
def test_a_device_or_a_link(text, link):
    assert link_of(text) == link


def test_what_is_neither():
    with pytest.raises(ValueError, match="serial"):
        link_of("COM1")


async def test_a_sender_that_vanishes_leaves_what_was_whole(tmp_path):
    """The first file came; of the second nothing is kept when the line is cut."""
    wire, path = opened_pty()
    tray = Tray(tmp_path)

    async def send():
        sender = Sender(wire, Manner(vanish=0.9))
        with pytest.raises(Broken):
            await sender.send([("small", b""), ("big", b"0" * 9000)])
        wire.close()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(send())
        with pytest.raises(HandoverFailed) as error:
            await receive(f"serial:{path}?baud=9600&mode=8N1", tray, batch=True, limit=1 << 20)
    assert error.value.reason == "line"
    assert [came.name for came in tray.came] == ["small"]
    assert len(list(tmp_path.iterdir())) == 1


async def test_a_line_that_is_not_there(tmp_path):
    with pytest.raises(HandoverFailed) as error:
        await receive(f"serial:{tmp_path}/tty?baud=9600&mode=8N1", Tray(tmp_path), batch=True, limit=1)
    assert error.value.reason == "line"


async def test_cancelling_lets_the_line_go(tmp_path):
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    link = f"serial:{os.ttyname(theirs)}?baud=9600&mode=8N1"
    async with asyncio.TaskGroup() as group:
        task = group.create_task(receive(link, Tray(tmp_path), batch=True, limit=1 << 20))
        assert await asyncio.to_thread(os.read, ours, 1) == b"C"
        task.cancel()
    os.close(theirs)
    os.set_blocking(ours, False)

    def gone():
        while os.read(ours, 100):
            continue

    with pytest.raises(OSError, match="Input/output"):
        gone()  # nobody holds the other end any more
    os.close(ours)
