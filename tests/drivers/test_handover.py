"""Files from a hand-held reader on a line (drivers.handover), sent by Debian's lrzsz."""

import asyncio
import os
import subprocess
import tty

import pytest

from drivers import make_link
from drivers.errors import SendRefused
from drivers.handover import HandoverFailed, answers_only, take_files

TEXT = b"0010203,1,0012345678901\r\n" * 200


class Kept:
    """A taker that keeps whole files in memory."""

    def __init__(self):
        self.files, self.dropped, self._body = {}, 0, b""

    def begin(self, head):
        self._name, self._body = head.name, b""

    def take(self, body):
        self._body += body

    async def end(self):
        self.files[self._name] = self._body

    def drop(self):
        self.dropped += 1


@pytest.fixture
def line():
    """A pseudo terminal: the sender's end as a descriptor, ours as the text of a link."""
    sender, ours = os.openpty()
    tty.setraw(ours)
    yield sender, f"serial:{os.ttyname(ours)}?baud=115200&mode=8N1"
    os.close(sender)
    os.close(ours)


def sending(sender, *command):
    return subprocess.Popen(command, stdin=sender, stdout=sender, stderr=subprocess.DEVNULL)


async def take(link_text, *, batch, limit=1 << 20, seconds=60):
    link = make_link("hand-held", link_text, answers_only())
    kept = Kept()
    await link.open()
    try:
        async with asyncio.timeout(seconds):
            await take_files(link, kept, batch=batch, limit=limit)
    finally:
        await link.close()
    return kept


@pytest.mark.parametrize("long_blocks", [False, True])
async def test_files_sent_by_ymodem(tmp_path, line, long_blocks):
    wanted = {"route17.txt": TEXT, "抄表.dbf": bytes(range(256)) * 5 + b"\x1a\x1a", "empty": b""}
    for name, body in wanted.items():
        (tmp_path / name).write_bytes(body)
    paths = [str(tmp_path / name) for name in wanted]
    process = sending(line[0], "sb", *(["--1k"] if long_blocks else []), *paths)
    kept = await take(line[1], batch=True)
    assert process.wait(10) == 0
    assert kept.files == wanted


@pytest.mark.parametrize("long_blocks", [False, True])
async def test_a_text_sent_by_xmodem_loses_its_padding(tmp_path, line, long_blocks):
    path = tmp_path / "dump.txt"
    path.write_bytes(TEXT)
    process = sending(line[0], "sx", *(["--1k"] if long_blocks else []), str(path))
    kept = await take(line[1], batch=False)
    assert process.wait(10) == 0
    assert kept.files == {"": TEXT}


async def test_a_sender_that_vanishes_leaves_nothing(tmp_path, line):
    path = tmp_path / "big.txt"
    path.write_bytes(TEXT * 200)
    process = sending(line[0], "sb", str(path))
    kept = Kept()
    link = make_link("hand-held", line[1], answers_only())
    await link.open()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(take_files(link, kept, batch=True, limit=1 << 24))
        while not kept._body:
            await asyncio.sleep(0.01)
        process.kill()
        process.wait()
        task.cancel()
    await link.close()
    assert not kept.files
    assert kept.dropped == 1


async def test_more_than_allowed_is_told_to_the_sender(tmp_path, line):
    path = tmp_path / "big.txt"
    path.write_bytes(TEXT * 10)
    process = sending(line[0], "sb", str(path))
    with pytest.raises(HandoverFailed) as error:
        await take(line[1], batch=True, limit=1_000)
    assert error.value.reason == "size"
    assert process.wait(10) != 0


@pytest.mark.parametrize("step", ["begin", "take", "end"])
async def test_without_room_the_sender_is_told(tmp_path, line, monkeypatch, step):
    path = tmp_path / "dump.txt"
    path.write_bytes(TEXT)

    def full(*_):
        raise OSError(28, "No space left on device")

    async def end_full(*_):
        full()

    monkeypatch.setattr(Kept, step, end_full if step == "end" else full)
    process = sending(line[0], "sb", str(path))
    with pytest.raises(HandoverFailed) as error:
        await take(line[1], batch=True)
    assert (error.value.reason, error.value.detail) == ("disk", "No space left on device")
    if step == "end":
        process.kill()  # lrzsz hears nothing but ACK at this point; it gives up after many tries
    assert await asyncio.to_thread(process.wait, 20) != 0


async def test_a_line_that_goes_away(tmp_path):
    sender, ours = os.openpty()
    tty.setraw(ours)
    link = f"serial:{os.ttyname(ours)}?baud=9600&mode=8N1"
    os.close(ours)
    asyncio.get_running_loop().call_later(0.2, os.close, sender)
    with pytest.raises(HandoverFailed) as error:
        await take(link, batch=True)
    assert error.value.reason == "line"


def test_nothing_but_answers_passes_the_gate():
    gate = answers_only()
    gate.check(b"\x06C")
    for frame in (b"", b"\x06\x68", bytes.fromhex("68999999999999680806"), b"C" * 5 + b"\x10"):
        with pytest.raises(SendRefused):
            gate.check(frame)
