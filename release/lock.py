"""The lock files in `release/locks`: exact versions with the hash of every wheel that a bundle contains.

python -m release.lock            # resolves anew within tests/constraints.txt and writes them all
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from release.targets import PYTHONS, Platform, Set, combinations

__all__ = ["LOCKS", "ROOT", "Pin", "lock_of", "read"]

ROOT = Path(__file__).parents[1]
LOCKS = ROOT / "release/locks"
_INSTALLER = "pip"


@dataclass(slots=True)
class Pin:
    """A distribution in one version; `wheels` are file names with their SHA-256."""

    name: str
    version: str
    wheels: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As pip reads it, below a comment that names the files."""
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in self.wheels.values())
        return f"# {' '.join(self.wheels)}\n{self.name}=={self.version} \\\n{hashes}\n"


def lock_of(one: Set, platform: Platform) -> Path:
    """Where the lock of a set for a platform lies."""
    return LOCKS / f"{one.name}-{platform.name}.txt"


def read(path: Path) -> list[Pin]:
    """The pins of a lock file."""
    pins, names = [], list[str]()
    for line in path.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if line.startswith("# ") and line.endswith(".whl"):
            names = line[2:].split()
        elif line and not line.startswith("#"):
            pinned, *hashes = line.split()
            name, _, version = pinned.partition("==")
            digests = [one.removeprefix("--hash=sha256:") for one in hashes]
            pins.append(Pin(name, version, dict(zip(names, digests, strict=True))))
    return pins


def requirements(one: Set, platform: Platform) -> list[str]:
    """What pyproject.toml asks for, with the extras of the set."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = one.extras_on(platform.name)
    return [
        *project["dependencies"],
        *(need for name in extras for need in project["optional-dependencies"][name]),
    ]


def _resolved(wanted: list[str], platform: Platform, python: str) -> list[Pin]:
    tags = [word for tag in platform.tags for word in ("--platform", tag)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python, *tags]
        command += ["--target", folder, "--report", str(report), "-c", str(ROOT / "tests/constraints.txt")]
        subprocess.run([*command, *wanted], check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return [
        Pin(
            one["metadata"]["name"],
            one["metadata"]["version"],
            {
                unquote(one["download_info"]["url"]).rpartition("/")[2]: one["download_info"]["archive_info"][
                    "hashes"
                ]["sha256"]
            },
        )
        for one in found
    ]


def made(one: Set, platform: Platform) -> str:
    """The text of a lock, resolved anew; raises CalledProcessError where a wheel cannot be had."""
    pins: dict[str, Pin] = {}
    for python in PYTHONS.values():
        for pin in _resolved([*requirements(one, platform), _INSTALLER], platform, python):
            known = pins.setdefault(pin.name.lower(), pin)
            if known.version != pin.version:
                raise ValueError(f"{pin.name}: {known.version} and {pin.version}")
            known.wheels |= pin.wheels
    extras = ", ".join(one.extras_on(platform.name))
    head = (
        f"# {one.package} [{extras}] on {platform.machine}, Debian {' and '.join(PYTHONS)} "
        f"(Python {', '.join(PYTHONS.values())}).\n"
        "# Made by: python -m release.lock\n\n"
    )
    return head + "\n".join(pins[name].text for name in sorted(pins))


if __name__ == "__main__":
    for wanted_set, on in combinations():
        lock_of(wanted_set, on).write_text(made(wanted_set, on), encoding="utf-8")
