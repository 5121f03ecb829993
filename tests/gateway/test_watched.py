"""What the service manager hears from the daemon and from the master's worker, and when it hears nothing."""

import asyncio
import socket
import threading
import time
from contextlib import asynccontextmanager

import pytest

from config.load import load
from gateway.app import App
from gateway.clock import FastClock, SystemClock
from gateway.master.app import _watched, build
from gateway.master.stores.sqlite import SqliteStore
from gateway.master.worker import Worker
from gateway.mqtt import Broker
from gateway.notify import Notifier
from gateway.outbox import OutboxError
from tests.gateway.master.make import batch, reading
from tests.gateway.master.sender import Sender
from tests.servers.outbox_support import running, until
from tests.tools.plant import free_port, plant

GRANTED = 0.5
"""Seconds that the service manager tolerates."""


class Manager:
    """The service manager's end of the socket."""

    def __init__(self, path):
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(str(path))
        self._sock.settimeout(0)
        self.notifier = Notifier({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(int(GRANTED * 1_000_000))})

    async def heard(self, word):
        async with asyncio.timeout(30):
            while True:
                said = (await asyncio.get_running_loop().sock_recv(self._sock, 999)).decode()
                if said.startswith(word):
                    return said

    def drained(self):
        found = []
        while True:
            try:
                found.append(self._sock.recv(999))
            except BlockingIOError:
                return found

    def close(self):
        self._sock.close()


@pytest.fixture
def manager(tmp_path):
    found = Manager(tmp_path / "notify")
    yield found
    found.close()


@asynccontextmanager
async def daemon(folder, manager):
    """The daemon in this process, a slot every second."""
    with plant(folder, meters=1, lines=1, factor=60.0) as p:
        p.write(None)
        loaded = load(p.config)
        clock = FastClock(SystemClock(), 60.0, p.time.start, p.time.since)
        app = App(loaded.settings, loaded.archive, clock=clock)
        app._notifier = manager.notifier
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(app.run())
            await manager.heard("READY=1")
            yield app
            app.stop()


async def hushed(manager):
    """The watchdog is no longer fed."""
    async with asyncio.timeout(30):
        while True:
            manager.drained()
            await asyncio.sleep(4 * GRANTED)
            if not any(b"WATCHDOG=1" in said for said in manager.drained()):
                return


async def test_it_is_fed_while_all_moves(tmp_path, manager):
    async with daemon(tmp_path / "p", manager):
        for _ in range(5):
            assert "rows wait" in await manager.heard("WATCHDOG=1")
    await manager.heard("STOPPING=1")


async def test_it_is_not_fed_while_a_line_stands_still(tmp_path, manager):
    go_on = asyncio.Event()
    async with daemon(tmp_path / "p", manager) as app:
        (line,) = app._lines.values()
        ask, line.patience = line.bus.ask, 5 * GRANTED

        async def never(*what):
            await go_on.wait()
            return await ask(*what)

        line.bus.ask = never
        await hushed(manager)
        go_on.set()
        await manager.heard("WATCHDOG=1")


async def test_it_is_not_fed_while_the_outbox_stands_still(tmp_path, manager):
    go_on = threading.Event()
    async with daemon(tmp_path / "p", manager) as app, asyncio.TaskGroup() as group:
        group.create_task(app._outbox._do(lambda store: go_on.wait(30)))
        await hushed(manager)
        go_on.set()
        await manager.heard("WATCHDOG=1")


async def test_it_is_not_fed_while_the_loop_is_blocked(tmp_path, manager):
    async with daemon(tmp_path / "p", manager):
        manager.drained()
        time.sleep(3 * GRANTED)
        assert manager.drained() == []
        await manager.heard("WATCHDOG=1")


async def test_a_disk_that_refuses_is_no_standstill(tmp_path, manager):
    async with daemon(tmp_path / "p", manager) as app:

        async def refuse(key):
            raise OutboxError("disk I/O error")

        app._outbox.load = refuse
        manager.drained()
        for _ in range(3):
            await manager.heard("WATCHDOG=1")
        assert app.supervisor.restarts == {}


class Held(SqliteStore):
    """A database that answers when it is let."""

    let = threading.Event()

    def commit(self, batches, now):
        self.let.wait(30)
        return super().commit(batches, now)


async def test_the_masters_worker_too(tmp_path, manager, mosquitto, monkeypatch):
    monkeypatch.setattr("gateway.master.worker._PATIENCE", 2 * GRANTED)
    store = Held(f"sqlite:///{tmp_path}/m.db", 0)
    worker = Worker(Broker(url=mosquitto.url, client_id="watched"), [store], SystemClock())
    async with running(_watched(worker, manager.notifier)):
        assert "away" in await manager.heard("READY=1")
        await until(lambda: worker.stats.connected)
        manager.drained()
        assert "serving" in await manager.heard("WATCHDOG=1")
        async with asyncio.TaskGroup() as group:
            group.create_task(Sender(mosquitto.url, [batch(1, reading(1))]).run())
            await hushed(manager)
            store.let.set()
            await until(lambda: worker.stats.rows)
            manager.drained()
            assert ", 1 rows" in await manager.heard("WATCHDOG=1")
    await manager.heard("STOPPING=1")


async def test_a_worker_without_its_database_is_up_and_says_so(tmp_path, manager, mosquitto):
    worker = build(mosquitto.url, f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    async with running(_watched(worker, manager.notifier)):
        for _ in range(3):
            assert "database away" in await manager.heard("WATCHDOG=1")
