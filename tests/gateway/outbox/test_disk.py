"""A full disk, 3 MiB in a mount namespace of its own: stays up, drains at 0 bytes free, recovers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def in_small_file_system(folder: Path, scenario: str) -> dict:
    """Run a scenario of tests/servers/full_disk.py on a tmpfs; fails where that is not possible."""
    if not shutil.which("unshare"):
        pytest.fail("unshare is missing: install Debian's package `util-linux`", pytrace=False)
    folder.mkdir(exist_ok=True)
    mount = 'mount -t tmpfs -o size=3m tmpfs "$1" && shift && exec "$@"'
    child = [sys.executable, "-m", "tests.servers.full_disk", str(folder), scenario]
    enter = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    command = [*enter, "sh", "-c", mount, "sh", str(folder), *child]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("ballast", [65_536, 262_144])
def test_a_full_disk_refuses_drains_and_recovers(tmp_path, ballast):
    found = in_small_file_system(tmp_path / "disk", f"drain:{ballast}")
    assert found["free_when_full"] == 0
    assert found["refused"] == "disk"
    assert found["after_refusal"]["difference"] == 0
    assert found["drained"] == found["promised"] > 0
    assert found["after_drain"]["pending"] == found["after_drain"]["difference"] == 0
    assert found["after_drain"]["committed"] == found["promised"]
    assert found["recovered"]
    assert found["reopened"] == {"accepted": found["promised"] + 1, "difference": 0, "corruptions": 0}


def test_with_a_ballast_the_room_it_gives_up_is_for_draining_alone(tmp_path):
    found = in_small_file_system(tmp_path / "disk", "greedy:262144")
    assert found["refusals"] >= 50
    assert found["accepted_meanwhile"] == 0
    assert found["ballast_given_up"]
    assert found["ballast_back"]


def test_a_disk_that_is_full_at_the_start_is_no_reason_to_stay_down(tmp_path):
    found = in_small_file_system(tmp_path / "disk", "start:65536")
    assert found["promised"] == found["drained"] > 0
    assert found["difference"] == 0
