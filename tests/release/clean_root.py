"""The packages and the bundle in a clean Debian: installed, used, upgraded, taken back, purged, without a network.

`make package-test` runs it as root. Debian itself is unpacked by debootstrap, below `build`; nothing is booted.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from release.lock import ROOT

BUILD = ROOT / "build"
SUITES = {"12": "bookworm", "13": "trixie"}
DEBIAN = os.environ.get("DEBIAN") or Path("/etc/debian_version").read_text().partition(".")[0]
NEEDED = (
    "python3",
    "systemd",
    "man-db",
    "bash-completion",
    "zsh",
    "fish",
    "iproute2",
    "ca-certificates",
    "tzdata",
)
OUTBOX = "/var/lib/meterd/outbox.db"

pytestmark = pytest.mark.timeout(1800)


def build(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "release", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return [ROOT / line for line in done.stdout.splitlines()]


class Root:
    """A Debian in a folder; what runs there has a loopback of its own and no other network."""

    def __init__(self, path):
        self.path = path

    def run(self, *command, check=True, **environment):
        # --mount: what is mounted here is gone with the command.
        inner = 'ip link set lo up && exec chroot "$ROOT" /usr/bin/env -i $CLEAN "$@"'
        clean = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": "/root",
            "COLUMNS": "100",
        }
        words = " ".join(f"{name}={value}" for name, value in {**clean, **environment}.items())
        wrapped = f'mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev" && {inner}'
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c", wrapped, "sh", *map(str, command)],
            env={"PATH": os.environ["PATH"], "ROOT": str(self.path), "CLEAN": words},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 or not check, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def take(self, file, folder="srv"):
        shutil.copy(file, self.path / folder)
        return f"/{folder}/{Path(file).name}"

    def there(self, name):
        return (self.path / name.lstrip("/")).exists()

    def write(self, name, text):
        target = self.path / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def debian():
    """Debian unpacked once; a test root is a copy of it."""
    kept = BUILD / f"debian{DEBIAN}"
    if not (kept / "etc/debian_version").exists():
        shutil.rmtree(kept, ignore_errors=True)
        command = [
            "debootstrap",
            "--variant=minbase",
            f"--include={','.join(NEEDED)}",
            SUITES[DEBIAN],
            str(kept),
        ]
        mirror = os.environ.get("MIRROR")
        done = subprocess.run([*command, *([mirror] if mirror else [])], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        # Minimal images leave manual pages out; people's machines do not.
        (kept / "etc/dpkg/dpkg.cfg.d/docker").unlink(missing_ok=True)
    return kept


def fresh(debian, name):
    path = BUILD / name
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(debian), str(path)], check=True)
    return Root(path)


@pytest.fixture(scope="session")
def root(debian):
    found = fresh(debian, "root")
    yield found
    shutil.rmtree(found.path, ignore_errors=True)


@pytest.fixture(scope="session")
def packages():
    """Two builds of both packages, the second one later."""
    shutil.rmtree(BUILD / "packages", ignore_errors=True)
    return build("packages", "--debian", DEBIAN), build("packages", "--debian", DEBIAN, "--revision", "2")


def test_there_is_no_network(root):
    """The witness: what follows cannot have fetched anything."""
    assert "lo" in root.run("ip", "-br", "link").stdout
    assert root.run("ip", "route").stdout == ""
    assert root.run(
        "python3", "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 3)", check=False
    ).returncode


def test_the_packages_install(root, packages):
    first, _ = packages
    said = root.run("dpkg", "-i", *(root.take(file) for file in first))
    assert "systemctl enable --now meterd" in said.stdout
    assert root.run("dpkg", "--verify", "meterd", "meterd-master").stdout == ""
    assert root.run("dpkg", "--audit").stdout == ""
    passwd = (root.path / "etc/passwd").read_text()
    assert re.search(r"^meterd:.*:/var/lib/meterd:/usr/sbin/nologin$", passwd, re.M)
    assert re.search(r"^meterd-master:.*nologin$", passwd, re.M)
    assert re.search(r"^dialout:.*\bmeterd\b", (root.path / "etc/group").read_text(), re.M)
    folder = (root.path / "var/lib/meterd").stat()
    assert folder.st_mode & 0o777 == 0o700
    assert folder.st_uid
    assert list((root.path / "usr/lib/meterd/lib").rglob("__pycache__"))


def test_both_commands_answer(root):
    for name in ("meterd", "meterd-master"):
        assert re.fullmatch(r"meterd \d+\.\d+\.\d+\n", root.run(name, "--version").stdout)
    compiled = {
        "meterd": "pydantic_core, aiohttp, psutil, argon2",
        "meterd-master": "pydantic_core, numpy, psycopg",
    }
    for package, modules in compiled.items():
        root.run(f"/usr/lib/{package}/bin/python3", "-I", "-c", f"import {modules}")
    said = "import psycopg; print(psycopg.pq.__impl__)"
    assert root.run("/usr/lib/meterd-master/bin/python3", "-I", "-c", said).stdout == "binary\n"


def test_the_shipped_example_is_right(root):
    root.run("sh", "-c", "cp -r /usr/share/meterd/example/. /etc/meterd/ && chown -R root:meterd /etc/meterd")
    done = root.run(
        "runuser", "-u", "meterd", "--", "meterd", "check", "-c", "/etc/meterd/meterd.toml", "--json"
    )
    assert json.loads(done.stdout)["ok"] is True
    root.run("cp", "/usr/share/meterd-master/example/master.toml", "/etc/meterd-master/")
    root.run("chgrp", "meterd-master", "/etc/meterd-master/master.toml")
    root.run(
        "runuser",
        "-u",
        "meterd-master",
        "--",
        "meterd-master",
        "check",
        "-c",
        "/etc/meterd-master/master.toml",
    )


def test_units_are_taken_and_as_closed_as_here(root):
    for unit in (
        "meterd.service",
        "meterd-upload.service",
        "meterd-ingest.service",
        "meterd-ingest@01.service",
    ):
        done = root.run(
            "systemd-analyze",
            "verify",
            "--man=yes",
            f"/usr/lib/systemd/system/{unit.replace('@01', '@')}",
            check=False,
        )
        assert not [line for line in (done.stdout + done.stderr).splitlines() if "meterd" in line], (
            done.stderr
        )
    limit = root.run(
        "systemd-analyze",
        "security",
        "--offline=yes",
        "--threshold=14",
        "/usr/lib/systemd/system/meterd.service",
    )
    assert "Overall exposure level" in limit.stdout


@pytest.mark.parametrize(("language", "word"), [("en", "SYNOPSIS"), ("zh_CN", "概要")])
def test_manual_pages(root, language, word):
    for page in ("meterd", "meterd-read", "meterd-outbox-ls", "meterd-master-ingest"):
        folder = "/usr/share/man/zh_CN/man1" if language == "zh_CN" else "/usr/share/man/man1"
        assert word in root.run("man", "-P", "cat", "-l", f"{folder}/{page}.1.gz").stdout
    assert "meterd check" in root.run("man", "-P", "cat", "1", "meterd-check").stdout


def test_completion_in_three_shells(root):
    bash = (
        "source /usr/share/bash-completion/bash_completion; _completion_loader {0}; COMP_WORDS=({0} outb); "
        "COMP_CWORD=1; $(complete -p {0} | sed 's/.*-F \\([^ ]*\\).*/\\1/') {0} outb {0}; echo ${{COMPREPLY[*]}}"
    )
    for name in ("meterd", "meterd-master"):
        assert "outbox" in root.run("bash", "-c", bash.format(name)).stdout
        shown = root.run("fish", "-c", f"complete --do-complete '{name} outb'").stdout
        assert "outbox" in shown
        found = root.run(
            "zsh",
            "-fc",
            f"fpath+=(/usr/share/zsh/vendor-completions); autoload -Uz compinit; compinit -u; echo $_comps[{name}]",
        )
        assert found.stdout.strip() == f"_{name}"


def test_a_short_demonstration(root):
    done = root.run("runuser", "-u", "meterd", "--", "meterd", "demo", "--seconds", "5", "--json")
    whole(json.loads(done.stdout))


def whole(summary):
    """Something was read, and all of it arrived."""
    print(json.dumps(summary)[:300])
    assert summary["readings_committed"] == summary["readings_accepted"] > 0
    assert summary["lost"] == 0


def test_a_daemon_leaves_an_outbox(root):
    """Readings that wait, without a broker: what upgrades and removal must keep."""
    config = (root.path / "etc/meterd/meterd.toml").read_text().replace('"state"', '"/var/lib/meterd"')
    root.write("/etc/meterd/meterd.toml", config)
    collect(root, 3)
    assert rows(root)


def rows(root):
    listed = root.run(
        "runuser", "-u", "meterd", "--", "meterd", "outbox", "ls", "-c", "/etc/meterd/meterd.toml", "--json"
    )
    batches = json.loads(listed.stdout)["batches"]
    return [tuple(one[key] for key in ("epoch", "batch", "kind", "rows", "state")) for one in batches]


@pytest.fixture(scope="session")
def waiting(root):
    return rows(root)


def test_an_upgrade_keeps_the_outbox(root, packages, waiting):
    _, second = packages
    root.run("dpkg", "-i", *(root.take(file) for file in second))
    assert "-2+deb" in root.run("dpkg-query", "-W", "-f", "${Version}", "meterd").stdout
    assert rows(root) == waiting
    assert root.run("dpkg", "--verify", "meterd").stdout == ""


def test_a_downgrade_keeps_the_outbox(root, packages, waiting):
    first, _ = packages
    root.run("dpkg", "--force-downgrade", "-i", *(root.take(file) for file in first))
    assert "-1+deb" in root.run("dpkg-query", "-W", "-f", "${Version}", "meterd").stdout
    assert rows(root) == waiting


def test_removal_leaves_configuration_and_data(root):
    root.run("dpkg", "--remove", "meterd", "meterd-master")
    assert root.there(OUTBOX)
    assert root.there("/etc/meterd/meterd.toml")
    assert not root.there("/usr/lib/meterd")
    assert not root.there("/usr/bin/meterd")


def test_purge_leaves_only_data(root):
    root.write("/etc/credstore/meterd.mqtt.key", "secret")
    said = root.run("dpkg", "--purge", "meterd", "meterd-master").stdout
    assert "/var/lib/meterd stays" in said
    assert root.there(OUTBOX)
    assert root.there("/etc/meterd/archive/meters.csv")
    assert not root.there("/etc/credstore/meterd.mqtt.key")
    left = root.run(
        "sh", "-c", "find / -xdev -name '*meterd*' -not -path '/srv/*' -not -path '/var/lib/dpkg/*' | sort"
    ).stdout
    assert left.split() == ["/etc/meterd", "/var/lib/meterd", "/var/lib/meterd-master"]
    assert sorted(p.name for p in (root.path / "etc/meterd").iterdir()) == ["archive"]


MACHINES = {"arm64": 183, "armhf": 40}
"""ELF's numbers of processors (EM_AARCH64, EM_ARM)."""


