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


def test_there_are_these():
    assert NAMES == ["meterd-ingest.service", "meterd-upload.service", "meterd.service"]


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_it_is_closed(unit):
    done = analyze("security", "--offline=yes", "--threshold=14", unit)
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
    text = unit.read_text(encoding="utf-8").replace("/opt/meterd/bin/meterd", "/bin/true")
    copy.write_text(text.replace("User=meterd\n", "User=root\n"), encoding="utf-8")
    done = analyze("verify", "--man=no", copy)
    said = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert not said


def test_a_misspelt_line_would_be_noticed(tmp_path):
    unit = tmp_path / "meterd.service"
    text = (
        (FOLDER / "meterd.service").read_text(encoding="utf-8").replace("/opt/meterd/bin/meterd", "/bin/true")
    )
    unit.write_text(text.replace("WatchdogSec", "WatchdgSec"), encoding="utf-8")
    done = analyze("verify", "--man=no", unit)
    assert "WatchdgSec" in done.stdout + done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=NAMES)
def test_commands_exist(unit):
    commands = [value for name, value in settings(unit) if name.startswith("Exec")]
    assert commands
    for command in commands:
        program, name, *_ = command.split()
        assert program == "/opt/meterd/bin/meterd"
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


def test_the_user_is_made():
    lines = (FOLDER / "meterd.sysusers").read_text(encoding="utf-8").splitlines()
    assert [line.split()[:2] for line in lines if not line.startswith("#")] == [
        ["u", "meterd"],
        ["m", "meterd"],
    ]


def test_sysusers_understands_the_file(tmp_path):
    done = subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", "--dry-run", FOLDER / "meterd.sysusers"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
