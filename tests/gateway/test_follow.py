"""Readings as they pass, seen from outside (gateway.follow); the command is in tests/gateway/cli/test_tail.py."""

import asyncio
from contextlib import suppress

import pytest

from gateway import follow, payload
from gateway.mqtt import Broker, NoSubscriber, connect
from gateway.reload import NotRunning, Outcome, serve
from gateway.tap import Tap, Wanted
from tests.servers.outbox_support import entry, reading, running, until


async def test_from_the_daemon_until_it_ends(tmp_path):
    tap, rows = Tap(), []

    async def nothing():
        return Outcome(ok=True)

    def collect():
        rows.extend(follow.from_daemon(tmp_path, Wanted(meters=frozenset({"m1"}))))

    async with running(serve(tmp_path, nothing, tap.serve)):
        await until((tmp_path / "control.sock").exists)
        collecting = asyncio.get_running_loop().run_in_executor(None, collect)
        await until(lambda: tap._listeners)
        tap.pass_on(entry(1, 2))
        await until(lambda: rows)
    await collecting
    assert [row["value"] for row in rows] == ["0.01"]


async def test_a_daemon_that_is_away_or_knows_nothing_of_it(tmp_path):
    with pytest.raises(NotRunning):
        list(follow.from_daemon(tmp_path, Wanted()))

    async def nothing():
        return Outcome(ok=True)

    async with running(serve(tmp_path, nothing)):
        await until((tmp_path / "control.sock").exists)
        with pytest.raises(follow.Refused, match="unknown request"):
            await asyncio.to_thread(lambda: list(follow.from_daemon(tmp_path, Wanted())))


async def test_from_a_broker(mosquitto):
    rows = []

    async def collect():
        broker = Broker(url=mosquitto.url, client_id="watcher")
        async for row in follow.from_broker(broker, "+", Wanted(meters=frozenset({"m1"}))):
            rows.append(row)
            if len(rows) == 2:
                return

    async with running(collect()), connect(Broker(url=mosquitto.url, client_id="so-001")) as client:
        body = payload.encode(
            "so-001", "e1", 1, "reading", payload.rows_of("reading", [reading(1), reading(2)])
        )
        async with asyncio.timeout(30):
            while len(rows) < 2:
                with suppress(NoSubscriber):  # it has not subscribed yet
                    await client.publish("meterd/v1/so-001/up/reading", body)
                    await client.publish("meterd/v1/so-002/up/reading", b"nonsense")
                await asyncio.sleep(0.05)
    assert rows[0]["value"] == "0.01"
    assert any("so-002/up/reading" in row.get("problem", "") for row in rows)
