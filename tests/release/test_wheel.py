"""Two builds of the same files give the same wheel."""

import hashlib
import os
import shutil
import tomllib

from release import wheel
from release.lock import ROOT


def copied(folder):
    """The files that a wheel is built of, with other times and permissions."""
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    for name in packages["packages"]:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "state"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for path in folder.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    return folder


def test_the_wheel_is_the_same_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    (tmp_path / "tree").mkdir()
    one = wheel.build(tmp_path / "a", copied(tmp_path / "tree"))
    for path in (tmp_path / "tree").rglob("*.py"):
        os.utime(path)
        path.chmod(0o644)
    two = wheel.build(tmp_path / "b", tmp_path / "tree")
    assert one.name == two.name
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()


def test_a_build_bears_the_time_of_its_commit(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert wheel.epoch() > 1_700_000_000
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    assert wheel.epoch() == 1790000000
