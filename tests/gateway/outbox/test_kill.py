"""kill -9 at any moment: what append returned for is in the file, once, and the books close."""

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from gateway import payload
from gateway.outbox import inspect
from tests.servers.outbox_support import opened

ROOT = Path(__file__).parents[3]


def killed(folder: Path, first: int, seconds: float, *options: str) -> list[int]:
    """Run the child for a while under load, kill it, and return the numbers it was promised."""
    command = [sys.executable, "-m", "tests.servers.outbox_child", str(folder), str(first), *options]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
    with child.stdout as pipe:
        said, began = b"", None
        while began is None or time.monotonic() - began < seconds:
            if select.select([pipe], [], [], 0.005)[0]:
                part = os.read(pipe.fileno(), 65_536)
                assert part, "the child ended by itself"
                said += part
                began = began or time.monotonic()
        child.send_signal(signal.SIGKILL)
        child.wait(20)
        while part := os.read(pipe.fileno(), 65_536):
            said += part
    whole, _, _ = said.rpartition(b"\n")
    return [int(line) for line in whole.split(b"\n")[1:] if line]


def stored(folder: Path) -> Counter[int]:
    """How often each number stands in the file, dead letters included."""
    path = folder / "outbox.db"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        bodies = connection.execute("SELECT body FROM batch UNION ALL SELECT body FROM dead").fetchall()
    rows = [row for (body,) in bodies for row in payload.decode(body).rows]
    return Counter(round(float(row[2]) * 100) for row in rows)


async def check(folder: Path, promised: set[int]) -> None:
    books = inspect.summary(folder / "outbox.db")
    found = stored(folder)
    assert not promised - found.keys(), "promised and lost"
    assert set(found.values()) <= {1}, "stored twice"
    assert books.difference == 0
    assert books.accepted == sum(found.values())
    async with opened(folder) as outbox:
        assert outbox.stats.difference == outbox.stats.corruptions == 0
        assert outbox.stats.accepted == books.accepted


async def run(folder: Path, kills: int, seed: int) -> int:
    chance = random.Random(seed)
    promised: set[int] = set()
    for n in range(kills):
        promised.update(killed(folder, n * 100_000, chance.uniform(0.01, 0.3)))
        await check(folder, promised)
    return len(promised)


async def test_killed_again_and_again_nothing_promised_is_lost(tmp_path):
    # The witness: the children really were under load.
    assert await run(tmp_path, 20, seed=1) > 1_000
    books = inspect.summary(tmp_path / "outbox.db")
    assert books.committed > 0
    assert books.dead > 0


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_killed_a_thousand_times(tmp_path):
    for part in range(50):
        folder = tmp_path / str(part)
        folder.mkdir()
        await run(folder, 20, seed=part)


async def test_control_a_promise_before_the_commit_is_broken(tmp_path):
    """The oracle can see a loss: a child that promises too soon is found out."""
    lost = 0
    for n in range(10):
        promised = set(killed(tmp_path, n * 100_000, 0.05, "--early"))
        lost += len(promised - stored(tmp_path).keys())
        if lost:
            return
    pytest.fail("the control lost nothing")
