"""The offline bundle: one archive with all wheels, their hashes, a script, documentation and a bill of materials."""

import gzip
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from release import completion, man, sbom, wheel
from release.deb import docs, example
from release.lock import ROOT, Pin, lock_of, read
from release.targets import PYTHONS, SETS, combinations

__all__ = ["build"]


def build(out: Path) -> Path:
    """Build the bundle below `out`; the same input gives the same file. Raises CalledProcessError without wheels."""
    wheels = out / "wheels"
    for one, platform in combinations():
        wheel.fetch(one, platform, wheels)
    own = wheel.build(out / "wheel")
    name = f"meterd-{wheel.version()}-bundle"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / name
        _lay(root, own, wheels)
        sums = "".join(f"{_sha256(path)}  {path.relative_to(root)}\n" for path in _files(root))
        (root / "SHA256SUMS").write_text(sums, encoding="utf-8")
        return _packed(root, out / f"{name}.tar.gz")


def _lay(root: Path, own: Path, wheels: Path) -> None:
    (root / "wheels").mkdir(parents=True)
    (root / "locks").mkdir()
    locks = {}
    for one, platform in combinations():
        lock = lock_of(one, platform)
        shutil.copy(lock, root / "locks")
        locks[lock.stem] = read(lock)
    for pins in locks.values():
        for pin in pins:
            for file in pin.wheels:
                shutil.copy(wheels / file, root / "wheels")
    shutil.copy(own, root / "wheels")
    mine = Pin("meterd", wheel.version(), {own.name: _sha256(own)})
    (root / "locks/meterd.txt").write_text(mine.text, encoding="utf-8")
    (root / "VERSION").write_text(f"{wheel.version()}\n", encoding="utf-8")
    (root / "PYTHONS").write_text(" ".join(PYTHONS.values()) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "release/install.sh", root)
    shutil.copy(ROOT / "LICENSE", root)
    shutil.copytree(ROOT / "systemd", root / "systemd")
    docs(root / "share/doc")
    for kept in SETS.values():
        completion.write_all(root / "share", kept.package)
        man.write_all(root / "share/man", kept.package, wheel.epoch())
        example(root / "share/example" / kept.package, kept.package)
    bom = sbom.text(locks, wheels, wheel.version(), wheel.epoch())
    (root / "sbom.cdx.json").write_text(bom, encoding="utf-8")


def _files(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _packed(root: Path, target: Path) -> Path:
    """A tar with nothing of this machine in it."""

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = wheel_time
        entry.mode = 0o755 if entry.isdir() or entry.name.endswith("install.sh") else 0o644
        return entry

    wheel_time = wheel.epoch()
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=wheel_time) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        tar.add(root, root.name, recursive=False, filter=plain)
        for path in sorted(root.rglob("*")):
            tar.add(path, f"{root.name}/{path.relative_to(root)}", recursive=False, filter=plain)
    return target
