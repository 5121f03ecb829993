"""Packages as dpkg reads them; whole ones are installed by `make package-test`."""

import re
import subprocess

import pytest

from release import deb
from release.deb import Deb, scripted
from release.lock import ROOT
from release.targets import PLATFORMS, SETS

PACKAGES = [one.package for one in SETS.values()]
SCRIPTS = ("postinst", "prerm", "postrm")


def package(name="gateway", **more):
    return Deb(**{"content": SETS[name], "platform": PLATFORMS["armv7"], "debian": "12", **more})


def higher(one, two):
    return subprocess.run(["dpkg", "--compare-versions", one.version, "gt", two.version]).returncode == 0


def test_versions_rise_with_builds_and_with_debian():
    assert higher(package(revision=2), package())
    assert higher(package(debian="13"), package())
    assert not higher(package(), package(revision=2))
    assert package().file == f"meterd_{package().version}_armhf.deb"


@pytest.mark.parametrize("debian", ["12", "13"])
@pytest.mark.parametrize("name", list(SETS))
def test_dpkg_takes_its_description(name, debian, tmp_path):
    root = tmp_path / "root"
    one = package(name, debian=debian)
    deb._environment(root / "usr/lib" / one.content.package, one)
    deb._control(root, one)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", root, tmp_path / "x.deb"],
        check=True,
        capture_output=True,
    )
    shown = subprocess.run(
        ["dpkg-deb", "-f", tmp_path / "x.deb"], capture_output=True, text=True, check=True
    ).stdout
    fields = dict(re.findall(r"^(\S+): (.*)$", shown, re.M))
    assert (fields["Package"], fields["Architecture"]) == (one.content.package, "armhf")
    python = {"12": "python3 (>= 3.11), python3 (<< 3.12)", "13": "python3 (>= 3.13), python3 (<< 3.14)"}
    assert fields["Depends"].startswith(python[debian])
    program = (root / f"usr/lib/{one.content.package}/bin/meterd").read_text()
    assert program.startswith(f"#!/usr/lib/{one.content.package}/bin/python3 -I\n")


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("name", PACKAGES)
def test_scripts_are_shell_and_have_no_blanks_left(name, script):
    text = scripted(script, name)
    assert not re.findall(r"@[A-Z]+@", text)
    assert subprocess.run(["sh", "-n"], input=text, text=True).returncode == 0


@pytest.mark.parametrize("name", PACKAGES)
def test_scripts_delete_no_data(name):
    """What they remove lies in `/usr/lib`, `/etc`; the state folder is named once, to say that it stays."""
    removed = re.findall(r"rm (?:-\w+ )?(.*)$", "\n".join(scripted(script, name) for script in SCRIPTS), re.M)
    assert removed
    assert not [words for words in removed if "/var/lib" in words]
    assert f"/etc/{name} -mindepth 1 -maxdepth 1 ! -name archive" in scripted("postrm", name)


def test_units_and_their_users_are_shipped_by_exactly_one_package():
    shipped = [unit for units in deb._UNITS.values() for unit in units]
    assert sorted(shipped) == sorted(path.name for path in (ROOT / "systemd").glob("*.service"))
    for name in PACKAGES:
        assert (ROOT / f"systemd/{name}.sysusers").exists()
        assert (ROOT / f"systemd/{name}.tmpfiles").exists()


def test_documentation_comes_in_both_languages(tmp_path):
    deb.docs(tmp_path)
    assert (tmp_path / "operations.md").exists()
    assert (tmp_path / "zh/operations.md").exists()
    assert (tmp_path / "changelog.gz").exists()
