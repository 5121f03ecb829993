"""Debian packages: a private environment, its units, manual pages and completion, put together by dpkg-deb.

The interpreter is Debian's own. Nothing is run that belongs to the target, so that any machine can build for any.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from release import completion, man, sbom, wheel
from release.lock import ROOT, lock_of, read
from release.targets import PYTHONS, Platform, Set

__all__ = ["Deb", "build"]

_SCRIPTS = ROOT / "release/debian"
_UNITS = {
    "meterd": ("meterd.service", "meterd-upload.service"),
    "meterd-master": ("meterd-ingest.service", "meterd-ingest@.service"),
}
_CONFIG = {"meterd": "/etc/meterd/meterd.toml", "meterd-master": "/etc/meterd-master/master.toml"}
_SUMMARY = {
    "meterd": "meter data acquisition gateway for electricity utilities",
    "meterd-master": "master side of meterd: from the broker into the database",
}
_MORE = {
    "meterd": (
        "Reads electricity meters, reviews every value, keeps what it accepted on disk until the master database has",
        "it. Runs headless on small hardware, with a bad uplink and no internet.",
    ),
    "meterd-master": (
        "Takes the readings of meterd gateways from an MQTT broker, commits them to SQLite or PostgreSQL, then",
        "acknowledges them.",
    ),
}
_RECOMMENDED = {"meterd": "ca-certificates", "meterd-master": "ca-certificates, postgresql"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deb:
    """One package to build: for which set, processor and Debian release; `revision` counts builds of one version."""

    content: Set
    platform: Platform
    debian: str
    revision: int = 1

    @property
    def version(self) -> str:
        """As dpkg compares it: the next Debian release's is higher."""
        return f"{wheel.version()}-{self.revision}+deb{self.debian}"

    @property
    def python(self) -> str:
        """Minor version of the release's interpreter."""
        return PYTHONS[self.debian]

    @property
    def file(self) -> str:
        """Name of the package's file."""
        return f"{self.content.package}_{self.version}_{self.platform.debian}.deb"


