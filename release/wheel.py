"""The wheel of this folder, and the wheels of others that a lock names.

A wheel depends on nothing but the files: two builds of one commit are the same, bit for bit.
"""

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

from release.lock import ROOT, lock_of, read
from release.targets import PYTHONS, Platform, Set

__all__ = ["build", "epoch", "fetch", "pip_for", "version"]


def version() -> str:
    """The version of this folder."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def epoch() -> int:
    """The one time that everything built bears, seconds: SOURCE_DATE_EPOCH, or that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def build(folder: Path, root: Path = ROOT) -> Path:
    """Build the wheel of a source folder into another."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch())}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
    (found,) = folder.glob(f"meterd-{version()}-*.whl")
    return found


def pip_for(platform: Platform, python: str) -> list[str]:
    """Options by which pip takes wheels for another machine."""
    tags = [word for tag in platform.tags for word in ("--platform", tag)]
    return ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *tags]


def fetch(one: Set, platform: Platform, folder: Path) -> None:
    """Have every wheel that a lock names in a folder, for each interpreter; raises CalledProcessError."""
    wanted = {name: digest for pin in read(lock_of(one, platform)) for name, digest in pin.wheels.items()}
    if all(_digest(folder / name) == digest for name, digest in wanted.items()):
        return
    for python in PYTHONS.values():
        command = [sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--find-links", str(folder), "--dest", str(folder)]
        command += [*pip_for(platform, python), "-r", str(lock_of(one, platform))]
        subprocess.run(command, check=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
