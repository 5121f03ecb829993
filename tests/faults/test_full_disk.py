"""The disk under the outbox fills up: the daemon stays, drains, and goes on when there is space again."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.scenario import scenario
from tests.tools.oracle import judge
from tests.tools.plant import wait_until
from tests.tools.tables import OUTBOX, accepted, committed

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
        inside = f"/proc/{case.daemon.process.pid}/root{state}"
        outbox = Path(inside) / OUTBOX
        assert os.statvfs(inside).f_blocks * os.statvfs(inside).f_frsize == 3 * 1024 * 1024
        _fill(f"{inside}/filler")
        wait_until(
            lambda: "full" in case.daemon.log.read_text().lower(), 60, "the daemon says that it is full"
        )
        assert case.daemon.running, case.daemon.tail()
        wait_until(
            lambda: not judge(accepted(outbox, running=True), committed(postgres_url), None).lost,
            60,
            "drained",
        )
        Path(f"{inside}/filler").unlink()
        case.fresh()
        case.silence()
        verdict = None

        def drained():
            nonlocal verdict
            verdict = judge(accepted(outbox, running=True), committed(postgres_url), case.plant.witness)
            return not verdict.lost

        wait_until(drained, 60, "everything accepted is committed")
        assert not verdict.duplicated + verdict.invented + verdict.wrong, verdict
        assert case.daemon.running
        case.daemon.stop()


def _fill(path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    for size in (65_536, 4096, 512):
        with suppress(OSError):
            while True:
                os.write(descriptor, b"\0" * size)
    os.close(descriptor)
