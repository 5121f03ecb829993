"""meterd init: the dialogue, its options, and a configuration that works."""

import json
import os
import subprocess

import pytest
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.configured import configured
from tests.drivers.line import bcd
from tests.gateway.cli.conftest import Served
from tests.tools.plant import METERD, ROOT, Child, free_port, wait_until


@pytest.fixture
def link(served):
    return served(Served("000000000112", {"00010000": bcd("00000001")}))


def answered(folder, *answers, options=()):
    words = ["init", str(folder), "--reply-ms", "30", "--protocol", "dlt645-2007", *map(str, options)]
    return CliRunner().invoke(_build(["init", "decode"]), words, input="\n".join(answers) + "\n")


def test_a_dialogue_ends_in_a_configuration_that_is_right(link, tmp_path):
    done = answered(tmp_path, "so-001", link, "mqtt://127.0.0.1:1883")
    assert done.exit_code == 0, done.output
    loaded = configured(tmp_path / "meterd.toml")
    assert loaded.settings.gateway.name == "so-001"
    assert loaded.settings.uplink.broker == "mqtt://127.0.0.1:1883"
    assert loaded.archive.meters[0].address == "000000000112"
    assert "written, right, 1 meters" in done.stdout
    for following in ("doctor", "read", "run", "top"):
        assert f"meterd {following} -c {tmp_path}/meterd.toml" in done.stdout
    assert "Name of this gateway" in done.stderr
    assert "Name of this gateway" not in done.stdout


def test_a_wrong_answer_is_asked_again(link, tmp_path):
    done = answered(tmp_path, "so-001", "pigeon:1", link, "http://h", "none")
    assert done.exit_code == 0, done.output
    assert "'pigeon:1'" in done.stderr
    assert "expected mqtt://HOST:PORT" in done.stderr
    assert configured(tmp_path / "meterd.toml").settings.uplink.broker is None


def test_in_chinese(link, tmp_path, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    done = answered(tmp_path, "so-001", link, "")
    assert done.exit_code == 0, done.output
    assert "网关名称" in done.stderr
    assert "已写入，检查正确，1 块表" in done.stdout
    assert "没有消息代理时" in (tmp_path / "meterd.toml").read_text()


def test_every_answer_as_an_option(link, tmp_path):
    (tmp_path / "password").write_text("secret")
    more = ["--name", "so-002", "--link", link, "--every", "1h", "--state-dir", tmp_path / "s"]
    more += [
        "--broker",
        "mqtt://h",
        "--user",
        "u",
        "--password-file",
        tmp_path / "password",
        "--yes",
        "--json",
    ]
    done = answered(tmp_path / "new", options=more)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["meters"] == [{"address": "000000000112", "protocol": "dlt645-2007", "baud": None}]
    found = configured(told["config"]).settings
    assert (found.uplink.user, found.uplink.password_file) == ("u", tmp_path / "password")
    assert (found.task[0].every, found.gateway.state_dir) == ("1h", tmp_path / "s")


def test_meters_that_are_known_and_their_model(tmp_path):
    known = ["--meter", "modbus-tcp:5", "--link", "tcp://127.0.0.1:1", "--yes"]
    assert "give --model" in answered(tmp_path, options=known).stderr
    assert answered(tmp_path, options=[*known, "--model", "eastron-sdm630"]).exit_code == 0
    assert configured(tmp_path / "meterd.toml").archive.meters[0].model == "eastron-sdm630"


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--yes"], 2, "give --link"),
        (["--yes", "--link", "tcp://127.0.0.1:1"], 1, "127.0.0.1:1"),
        (["--yes", "--link", "tcp://127.0.0.1:1", "--meter", "dlt645-2007"], 2, "PROTOCOL:ADDRESS"),
        (
            ["--yes", "--link", "tcp://127.0.0.1:1", "--meter", "dlt645-2007:1", "--name", "a b"],
            2,
            "nothing was written",
        ),
        (
            ["--yes", "--link", "tcp://127.0.0.1:1", "--meter", "dlt645-2007:1", "--broker", "mqtt://u:p@h"],
            2,
            "nothing was written",
        ),
    ],
)
def test_bad_input_writes_nothing(tmp_path, options, code, told):
    done = answered(tmp_path, options=options)
    assert done.exit_code == code
    assert told in done.stderr
    assert not (tmp_path / "meterd.toml").exists()


def test_nobody_there(served, tmp_path):
    done = answered(tmp_path, options=["--yes", "--link", served()])
    assert done.exit_code == 1
    assert "nobody answered" in done.stderr


def test_it_never_overwrites_and_says_so_before_it_asks(tmp_path):
    (tmp_path / "meterd.toml").write_text("mine")
    done = answered(tmp_path)
    assert done.exit_code == 1
    assert "stays as it is" in done.stderr
    assert "Name of" not in done.stderr
    assert (tmp_path / "meterd.toml").read_text() == "mine"


def test_from_the_simulator_to_a_reading(tmp_path):
    port = free_port()
    asked = ["simulate", "dlt645", "--port", str(port), "--meters", "1", "--share-1997", "0"]
    simulator = Child([*METERD, *asked], tmp_path / "simulator.log").start()
    env = {**os.environ, "METERD_LANG": "en"}
    try:
        wait_until(
            lambda: f"{port}" in simulator.log.read_text() or not simulator.running, 60, "the simulator"
        )
        words = ["init", str(tmp_path / "site"), "--link", f"tcp://127.0.0.1:{port}", "--name", "so-001"]
        words += ["--protocol", "dlt645-2007", "--broker", "none", "--yes", "--json"]
        done = subprocess.run(
            [*METERD, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        words = ["read", "-c", told["config"], told["meters"][0]["address"], "1-0:1.8.0", "--json"]
        read = subprocess.run(
            [*METERD, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
        )
        assert json.loads(read.stdout)["points"][0]["value"]
    finally:
        simulator.stop()
