"""The serial link on pseudo terminals, and the flags it would set on a real port."""

import asyncio
import os
import pty
import termios
import tty
from contextlib import contextmanager

import pytest
import serial.serialposix

from drivers import make_link
from drivers.errors import LinkLost
from drivers.link import Gate
from drivers.links.serial import open_port
from tests.drivers.toy import toy_classify

LIVELY = 10.0


@contextmanager
def terminal():
    """A pty pair in raw mode: the meter's side as a descriptor, ours as a path."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    os.close(slave)
    ends = {master}
    try:
        yield master, path, ends
    finally:
        for fd in ends:
            os.close(fd)


def link_on(path, query="?baud=9600&mode=8E1"):
    return make_link("s", f"serial:{path}{query}", Gate(toy_classify))


async def test_bytes_go_out_and_come_back():
    with terminal() as (meter, path, _):
        link = link_on(path)
        async with asyncio.timeout(LIVELY):
            await link.open()
            await link.send(b"?1;")
            assert os.read(meter, 100) == b"?1;"
            os.write(meter, b"!1;")
            assert await link.receive() == b"!1;"
        await link.close()


async def test_a_pty_with_parity_can_be_opened_again_and_again():
    with terminal() as (_, path, _):
        link = link_on(path)
        for _ in range(3):
            await link.open()
            assert link.alive
        await link.close()


async def test_a_hangup_fails_the_pending_read_and_every_later_one():
    with terminal() as (meter, path, ends):
        link = link_on(path)
        lost = []
        link.on_lost = lambda: lost.append(1)
        await link.open()
        async with asyncio.timeout(LIVELY), asyncio.TaskGroup() as group:
            reading = group.create_task(_lost(link))
            await asyncio.sleep(0.01)
            os.close(meter)
            ends.clear()
            await reading
            await _lost(link)
            await _lost(link)
        with pytest.raises(LinkLost):
            await link.send(b"?1;")
        assert not link.alive
        assert lost == [1]
        await link.close()


async def _lost(link):
    with pytest.raises(LinkLost):
        await link.receive()


async def test_a_hangup_while_nobody_reads_costs_no_processor_time():
    with terminal() as (meter, path, ends):
        link = link_on(path)
        await link.open()
        os.close(meter)
        ends.clear()
        async with asyncio.timeout(LIVELY):
            while link.alive:
                await asyncio.sleep(0.01)
        assert link._fd not in asyncio.get_running_loop()._selector.get_map()
        await link.close()


async def test_a_device_that_is_not_there_is_a_lost_link(tmp_path):
    link = link_on(tmp_path / "ttyS9")
    with pytest.raises(LinkLost, match="ttyS9"):
        await link.open()
    plain = tmp_path / "file"
    plain.write_text("x")
    with pytest.raises(LinkLost):
        await link_on(plain).open()


async def test_a_port_is_not_shared_with_a_second_program():
    with terminal() as (_, path, _):
        first, second = link_on(path), link_on(path)
        await first.open()
        with pytest.raises(LinkLost, match=r"another program|另一个程序"):
            await second.open()
        await first.close()


async def test_a_full_port_waits_for_room():
    with terminal() as (meter, path, _):
        link = link_on(path)
        await link.open()
        data = b"?" + bytes(300_000)

        async def drain():
            count = 0
            while count < len(data):
                await asyncio.sleep(0)
                count += len(await asyncio.to_thread(os.read, meter, 65536))
            return count

        async with asyncio.timeout(LIVELY), asyncio.TaskGroup() as group:
            group.create_task(link.send(data))
            draining = group.create_task(drain())
        assert draining.result() == len(data)
        await link.close()


@pytest.mark.parametrize(
    ("mode", "set_flags", "clear_flags"),
    [
        ("8E1", termios.CS8 | termios.PARENB, termios.PARODD | termios.CSTOPB),
        ("8O1", termios.CS8 | termios.PARENB | termios.PARODD, termios.CSTOPB),
        ("8N2", termios.CS8 | termios.CSTOPB, termios.PARENB),
    ],
)
def test_what_a_real_port_is_told(monkeypatch, mode, set_flags, clear_flags):
    """A pty cannot hold parity, so what is asked of the kernel is looked at before it gets there."""
    asked = []
    monkeypatch.setattr("drivers.links.serial._is_pty", lambda _: False)
    monkeypatch.setattr(serial.serialposix.termios, "tcsetattr", lambda fd, when, to: asked.append(to))
    with terminal() as (_, path, _):
        open_port(path, 2400, mode).close()
    iflag, oflag, cflag, lflag, ispeed, ospeed, _ = asked[-1]
    size = cflag & termios.CSIZE
    assert size == termios.CS8
    assert cflag & set_flags & ~termios.CSIZE == set_flags & ~termios.CSIZE
    assert not cflag & clear_flags
    assert ispeed == ospeed == termios.B2400
    assert not lflag & (termios.ICANON | termios.ECHO | termios.ISIG)
    assert not iflag & (termios.IXON | termios.ICRNL | termios.ISTRIP)
    assert not oflag & termios.OPOST


def test_a_real_port_that_refuses_its_settings_is_a_lost_link(monkeypatch):
    def refuse(fd, when, to):
        raise termios.error(22, "Invalid argument")

    monkeypatch.setattr("drivers.links.serial._is_pty", lambda _: False)
    monkeypatch.setattr(serial.serialposix.termios, "tcsetattr", refuse)
    with terminal() as (_, path, _), pytest.raises(LinkLost, match="8E1"):
        open_port(path, 2400, "8E1")
