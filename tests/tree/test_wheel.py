"""The wheel carries every data file, and no other distribution owns our package names."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "drivers", "protocols", "config", "simulators")


def test_the_wheel_carries_every_file_of_the_packages(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) - inside == set()
    assert {name.split("/")[0] for name in inside if ".dist-info/" not in name} == set(PACKAGES)
