"""The disk under the outbox fills up: the daemon stays, drains, and goes on when there is space again."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.scenario import scenario
from tests.tools.oracle import judge
from tests.tools.tables import OUTBOX, accepted_inside, committed

SIZE = "3m"


def _can_mount() -> bool:
    if not shutil.which("unshare"):
        return False
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def test_a_full_disk_loses_nothing_and_heals(tmp_path, mosquitto, postgres_url):
    if not _can_mount():
        pytest.fail("a private mount namespace is needed: run as root or in a container that may mount")
    settings = {"store": {"max_bytes": 2_000_000, "ballast_bytes": 262_144}}
    with scenario(tmp_path / "plant", mosquitto.url, postgres_url, **settings) as case:
        state = case.plant.state
        mount = f'mount -t tmpfs -o size={SIZE} tmpfs "{state}" && exec "$@"'
        case.daemon.command = ["unshare", "-m", "sh", "-c", mount, "sh", *case.daemon.command]
        case.ingest.start()
        case.daemon.start()
        case.fresh()
        pid = case.daemon.process.pid
        inside, outbox = Path(f"/proc/{pid}/root{state}"), state / OUTBOX
        assert os.statvfs(inside).f_blocks * os.statvfs(inside).f_frsize == 3 * 1024 * 1024
        _fill(inside / "filler")
        case.wait(lambda: "polling pauses" in case.daemon.log.read_text(), "the daemon says that it is full")
        assert case.daemon.running, case.daemon.tail()
        case.wait(lambda: not _verdict(case, pid, outbox).lost, "drained at zero bytes free")
        (inside / "filler").unlink()
        case.fresh(16)
        case.silence()
        case.wait(lambda: not _verdict(case, pid, outbox).lost, "everything accepted is committed")
        verdict = _verdict(case, pid, outbox)
        assert not verdict.duplicated + verdict.invented + verdict.wrong, verdict
        assert verdict.accepted > 16
        assert case.daemon.stop() == 0


def _verdict(case, pid: int, outbox: Path):
    assert case.daemon.running, case.daemon.tail()
    return judge(accepted_inside(pid, outbox), committed(case.database), case.plant.witness)


def _fill(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    for size in (65_536, 4096, 512):
        with suppress(OSError):
            while True:
                os.write(descriptor, b"\0" * size)
    os.close(descriptor)
