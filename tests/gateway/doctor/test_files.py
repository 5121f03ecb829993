"""Configuration, folders, devices, secrets, and whom the daemon runs as (gateway.doctor.base)."""

import os
import pty
import shutil
from pathlib import Path

import pytest

from gateway.doctor.base import User
from gateway.doctor.files import configuration, devices, folders, secrets

NOBODY = User("nobody", 65534, frozenset({65534}))


def test_a_right_configuration_with_its_warnings(sick, told):
    first, *rest = told(configuration, sick("[store]\n".replace("[store]\n", "")))
    assert first[0] == "OK"
    assert "meters 1, targets 1, tasks 1" in first[1]
    assert rest == []
    who = sick('[[target]]\nname = "line4"\ndriver = "meter"\nlink = "tcp://h:1"\n')
    assert ("WARN", "no task reads line4") in [
        (level, text[-len("no task reads line4") :]) for level, text, _ in told(configuration, who)
    ]


def test_a_wrong_one_says_what_check_says(sick, told):
    who = sick("[upload]\nlistn = 1\n")
    (line,) = told(configuration, who)
    assert line[0] == "FAIL"
    assert "listn" in line[1]
    assert "meterd check" in line[2]


def test_a_configuration_that_everybody_may_write(sick, told):
    who = sick()
    who.path.chmod(0o646)
    assert told(configuration, who)[-1][0] == "FAIL"


def test_the_state_folder(sick, told, tmp_path):
    who = sick()
    assert told(folders, who)[0][0] == "OK"
    (tmp_path / "state").chmod(0o755)
    assert told(folders, sick())[0] == (
        "WARN",
        f"{tmp_path}/state: everybody may enter it",
        f"chmod 700 {tmp_path}/state",
    )
    (tmp_path / "state").rmdir()
    level, text, _ = told(folders, sick())[0]
    assert (level, "the daemon makes it" in text) == ("OK", True)


def test_another_user(sick, told, tmp_path):
    who = sick()
    who.user = NOBODY
    tmp_path.chmod(0o755)
    (tmp_path / "meterd.toml").chmod(0o640)
    lines = told(folders, who)
    assert [level for level, *_ in lines] == ["FAIL", "FAIL"]
    assert lines[0][2] == f"chown -R meterd: {tmp_path}/state"
    assert "meterd.toml: nobody may not read it" in lines[1][1]
    (tmp_path / "state").rmdir()
    assert told(folders, who)[0][2].startswith("install -d -m 700")


def test_root_stands_for_the_owner_of_the_state_folder(tmp_path):
    assert User.of(tmp_path / "none").uid == os.geteuid()
    if os.geteuid() == 0:
        shutil.chown(tmp_path, "nobody")
        assert User.of(tmp_path).name == "nobody"


def test_rights_go_by_owner_then_group_then_others(tmp_path):
    file = tmp_path / "file"
    file.touch()
    owner, group = file.stat().st_uid, file.stat().st_gid
    mine = User("mine", owner or 12345, frozenset({group}))
    if owner == 0:
        os.chown(file, 12345, group)
    for mode, who, may in (
        (0o600, mine, True),
        (0o060, mine, False),
        (0o060, User("member", 54321, frozenset({group})), True),
        (0o006, User("other", 54321, frozenset()), True),
        (0o660, User("other", 54321, frozenset()), False),
        (0o000, User("root", 0, frozenset()), True),
    ):
        file.chmod(mode)
        assert who.may(file, 6) is may, (oct(mode), who)


def test_serial_devices(sick, told, tmp_path):
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    assert told(devices, sick(link=f"serial:{name}?baud=2400"))[0][0] == "OK"
    who = sick(link=f"serial:{name}?baud=2400")
    who.user = NOBODY
    Path(name).chmod(0o600)
    level, text, cure = told(devices, who)[0]
    assert (level, text) == ("FAIL", f"{name}: nobody may not use it")
    assert cure.startswith("usermod -aG ")
    os.close(master)
    os.close(slave)
    assert "No such file" in told(devices, sick(link="serial:/dev/ttyNONE9"))[0][1]
    (tmp_path / "plain").touch()
    assert "no device" in told(devices, sick(link=f"serial:{tmp_path}/plain"))[0][1]
    assert told(devices, sick()) == []


@pytest.mark.parametrize(
    ("mode", "text", "level", "said"),
    [
        (0o600, "c4n4ry", "OK", "alone"),
        (0o644, "c4n4ry", "FAIL", "everybody may read it"),
        (0o600, "", "FAIL", "empty"),
    ],
)
def test_files_of_secrets(sick, told, tmp_path, mode, text, level, said):
    (tmp_path / "password").write_text(text)
    (tmp_path / "password").chmod(mode)
    who = sick(f'[uplink]\npassword_file = "{tmp_path}/password"\n')
    ((found, shown, _),) = told(secrets, who)
    assert found == level
    assert said in shown
    assert "c4n4ry" not in shown


def test_a_secret_that_the_daemon_may_not_read(sick, told, tmp_path):
    (tmp_path / "password").write_text("x")
    (tmp_path / "password").chmod(0o600)
    who = sick(f'[uplink]\npassword_file = "{tmp_path}/password"\n')
    who.user = NOBODY
    assert told(secrets, who)[0][0] == "FAIL"


def test_a_credential_is_the_units(sick, told, tmp_path, monkeypatch):
    who = sick('[uplink]\npassword_credential = "mqtt"\n')
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert "not seen from here" in told(secrets, who)[0][1]
    (tmp_path / "mqtt").touch()
    assert told(secrets, who)[0][1] == f"uplink.password_credential: {tmp_path}/mqtt"
