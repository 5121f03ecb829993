"""meterd outbox: ls, peek, replay."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from gateway.cli.outbox import app
from tests.servers.outbox_support import TestClock, entry, opened

ARCHIVE = "asset_no,address,protocol,target\nM1,000000000001,dlt645-2007,line3\n"
SETTINGS = """
[gateway]
name = "so-001"
state_dir = "{0}/state"
archive = "{0}"
timezone = "Asia/Shanghai"
[[target]]
name = "line3"
driver = "meter"
link = "tcp://127.0.0.1:1"
"""


@pytest.fixture
async def config(tmp_path):
    (tmp_path / "meters.csv").write_text(ARCHIVE)
    path = tmp_path / "meterd.toml"
    path.write_text(SETTINGS.format(tmp_path))
    async with opened(tmp_path / "state") as outbox:
        for n in range(3):
            await outbox.append(entry(n))
        await outbox.claim(3)
        await outbox.acked(outbox.stats.epoch, 2)
    return path


def call(*arguments: object, code: int = 0):
    found = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert found.exit_code == code, found.output
    return found


async def test_ls_shows_batches_and_books(config):
    found = json.loads(call("ls", "-c", config, "--json").stdout)
    assert found["books"]["accepted"] == 3
    assert found["books"]["difference"] == 0
    assert [(line["batch"], line["state"], line["class"]) for line in found["batches"]] == [
        (3, "waiting", "billing"),
        (2, "committed", "billing"),
        (1, "committed", "billing"),
    ]
    assert "difference 0" in call("ls", "-c", config, "--limit", 1).stdout


async def test_peek_shows_rows(config):
    found = json.loads(call("peek", "-c", config, 2, "--json").stdout)
    assert found["batches"][0]["rows"][0][2] == "0.01"
    title, columns, row = call("peek", "-c", config, 2).stdout.splitlines()
    assert title.endswith("2 reading")
    assert dict(zip(columns.split("\t"), row.split("\t"), strict=True))["value"] == "0.01"
    assert "no batch 9" in call("peek", "-c", config, 9, code=1).stderr


async def test_replay_marks_what_is_kept_since(config):
    local = (TestClock().now() + timedelta(days=2)).date().isoformat()
    assert json.loads(call("replay", "-c", config, "--since", local, "--json").stdout)["batches"] == 0
    found = json.loads(call("replay", "-c", config, "--since", "2026-01-01", "--json").stdout)
    assert found == {"since": "2026-01-01T00:00:00+08:00", "batches": 2, "rows": 2}
    states = json.loads(call("ls", "-c", config, "--json").stdout)["books"]["states"]
    assert states == {"again": [2, 2], "waiting": [1, 1]}
    assert "0 batches" in call("replay", "-c", config, "--since", "2026-01-01T00:00:00+08:00").stdout


async def test_bad_input_is_2_and_a_missing_outbox_1(config, tmp_path):
    assert "expected 2026-05-01" in call("replay", "-c", config, "--since", "yesterday", code=2).stderr
    assert call("ls", "-c", tmp_path / "missing.toml", code=2).stderr
    for part in (tmp_path / "state").iterdir():
        part.unlink()
    assert "no outbox" in call("ls", "-c", config, code=1).stderr
