"""A reader that sends by YMODEM and XMODEM (simulators.ymodem), received by Debian's lrzsz."""

import asyncio
import os
import socket
import subprocess

import pytest

from protocols.xymodem.receiver import Begin, Data, End, Receiver, TransferError
from simulators import ymodem
from simulators.ymodem import Broken, Descriptor, Manner, Sender, opened_device

TEXT = b"0010203,1,0012345678901\r\n" * 60


async def receive(folder, manner, files, *command):
    """The files as lrzsz has them. No terminal between: lrzsz flushes one when it goes, and its last answer with it."""
    ours, theirs = socket.socketpair()
    wire = Descriptor(ours.detach())
    with theirs:
        process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, cwd=folder
        )
    try:
        async with asyncio.timeout(100):
            await Sender(wire, manner).send(files, start=30)
        assert await asyncio.to_thread(process.wait, 20) == 0
    finally:
        process.kill()
        process.wait()
        wire.close()
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


async def test_lrzsz_receives_every_byte_by_ymodem(tmp_path):
    files = [("route17.txt", TEXT), ("抄表.bin", bytes(range(256)) * 5 + b"\x1a")]
    assert await receive(tmp_path, Manner(), files, "rb") == {
        os.fsdecode(name.encode("gb18030")): body for name, body in files
    }


async def test_lrzsz_receives_by_xmodem_with_padding(tmp_path):
    found = await receive(tmp_path, Manner(xmodem=True), [("x", TEXT), ("never", b"no")], "rx", "got")
    assert found == {"got": TEXT.ljust(len(TEXT) + -len(TEXT) % 128, b"\x1a")}


class Machine:
    """The gateway's receiver at the other end, without a line between; times pass at once."""

    def __init__(self, *, batch=True, limit=1 << 20):
        self.receiver = Receiver(batch=batch, limit=limit)
        self.answers = bytearray(self.receiver.start())
        self.files, self.name, self.body = {}, None, b""

    async def read(self, seconds):
        if not self.answers and seconds:
            self.answers += self.receiver.silent()
        answers, self.answers = bytes(self.answers), bytearray()
        return answers

    async def write(self, data):
        self.answers += self.receiver.feed(data)
        for event in self.receiver.taken:
            match event:
                case Begin(head):
                    self.name, self.body = head.name, b""
                case Data(body):
                    self.body += body
                case End():
                    self.files[self.name] = self.body
        self.receiver.taken.clear()


@pytest.mark.parametrize("text", ["", "short", "damaged=0.2", "lost=0.2", "noise=0.5", "say=-1"])
async def test_what_goes_wrong_on_the_line_does_not_reach_the_file(at_once, text):
    machine, files = Machine(), [("route17.txt", TEXT), ("a.csv", TEXT[:700])]
    sender = Sender(machine, Manner.parse(text, seed=3))
    await sender.send(files)
    assert machine.files == dict(files)
    assert machine.receiver.done
    assert (sender.tries > 0) == bool({"damaged", "lost", "noise"} & {text.partition("=")[0]})


async def test_a_block_that_comes_twice_counts_once(at_once):
    machine = Machine()
    await Sender(machine, Manner(twice=1.0)).send([("a", TEXT)])
    assert machine.files == {"a": TEXT}


@pytest.mark.parametrize(
    ("text", "reason"), [("endless", "size"), ("say=9999999", "size"), ("say=4000", "size")]
)
async def test_lies_and_endless_files_are_refused(at_once, text, reason):
    machine = Machine(limit=200_000)
    with pytest.raises(TransferError) as error:
        await Sender(machine, Manner.parse(text)).send([("a", TEXT)])
    assert error.value.reason == reason
    assert not machine.files


@pytest.fixture
def at_once(monkeypatch):
    """No pauses for people or devices."""
    monkeypatch.setattr(ymodem, "_TURN", 0)
    monkeypatch.setattr(ymodem, "_LOOK", 0)


class Said:
    """A receiver that says what it was told to, one answer a write."""

    def __init__(self, *answers):
        self.answers, self.written, self.begun = list(answers), [], False

    async def read(self, seconds):
        if not seconds:
            return b""
        return self.answers.pop(0) if self.answers else b""

    async def write(self, data):
        self.written.append(data)


async def test_a_receiver_that_cancels_ends_it():
    with pytest.raises(Broken, match="cancelled"):
        await Sender(Said(b"C", b"\x18\x18"), Manner()).send([("a", b"1")])


async def test_without_a_receiver_nothing_is_sent():
    wire = Said()
    with pytest.raises(Broken, match="no receiver"):
        await Sender(wire, Manner()).send([("a", b"1")], start=0.0)
    assert not wire.written


async def test_it_vanishes_in_the_middle(at_once):
    wire = Said(b"C", b"\x06C", *[b"\x06"] * 9)
    with pytest.raises(Broken, match="vanished"):
        await Sender(wire, Manner.parse("vanish=0.5")).send([("a", b"1" * 4096)])
    assert len(wire.written) == 3


class Slow(Said):
    """A receiver that is slow to close the file, says so once, and goes."""

    async def read(self, seconds):
        if len(self.written) < 3:
            return await super().read(seconds)
        answer, self.answers = b"".join(self.answers), []
        return answer


async def test_a_late_answer_to_the_end_of_a_file_is_the_answer(at_once, monkeypatch):
    monkeypatch.setattr(ymodem, "_ANSWER", 0.0)
    wire = Slow(b"C", b"\x06", b"\x06")
    wire.answers.insert(1, b"\x06")
    await Sender(wire, Manner(xmodem=True)).send([("a", b"1" * 100)])


@pytest.mark.parametrize(("text", "head"), [("say=5", b"a\x005 "), ("say=-1", b"a\x00\x00")])
async def test_it_lies_of_the_size(at_once, text, head):
    wire = Said(b"C", b"\x06C", b"\x06", b"\x06", b"C", b"\x06")
    await Sender(wire, Manner.parse(text)).send([("a", b"1" * 100)])
    assert wire.written[0][3:].startswith(head)


@pytest.mark.parametrize("text", ["wrong=1", "damaged=2", "damaged=x"])
def test_a_manner_that_is_none(text):
    with pytest.raises(ValueError, match=r"known|share|could not"):
        Manner.parse(text)


def test_a_device_at_a_speed_that_is_none(tmp_path):
    with pytest.raises(ValueError, match="9600"):
        opened_device(tmp_path / "tty", 9601)