def test_packages_of_other_processors_carry_their_own_libraries():
    """Built here, looked at and not run."""
    made = build("packages", "--debian", DEBIAN, "--platform", "arm64", "armv7")
    assert len(made) == 3
    for file in made:
        (folder := BUILD / "unpacked").mkdir(exist_ok=True)
        subprocess.run(["dpkg-deb", "-x", file, folder], check=True)
        found = {int.from_bytes(path.read_bytes()[18:20], "little") for path in folder.rglob("*.so*")}
        shutil.rmtree(folder)
        assert found == {MACHINES[file.stem.rpartition("_")[2]]}, file


def test_the_bundle_installs_without_network(debian):
    """A new machine, the bundle, and the sheet that comes with it."""
    (made,) = build("bundle")
    machine = fresh(debian, "machine")
    try:
        machine.run("tar", "-C", "/srv", "-xf", machine.take(made))
        script = f"/srv/{made.name.removesuffix('.tar.gz')}/install.sh"
        for what, program in (("gateway", "meterd"), ("master", "meterd-master")):
            assert "is installed" in machine.run(script, what).stdout
            assert machine.run(program, "--version").stdout.startswith("meterd ")
        machine.run(
            "sh",
            "-c",
            "cp -r /opt/meterd/share/example/meterd/. /etc/meterd/ && chown -R root:meterd /etc/meterd",
        )
        machine.run("runuser", "-u", "meterd", "--", "meterd", "check", "-c", "/etc/meterd/meterd.toml")
        unit = (machine.path / "etc/systemd/system/meterd.service").read_text()
        assert "ExecStart=/opt/meterd/current/bin/meterd run" in unit
        done = machine.run("runuser", "-u", "meterd", "--", "meterd", "demo", "--seconds", "5", "--json")
        whole(json.loads(done.stdout))
        as_on_the_sheet(machine)
        damaged = machine.path / script.lstrip("/")
        (damaged.parent / "VERSION").write_text("9.9.9\n")
        assert "damaged" in machine.run(script, "gateway", check=False).stderr
        machine.run(script, "remove", "gateway")
        assert not machine.there("/usr/local/bin/meterd")
        assert machine.there("/var/lib/meterd")
        assert machine.there("/etc/meterd/meterd.toml")
    finally:
        shutil.rmtree(machine.path, ignore_errors=True)


def as_on_the_sheet(machine):
    """The two files of the printed page, a simulated meter on the line, and its readings in the outbox."""
    page = (ROOT / "docs/ten-minutes.md").read_text(encoding="utf-8")
    settings, meters = re.search(r"```toml\n(.*?)```.*?```csv\n(.*?)```", page, re.S).groups()
    link = '"tcp://127.0.0.1:9001"'
    machine.write("/etc/meterd/meterd.toml", re.sub(r'(?<=link = )"serial:[^"]*"', link, settings))
    machine.write("/etc/meterd/archive/meters.csv", meters)
    for name in ("nodes.csv", "relations.csv"):
        (machine.path / "etc/meterd/archive" / name).unlink(missing_ok=True)
    machine.run("chgrp", "-R", "meterd", "/etc/meterd")
    collect(machine, 1)
    assert rows(machine)


def collect(root, meters):
    """The daemon for twenty seconds, with simulated meters."""
    script = (
        f"meterd simulate dlt645 --meters {meters} --port 9001 --seed 1 --share-1997 0 & sleep 3; "
        "timeout 20 meterd run -c /etc/meterd/meterd.toml; kill %1; true"
    )
    root.run("runuser", "-u", "meterd", "--", "bash", "-c", script)
