"""The units: as closed as they say, without mistakes, and naming commands that exist."""

import configparser
import os
import re
import subprocess
from pathlib import Path

import pytest

from gateway.cli import COMMANDS

FOLDER = Path(__file__).parents[2] / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
NAMES = [unit.name for unit in UNITS]


def analyze(*arguments):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": ""}
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, env=environment
    )


def settings(unit):
    """Every `Name=value` of a unit, in order."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


PROGRAMS = {
    "meterd-ingest.service": "/usr/lib/meterd-master/bin/meterd",
    "meterd-ingest@.service": "/usr/lib/meterd-master/bin/meterd",
    "meterd-upload.service": "/usr/lib/meterd/bin/meterd",
    "meterd.service": "/usr/lib/meterd/bin/meterd",
}


def test_there_are_these():
    assert sorted(PROGRAMS) == NAMES


def without_programs(unit):
    """A unit's text with a program that this machine has."""
    return re.sub(r"/usr/lib/meterd(-master)?/bin/meterd", "/bin/true", unit.read_text(encoding="utf-8"))


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_it_is_closed(unit):
    limit = 14 if unit.name == "meterd.service" else 12
    done = analyze("security", "--offline=yes", f"--threshold={limit}", unit)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_an_open_unit_would_be_noticed(tmp_path):
    unit = tmp_path / "meterd.service"
    text = (FOLDER / "meterd.service").read_text(encoding="utf-8")
    unit.write_text(re.sub(r"^(SystemCallFilter|IPAddress|CapabilityB).*\n", "", text, flags=re.M), "utf-8")
    assert analyze("security", "--offline=yes", "--threshold=14", unit).returncode != 0


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_systemd_understands_every_line(unit, tmp_path):
    """Names of programs and users of another machine aside, nothing is complained about."""
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"^User=.*", "User=root", without_programs(unit), flags=re.M), encoding="utf-8")
    done = analyze("verify", "--man=no", copy)
    said = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert not said


def test_a_misspelt_line_would_be_noticed(tmp_path):
    unit = tmp_path / "meterd.service"
    text = without_programs(FOLDER / "meterd.service")
    unit.write_text(text.replace("WatchdogSec", "WatchdgSec"), encoding="utf-8")
    done = analyze("verify", "--man=no", unit)
    assert "WatchdgSec" in done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_commands_exist(unit):
    commands = [value for name, value in settings(unit) if name.startswith("Exec")]
    assert commands
    for command in commands:
        program, name, *_ = command.split()
        assert program == PROGRAMS[unit.name]
        assert name in {*COMMANDS, "run"}


def test_the_daemon_checks_before_it_starts_and_before_it_reloads():
    steps = [
        (name, value.split()[1])
        for name, value in settings(FOLDER / "meterd.service")
        if name.startswith("Exec")
    ]
    assert steps == [
        ("ExecStartPre", "check"),
        ("ExecStart", "run"),
        ("ExecReload", "check"),
        ("ExecReload", "reload"),
    ]


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_no_comment_behind_a_value(unit):
    assert not [value for _, value in settings(unit) if " #" in value]


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_sections(unit):
    parser = configparser.RawConfigParser(strict=False, allow_no_value=False)
    parser.read_string(unit.read_text(encoding="utf-8"))
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_nobody_has_to_come_to_start_it_again(unit):
    given = dict(settings(unit))
    assert given["StartLimitIntervalSec"] == "0"
    assert given["Restart"] == "always"
    assert given["Type"] == "notify"
    assert 0 < int(given["WatchdogSec"]) <= 60


def test_a_worker_of_several_is_the_single_one_with_a_name_and_a_port():
    one, many = (dict(settings(FOLDER / f"meterd-ingest{mark}.service")) for mark in ("", "@"))
    changed = {name for name in many if many[name] != one.get(name)}
    assert changed == {"Description", "SyslogIdentifier", "ExecStart"}
    assert many["ExecStart"] == one["ExecStart"] + " --metrics 127.0.0.1:97%i"


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_credentials_may_be_absent(unit):
    """A name without a slash is looked for in the credential store, and its absence stops nothing."""
    loaded = [value for name, value in settings(unit) if name == "LoadCredential"]
    assert loaded
    assert not [value for value in loaded if "/" in value]
    assert all(value.partition(":")[2].startswith(f"{owner(unit)}.") for value in loaded)


def owner(unit):
    return dict(settings(unit))["User"]


def lines_of(name):
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if not line.startswith("#")]


def test_users_are_made_and_they_own_the_folders_that_their_units_name():
    users = {line[1] for name in ("meterd", "meterd-master") for line in lines_of(f"{name}.sysusers")}
    assert {owner(unit) for unit in UNITS} == users
    for unit in UNITS:
        given, user = dict(settings(unit)), owner(unit)
        folders = {line[1]: line[2:5] for line in lines_of(f"{user}.tmpfiles")}
        assert folders[f"/etc/{given['ConfigurationDirectory']}"] == ["0750", "root", user]
        assert folders[f"/var/lib/{user}"] == ["0700", user, user]
        assert given["ConfigurationDirectoryMode"] == "0750"


@pytest.mark.parametrize("name", ["meterd", "meterd-master"])
def test_systemd_makes_users_and_folders_of_these_files(name, tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("dialout:x:20:\n")
    for program, kind in (("systemd-sysusers", "sysusers"), ("systemd-tmpfiles", "tmpfiles")):
        more = ["--create"] if kind == "tmpfiles" else []
        done = subprocess.run(
            [program, *more, f"--root={tmp_path}", FOLDER / f"{name}.{kind}"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert f"{name}:" in (tmp_path / "etc/passwd").read_text()
    assert (tmp_path / "var/lib" / name).stat().st_mode & 0o777 == 0o700
