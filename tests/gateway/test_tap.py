"""Readings as they pass, and who listens (gateway.tap)."""

import asyncio
import json
import socket
import time
from dataclasses import replace

import pytest

from gateway import reload
from gateway.outbox import Entry
from gateway.tap import MOST, WAITING, Listener, Tap, Wanted
from protocols.reading import State
from tests.servers.outbox_support import entry, reading, running, until


def told(lines):
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["m1", "m2", "m3"]),
        (Wanted(meters=frozenset({"m1", "m3"})), ["m1", "m3"]),
        (Wanted(points=frozenset({"1-0:2.8.0"})), ["m2"]),
        (Wanted(targets=frozenset({"line4"})), ["m3"]),
        (Wanted(states=frozenset({"SUSPECT"})), ["m1"]),
        (Wanted(states=frozenset({"SUSPECT"}), targets=frozenset({"line4"})), []),
    ],
)
def test_only_what_is_wanted(wanted, found):
    listener = Listener(Wanted.unpack(wanted.pack()))
    listener.offer(
        [
            replace(reading(1), state=State.SUSPECT),
            replace(reading(2), point="1-0:2.8.0"),
            replace(reading(3), source="line4"),
        ]
    )
    assert [row["meter"] for row in told(listener.take())] == found


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"meters": "m1"}', b'{"meters": [1]}', b'{"other": []}', b"[" * 9000]
)
def test_what_is_no_wish(text):
    with pytest.raises((ValueError, RecursionError)):
        Wanted.unpack(text)


def test_the_slow_lose_the_oldest_and_are_told():
    listener = Listener(Wanted())
    listener.offer(reading(n) for n in range(WAITING + 7))
    first, second, *_ = told(listener.take())
    assert first == {"lost": 7}
    assert second["value"] == "0.07"
    rest = 0
    while listener.some.is_set():
        rest += len(listener.take())
    assert rest == WAITING - 200
    assert listener.lost == 0


@pytest.fixture
async def tapped(tmp_path):
    """A tap at the control socket of a folder."""
    tap = Tap()

    async def nothing():
        return reload.Outcome(ok=True)

    async with running(reload.serve(tmp_path, nothing, tap.serve)):
        await until((tmp_path / reload.SOCKET).exists)
        yield tap, tmp_path


async def listening(folder, wanted=b"{}"):
    reader, writer = await asyncio.open_unix_connection(str(folder / reload.SOCKET))
    writer.write(b"tail " + wanted + b"\n")
    return reader, writer, json.loads(await reader.readline())


async def test_what_passes_is_sent(tapped):
    tap, folder = tapped
    reader, writer, first = await listening(folder, b'{"meters": ["m1"]}')
    assert first == {"ok": True}
    tap.pass_on(entry(1, 2, 51))
    values = [json.loads(await reader.readline())["value"] for _ in range(2)]
    assert values == ["0.01", "0.51"]
    writer.close()
    await until(lambda: not tap._listeners)


async def test_a_bad_wish_and_too_many_are_refused(tapped):
    tap, folder = tapped
    _, writer, first = await listening(folder, b"[]")
    assert first["ok"] is False
    writer.close()
    writers = [(await listening(folder))[1] for _ in range(MOST)]
    _, writer, first = await listening(folder)
    assert first == {"ok": False, "problems": [f"{MOST} listen already"]}
    for one in (*writers, writer):
        one.close()
    await until(lambda: not tap._listeners)


async def test_one_who_does_not_read_costs_the_daemon_nothing(tapped):
    tap, folder = tapped
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(folder / reload.SOCKET))
        slow.sendall(b"tail {}\n")
        await until(lambda: tap._listeners)
        (listener,) = tap._listeners
        passed = 0
        while listener.lost < 1000:  # the socket's own room fills first
            tap.pass_on(entry(*range(100)))
            passed += 100
            await asyncio.sleep(0)
            assert passed < 10_000_000
        assert len(listener._waiting) == WAITING
        began = time.monotonic()
        tap.pass_on(Entry(readings=(reading(1),) * 10_000))
        assert time.monotonic() - began < 5
        reader = slow.makefile("rb")
        seen, lost = 0, 0

        def drain():
            nonlocal seen, lost
            slow.settimeout(20)
            assert json.loads(reader.readline()) == {"ok": True}
            while seen + lost < passed + 10_000:
                row = json.loads(reader.readline())
                lost += row.get("lost", 0)
                seen += "meter" in row

        await asyncio.to_thread(drain)
        assert lost > 1000
        assert seen + lost == passed + 10_000
        reader.close()


async def test_the_end_of_the_daemon_ends_it(tmp_path):
    tap = Tap()

    async def nothing():
        return reload.Outcome(ok=True)

    async with running(reload.serve(tmp_path, nothing, tap.serve)):
        await until((tmp_path / reload.SOCKET).exists)
        reader, writer, _ = await listening(tmp_path)
    assert await reader.read() == b""
    writer.close()
    await until(lambda: not tap._listeners)
