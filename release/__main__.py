"""Builds what is given to others, below `build`.

python -m release packages [--debian 12] [--platform x86_64 ...] [--revision 1]
python -m release bundle
"""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from release import bundle, wheel
from release.deb import Deb
from release.deb import build as build_deb
from release.lock import ROOT
from release.targets import PLATFORMS, PYTHONS, combinations

BUILD = ROOT / "build"


def _here() -> str:
    return next((name for name, one in PLATFORMS.items() if one.machine == platform.machine()), "x86_64")


def _debian() -> str:
    """The release of this machine, or the newest that there is a lock for."""
    release = Path("/etc/debian_version")
    found = release.read_text(encoding="utf-8").partition(".")[0].strip() if release.exists() else ""
    return found if found in PYTHONS else max(PYTHONS)


def packages(debian: str, platforms: Sequence[str], revision: int) -> list[Path]:
    """Both packages for each platform that they are made for."""
    own = wheel.build(BUILD / "wheel")
    made = []
    for one, on in combinations():
        if on.name in platforms:
            wheel.fetch(one, on, BUILD / "wheels")
            deb = Deb(content=one, platform=on, debian=debian, revision=revision)
            made.append(build_deb(deb, own, BUILD / "wheels", BUILD / "packages"))
    return made


def main(argv: Sequence[str]) -> None:
    """Build what is asked for and name the files on standard output."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("what", choices=["packages", "bundle"])
    parser.add_argument("--debian", choices=list(PYTHONS), default=_debian())
    parser.add_argument("--platform", choices=list(PLATFORMS), nargs="+", default=[_here()])
    parser.add_argument("--revision", type=int, default=1)
    given = parser.parse_args(argv)
    for path in _made(given):
        print(os.path.relpath(path))


def _made(given: argparse.Namespace) -> list[Path]:
    if given.what == "bundle":
        return [bundle.build(BUILD)]
    return packages(given.debian, given.platform, given.revision)


if __name__ == "__main__":
    main(sys.argv[1:])
