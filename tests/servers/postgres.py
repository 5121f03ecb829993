"""Debian's PostgreSQL on a free loopback port, with its data in a temporary folder; never as root."""

import atexit
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

_READY_SECONDS = 60
# What was committed outlives the server also without fsync, only not the machine.
_SETTINGS = (
    "fsync=off",
    "max_connections=40",
    "shared_buffers=64MB",
    "max_wal_size=4GB",
    "checkpoint_timeout=30min",
)


def binaries() -> Path:
    """The newest installed version's folder of programs."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    if found:
        return found[0].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    pytest.fail("PostgreSQL is missing: install Debian's package `postgresql`", pytrace=False)


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.fail("no user `postgres` or `nobody` to run PostgreSQL as", pytrace=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Postgres:
    """A server that can be stopped, killed and started again on the same port with the same data."""

    folder: Path
    port: int = 0
    process: subprocess.Popen | None = None
    _data: Path | None = None
    _count: int = 0
    _prepared: set[str] = field(default_factory=set)
    _as: dict = field(default_factory=_unprivileged)

    @property
    def url(self) -> str:
        return self.database("postgres")

    def database(self, name: str) -> str:
        return f"postgresql://meterd@127.0.0.1:{self.port}/{name}"

    def fresh(self, template: str = "template1") -> str:
        """The address of a new database, an empty one but for a template that has something."""
        self._count += 1
        name = f"meterd{self._count}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.database(name)

    def copy(self, name: str, prepare: Callable[[str], None]) -> str:
        """The address of a new database like one that `prepare` makes ready at the first call with this name."""
        if name not in self._prepared:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            prepare(self.database(name))
            self._prepared.add(name)
        return self.fresh(name)

    def start(self) -> "Postgres":
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._data is None:
            self._init()
        for _ in range(5):
            port = self.port or _free_port()
            if self._try(port):
                self.port = port
                return self
        pytest.fail(f"PostgreSQL does not start:\n{self.log()}", pytrace=False)

    def _init(self) -> None:
        # Not below `folder`: its parents may be closed to the user that the server runs as.
        home = Path(tempfile.mkdtemp(prefix="meterd-postgres-"))
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        if self._as:
            os.chown(home, self._as["user"], self._as["group"])
        self._data = home / "data"
        command = [binaries() / "initdb", "-D", self._data, "-U", "meterd", "-A", "trust", "-E", "UTF8"]
        command += ["--no-locale", "--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", **self._as)
        if done.returncode:
            pytest.fail(f"initdb: {done.stderr}", pytrace=False)

    def guarded(self, password: str) -> str:
        """The address of a new database whose user needs this password; the others go on without one."""
        url = self.fresh()
        name = url.rpartition("/")[2]
        user = f"guarded{self._count}"
        hba = self._data / "pg_hba.conf"
        hba.write_text(f"host {name} {user} 127.0.0.1/32 scram-sha-256\n" + hba.read_text())
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'")
            db.execute(f"ALTER SCHEMA public OWNER TO {user}")
            db.execute(f"ALTER DATABASE {name} OWNER TO {user}")
            db.execute("SELECT pg_reload_conf()")
        return url.replace("meterd@", f"{user}@")

    def _try(self, port: int) -> bool:
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self._data}"]
        command = [binaries() / "postgres", "-D", self._data]
        command += [part for setting in (*settings, *_SETTINGS) for part in ("-c", setting)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(f"postgresql://meterd@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        self.kill()
        return False

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"

    def log(self) -> str:
        return re.sub(r"\n+", "\n", self._log.read_text(errors="replace"))[-4000:]

    def stop(self) -> None:
        """A fast shutdown: connections are cut, everything committed is on disk."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As when the power goes: the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    """One server for all tests that only need a database."""
    server = Postgres(tmp_path_factory.mktemp("postgres")).start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server):
    """A new, empty database."""
    return postgres_server.fresh()


@pytest.fixture
def postgres(tmp_path):
    """A server of the test's own, to stop and start."""
    server = Postgres(tmp_path / "postgres").start()
    yield server
    server.stop()
