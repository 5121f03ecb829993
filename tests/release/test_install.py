"""The bundle's script: never a network, never a file that was changed."""

import re
import shutil
import subprocess

import pytest

from config.load import load
from release import bundle, deb
from release.lock import ROOT

SCRIPT = ROOT / "release/install.sh"


def run(folder, *arguments):
    return subprocess.run([folder / "install.sh", *arguments], capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path):
    """The beginnings of a bundle."""
    shutil.copy(SCRIPT, tmp_path)
    (tmp_path / "VERSION").write_text("1.0\n")
    (tmp_path / "PYTHONS").write_text("3.11 3.13\n")
    subprocess.run("sha256sum VERSION PYTHONS install.sh > SHA256SUMS", shell=True, cwd=tmp_path, check=True)
    return tmp_path


def test_it_is_shell_and_asks_no_network():
    text = SCRIPT.read_text()
    assert subprocess.run(["sh", "-n", SCRIPT]).returncode == 0
    assert not re.findall(r"curl|wget|https?:|apt|--index-url", text)
    (pip,) = re.findall(r"--isolated install(.*?)-r ", text, re.S)
    assert {"--no-index", "--require-hashes", "--no-deps", "--find-links"} <= set(pip.split())


def test_it_says_how_it_is_used(folder):
    for arguments in ((), ("gateways",), ("--what",)):
        done = run(folder, *arguments)
        assert done.returncode == 2
        assert "./install.sh gateway" in done.stderr


def test_a_changed_file_is_noticed(folder):
    given = ("gateway", "--programs-only", "--prefix", folder / "opt")
    assert "cannot be installed on" in run(folder, *given).stderr
    (folder / "VERSION").write_text("2.0\n")
    done = run(folder, *given)
    assert done.returncode == 1
    assert "damaged or was changed" in done.stderr
    assert not (folder / "opt").exists()


def test_a_bundle_is_the_same_bit_for_bit(tmp_path):
    root = tmp_path / "meterd-1"
    (root / "wheels").mkdir(parents=True)
    (root / "wheels/a.whl").write_text("a")
    shutil.copy(SCRIPT, root)
    one = bundle._packed(root, tmp_path / "one.tar.gz").read_bytes()
    (root / "wheels/a.whl").touch()
    assert bundle._packed(root, tmp_path / "two.tar.gz").read_bytes() == one
    listed = subprocess.run(["tar", "-tvf", tmp_path / "one.tar.gz"], capture_output=True, text=True).stdout
    assert re.search(r"-rwxr-xr-x root/root .*meterd-1/install.sh", listed)


@pytest.mark.parametrize(("package", "file"), [("meterd", "meterd.toml"), ("meterd-master", "master.toml")])
def test_the_examples_that_are_shipped_are_right(package, file, tmp_path):
    deb.example(tmp_path, package)
    loaded = load(tmp_path / file)
    assert loaded.settings.gateway.name
