"""The link to the broker falls silent, its sockets open; the daemon is killed in the middle."""

import asyncio
import threading
import time

import pytest

from tests.faults.scenario import scenario
from tests.servers.relay import Relay


class RelayThread:
    """A relay in a thread of its own, so that a test may block."""

    def __init__(self, port: int) -> None:
        self._ready = threading.Event()
        self._port = port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with Relay(self._port) as self.relay:
            self._ready.set()
            await self._stop.wait()

    def do(self, what: str) -> None:
        self._loop.call_soon_threadsafe(getattr(self.relay, what))

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)


def _silence(folder, broker, database, *, seconds: float, keep_alive: int):
    with RelayThread(broker.port) as relay:
        through = f"mqtt://127.0.0.1:{relay.relay.port}"
        settings = {"keep_alive": keep_alive}
        with scenario(folder, broker.url, database, through=through, uplink=settings) as case:
            case.ingest.start()
            case.daemon.start()
            case.fresh()
            relay.do("freeze")
            before = len(case.verdict().lost)
            time.sleep(seconds / 2)
            case.daemon.kill()
            case.daemon.start()
            time.sleep(seconds / 2)
            waiting = len(case.verdict().lost)
            relay.do("refuse")
            relay.do("thaw")
            verdict = case.finish()
            return verdict, waiting - before, relay.relay.connections


def test_a_silent_link_with_a_kill_in_the_middle_loses_nothing(tmp_path, mosquitto, postgres_url):
    verdict, piled_up, connections = _silence(
        tmp_path / "plant", mosquitto, postgres_url, seconds=12, keep_alive=5
    )
    assert verdict.ok, verdict
    assert piled_up > 8
    assert connections >= 3


@pytest.mark.long
@pytest.mark.timeout(600)
def test_seventy_seconds_of_silence(tmp_path, mosquitto, postgres_url):
    verdict, piled_up, _ = _silence(tmp_path / "plant", mosquitto, postgres_url, seconds=70, keep_alive=30)
    assert verdict.ok, verdict
    assert piled_up > 200
