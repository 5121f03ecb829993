"""`meterd upload`: users and the record (gateway.cli.upload)."""

import json

import pytest
from typer.testing import CliRunner

from gateway.cli.upload import app
from gateway.upload.places import Places
from gateway.upload.record import Record
from tests.gateway.upload.toy import NOW, written


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


@pytest.fixture
def config(tmp_path):
    written(tmp_path, 'listen = "127.0.0.1:0"\n')
    return tmp_path / "meterd.toml"


def test_off_by_default(meterd, tmp_path):
    written(tmp_path, "")
    done = meterd("upload", "serve", "-c", tmp_path / "meterd.toml")
    assert done.exit_code == 2
    assert "set upload.listen" in done.stderr


def test_users_by_the_command(meterd, config):
    done = meterd("upload", "user", "add", "Li", "-c", config, "--json")
    told = json.loads(done.stdout)
    assert (told["name"], told["role"], len(told["password"])) == ("li", "technician", 19)
    again = meterd("upload", "user", "add", "li", "-c", config)
    assert again.exit_code == 1
    assert "there already" in again.stderr
    other = json.loads(meterd("upload", "user", "passwd", "li", "-c", config, "--json").stdout)
    assert other["password"] != told["password"]
    words = ["user", "add", "chen", "--supervisor", "--ask", "-c", str(config)]
    asked = CliRunner().invoke(app, words, input="abcdefgh\nabcdefgh\n")
    assert asked.exit_code == 0, asked.stderr
    assert "abcdefgh" not in asked.stdout
    listed = json.loads(meterd("upload", "user", "ls", "-c", config, "--json").stdout)["users"]
    assert [(one["name"], one["role"]) for one in listed] == [("chen", "supervisor"), ("li", "technician")]
    assert not any("hash" in one or "salt" in one for one in listed)
    assert meterd("upload", "user", "remove", "li", "-c", config).exit_code == 0
    assert meterd("upload", "user", "remove", "li", "-c", config).exit_code == 1
    assert "chen" in meterd("upload", "user", "ls", "-c", config).stdout


def test_the_record_by_the_command(meterd, config, tmp_path):
    path = Places(tmp_path / "state").record
    assert json.loads(meterd("upload", "ls", "-c", config, "--json").stdout) == {"events": 0, "uploads": []}
    record = Record(path)
    record.put("received", "240502-3F9A0C", NOW, user="li", address="192.0.2.1", name="[x].csv", size=3)
    record.put("withdrawn", "240502-3F9A0C", NOW, user="li", address="192.0.2.1")
    listed = json.loads(meterd("upload", "ls", "-c", config, "--json").stdout)
    assert listed["events"] == 2
    assert listed["uploads"][0]["state"] == "withdrawn"
    assert "240502-3F9A0C" in meterd("upload", "ls", "-c", config).stdout
    shown = json.loads(meterd("upload", "show", "2405023f9a0c", "-c", config, "--json").stdout)
    assert [event["event"] for event in shown["events"]] == ["received", "withdrawn"]
    assert "withdrawn" in meterd("upload", "show", "240502-3F9A0C", "-c", config).stdout
    assert meterd("upload", "show", "240502-000000", "-c", config).exit_code == 1
    path.write_bytes(path.read_bytes().replace(b"192.0.2.1", b"192.0.2.2", 1))
    assert "was changed" in meterd("upload", "ls", "-c", config).stderr