def build(deb: Deb, own: Path, wheels: Path, out: Path) -> Path:
    """Build one package from our own wheel and those of others; the same input gives the same file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        home = root / "usr/lib" / deb.content.package
        _environment(home, deb)
        _fill(home, deb, own, wheels)
        _shared(root, deb, wheels)
        _control(root, deb)
        target = out / deb.file
        out.mkdir(parents=True, exist_ok=True)
        command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "--build", str(root), str(target)]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(wheel.epoch())}
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return target


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def _environment(home: Path, deb: Deb) -> None:
    """An environment as `python -m venv --without-pip` lays it (PEP 405), for an interpreter that is elsewhere."""
    _write(
        home / "pyvenv.cfg",
        f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {deb.python}\n",
    )
    (home / "bin").mkdir()
    (home / "bin/python3").symlink_to(f"/usr/bin/python{deb.python}")
    program = (
        f"#!/usr/lib/{deb.content.package}/bin/python3 -I\nfrom gateway.__main__ import main\n\nmain()\n"
    )
    _write(home / "bin/meterd", program, 0o755)


def _fill(home: Path, deb: Deb, own: Path, wheels: Path) -> None:
    site = home / f"lib/python{deb.python}/site-packages"
    site.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--isolated", "install", "-qq", "--disable-pip-version-check"]
    pip += ["--no-index", "--no-deps", "--no-compile", "--target", str(site)]
    pip += wheel.pip_for(deb.platform, deb.python)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as needed:
        pins = read(lock_of(deb.content, deb.platform))
        needed.write("\n".join(pin.text for pin in pins if pin.name != "pip"))
        needed.flush()
        locked = ["--require-hashes", "--find-links", str(wheels), "-r", needed.name]
        subprocess.run([*pip, *locked], check=True)
    subprocess.run([*pip, str(own)], check=True)
    shutil.rmtree(site / "bin", ignore_errors=True)  # programs of others, which nobody here runs


def _shared(root: Path, deb: Deb, wheels: Path) -> None:
    """Everything outside of the environment."""
    package = deb.content.package
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin" / package).symlink_to(f"../lib/{package}/bin/meterd")
    _copy(_UNITS[package], root / "usr/lib/systemd/system")
    for kind in ("sysusers", "tmpfiles"):
        text = (ROOT / f"systemd/{package}.{kind}").read_text(encoding="utf-8")
        _write(root / f"usr/lib/{kind}.d/{package}.conf", text)
    share = root / "usr/share"
    completion.write_all(share, package)
    man.write_all(share / "man", package, wheel.epoch())
    docs(share / "doc" / package)
    _write(share / f"doc/{package}/copyright", (ROOT / "LICENSE").read_text(encoding="utf-8"))
    example(share / package / "example", package)
    pins = {deb.platform.name: read(lock_of(deb.content, deb.platform))}
    _write(share / package / "sbom.cdx.json", sbom.text(pins, wheels, wheel.version(), wheel.epoch()))


def _copy(names: Iterable[str], folder: Path) -> None:
    for name in names:
        _write(folder / name, (ROOT / "systemd" / name).read_text(encoding="utf-8"))


def docs(folder: Path) -> None:
    """The documentation in both languages with what it refers to, and the changelog."""
    for page in sorted((ROOT / "docs").rglob("*")):
        inside = page.relative_to(ROOT / "docs")
        if page.is_file() and inside.parts[0] != "decisions":
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(page.read_bytes())
            target.chmod(0o644)
    changes = gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0)
    (folder / "changelog.gz").write_bytes(changes)


def example(folder: Path, package: str) -> None:
    """A configuration to begin with."""
    if package == "meterd-master":
        _write(folder / "master.toml", (ROOT / "release/master.example.toml").read_text(encoding="utf-8"))
        return
    for kept in sorted((ROOT / "config/example").rglob("*")):
        if kept.suffix in {".toml", ".csv", ".md"}:
            _write(folder / kept.relative_to(ROOT / "config/example"), kept.read_text(encoding="utf-8"))


def _control(root: Path, deb: Deb) -> None:
    package, (major, minor) = deb.content.package, map(int, deb.python.split("."))
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    size = sum(path.stat().st_size for path in files) // 1024
    sums = "".join(f"{hashlib.md5(p.read_bytes()).hexdigest()}  {p.relative_to(root)}\n" for p in files)  # noqa: S324
    needs = f"python3 (>= {major}.{minor}), python3 (<< {major}.{minor + 1}), tzdata"
    needs += ", systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles"
    fields = {
        "Package": package,
        "Version": deb.version,
        "Architecture": deb.platform.debian,
        "Maintainer": "meterd <root@localhost>",
        "Installed-Size": str(size),
        "Depends": needs,
        "Recommends": _RECOMMENDED[package],
        "Section": "net",
        "Priority": "optional",
        "Description": "\n ".join((_SUMMARY[package], *_MORE[package])),
    }
    _write(root / "DEBIAN/control", "".join(f"{name}: {value}\n" for name, value in fields.items()))
    _write(root / "DEBIAN/md5sums", sums)
    for script in ("postinst", "prerm", "postrm"):
        _write(root / "DEBIAN" / script, scripted(script, package), 0o755)


def scripted(name: str, package: str) -> str:
    """A maintainer script for a package."""
    text = (_SCRIPTS / f"{name}.sh").read_text(encoding="utf-8")
    units = [unit.replace("@.", "@*.") for unit in _UNITS[package]]
    given = {"PACKAGE": package, "CONFIG": _CONFIG[package], "UNIT": units[0]}
    for key, value in {**given, "UNITS": " ".join(f"'{unit}'" for unit in units)}.items():
        text = text.replace(f"@{key}@", value)
    return text
