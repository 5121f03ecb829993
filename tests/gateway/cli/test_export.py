"""meterd outbox export."""

import csv
import io
import json
import shutil
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from gateway.cli.outbox import app
from gateway.outbox import Entry
from gateway.payload import COLUMNS
from tests.servers.outbox_support import entry, opened, reading

SETTINGS = '[gateway]\nname = "so-001"\nstate_dir = "{0}/state"\narchive = "{0}"\n'


def call(*arguments: object, code: int = 0):
    found = CliRunner().invoke(app, ["export", *map(str, arguments)])
    assert found.exit_code == code, found.output
    return found


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
async def folder(tmp_path):
    """A state folder with six readings in three batches: one committed, one dead, one waiting."""
    (tmp_path / "meters.csv").write_text("asset_no,address,protocol,target\n")
    (tmp_path / "meterd.toml").write_text(SETTINGS.format(tmp_path))
    async with opened(tmp_path / "state") as outbox:
        for first in (0, 2, 4):
            await outbox.append(entry(first, first + 1))
        claimed = {batch.number: batch for batch in await outbox.claim(3)}
        await outbox.acked(outbox.stats.epoch, 1)
        await outbox.dead(claimed[2].id, "payload")
        outbox.release([claimed[3].id])
    return tmp_path


@pytest.fixture
def config(folder):
    return folder / "meterd.toml"


async def test_all_that_lies_there_with_the_state_of_its_batch(config):
    done = call("-c", config)
    rows = table(done.stdout)
    assert list(rows[0]) == [*COLUMNS["reading"], "outbox"]
    assert [(row["meter"], row["value"], row["outbox"]) for row in rows] == [
        ("m0", "0", "committed"),
        ("m1", "0.01", "committed"),
        ("m4", "0.04", "waiting"),
        ("m5", "0.05", "waiting"),
        ("m2", "0.02", "dead"),
        ("m3", "0.03", "dead"),
    ]
    assert "6 readings" in done.stderr


async def test_json_lines(config):
    rows = [json.loads(line) for line in call("-c", config, "--json").stdout.splitlines()]
    assert len(rows) == 6
    assert rows[1]["value"] == "0.01"
    assert rows[1]["outbox"] == "committed"


@pytest.mark.parametrize(
    ("asked", "meters"),
    [
        (["--waiting"], ["m4", "m5", "m2", "m3"]),
        (["--meter", "m1", "--meter", "m4"], ["m1", "m4"]),
        (["--point", "1-0:9.9.9"], []),
        (["--since", "2026-03-01T00:00:03+00:00"], ["m4", "m5", "m3"]),
        (["--since", "2026-03-01T08:00:03"], ["m4", "m5", "m3"]),
        (["--since", "2026-03-02"], []),
    ],
)
async def test_only_what_is_wanted(config, asked, meters):
    assert [row["meter"] for row in table(call("-c", config, *asked).stdout)] == meters


async def test_a_copied_folder_that_nobody_may_write_into(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder / "state", copy)
    before = {path: path.read_bytes() for path in copy.iterdir()}
    assert len(table(call("--folder", copy).stdout)) == 6
    assert {path: path.read_bytes() for path in copy.iterdir() if path in before} == before
    assert [r["meter"] for r in table(call("--folder", copy, "--since", "2026-03-01T00:00:05").stdout)] == [
        "m5"
    ]


async def test_beside_a_running_daemon_everything_written_so_far(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(80):
            await outbox.append(entry(n))
        assert len(table(call("--folder", tmp_path).stdout)) == 80
        await outbox.append(entry(80))
        assert outbox.stats.accepted == 81


async def test_a_foreign_text_is_no_formula(tmp_path):
    odd = replace(reading(1), meter="=1+1", value=-reading(1).value)
    async with opened(tmp_path) as outbox:
        await outbox.append(Entry(readings=(odd,)))
    (row,) = table(call("--folder", tmp_path).stdout)
    assert (row["meter"], row["value"]) == ("'=1+1", "-0.01")


async def test_a_file_is_made_and_never_overwritten(config, tmp_path):
    place = tmp_path / "readings.csv"
    assert call("-c", config, "--output", place).stdout == ""
    assert len(table(place.read_text())) == 6
    assert "exists" in call("-c", config, "--output", place, code=1).stderr
    assert len(table(place.read_text())) == 6


async def test_what_is_missing_is_told(config, folder, tmp_path):
    assert "-c FILE" in call(code=2).stderr
    assert "--folder" in call("-c", config, "--folder", folder, code=2).stderr
    assert "expected 2026-05-01" in call("-c", config, "--since", "soon", code=2).stderr
    assert "no outbox" in call("--folder", tmp_path, code=1).stderr
