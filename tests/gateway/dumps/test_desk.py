"""The command with a configuration: alone, beside a daemon, and as a look that changes nothing."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from config.load import load
from gateway.app import App
from gateway.dumps.preview import like, restored, state_names
from gateway.dumps.spool import Spool
from gateway.outbox.inspect import states, summary
from tests.gateway.dumps.bench import Still
from tests.gateway.dumps.toy import archive, dump, line, meter

ROWS = [line(f"{1000 + n}") for n in range(30)]


@pytest.fixture
def config(tmp_path):
    """A configuration with 40 meters and no link that answers."""
    folder = tmp_path / "etc"
    folder.mkdir()
    meters = [f"{1000 + n},{n + 1},dlt645-2007,line" for n in range(40)]
    (folder / "meters.csv").write_text("\n".join(["asset_no,address,protocol,target", *meters, ""]))
    path = folder / "meterd.toml"
    path.write_text(
        f'[gateway]\nname = "g"\nstate_dir = "{tmp_path}/state"\narchive = "."\n[metrics]\nlisten = ""\n'
        '[[target]]\nname = "line"\ndriver = "meter"\nlink = "tcp://127.0.0.1:1"\n'
    )
    return path


def run(config, *words):
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "import", "-c", config, *words, "--json"],
        capture_output=True,
        text=True,
        env=os.environ | {"METERD_LANG": "en"},
        timeout=100,
    )
    return done, [json.loads(text) for text in done.stdout.splitlines()]


def test_alone(tmp_path, config):
    path = dump(tmp_path, *ROWS, line("9999"))
    done, (looked,) = run(config, path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (looked["accepted"], looked["unknown_meters"], looked["states"]) == (30, 1, {"PASSED": 30})
    assert not (tmp_path / "state" / "outbox.db").exists()
    done, (told,) = run(config, path)
    assert done.returncode == 0, done.stderr
    assert (told["committed"], told["accepted"], told["states"]) == (True, 30, {"PASSED": 30})
    books = summary(tmp_path / "state" / "outbox.db")
    assert books.difference == 0
    assert books.accepted == 30 + 1  # and the audit
    done, (again,) = run(config, path)
    assert (again["repeated"], again["accepted"], again["duplicates"]) == (told["receipt"], 0, 30)
    assert summary(tmp_path / "state" / "outbox.db").accepted == 31
    _, (looked,) = run(config, path, "--dry-run")
    assert looked["repeated"] == told["receipt"]


def test_the_next_review_knows_what_came(tmp_path, config):
    run(config, dump(tmp_path, line("1000", this="150.33")))
    _, (looked,) = run(
        config, dump(tmp_path, line("1000", this="15.33", at="2024-05-01 09:00", last="")), "--dry-run"
    )
    assert "R020" in looked["rules"]
    _, (told,) = run(config, dump(tmp_path, line("1000", this="15.33", at="2024-05-01 09:00", last="")))
    assert told["states"] == {"SUSPECT": 1}


def test_refusals(tmp_path, config):
    done, (told,) = run(config, dump(tmp_path, line("1000"), line("1001", this="x")))
    assert (done.returncode, told["committed"], told["accepted"]) == (1, False, 0)
    done, (told,) = run(config, tmp_path / "none.csv")
    assert done.returncode == 2
    assert told["refused"][0]["reason"] == "unreadable"


async def test_beside_a_daemon(tmp_path, config):
    loaded = load(config)
    ready = asyncio.Event()
    app = App(loaded.settings, loaded.archive, loaded=loaded, ready=ready.set)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(app.run())
        await ready.wait()
        done, (told,) = await asyncio.to_thread(run, config, dump(tmp_path, *ROWS))
        assert (done.returncode, told["committed"], told["accepted"]) == (0, True, 30)
        assert app.stats().outbox.difference == 0
        assert app.reviewer.base("1000", "1-0:1.8.0") is not None
        done, (late,) = await asyncio.to_thread(run, config, dump(tmp_path, line("1035")), "--wait", "0")
        assert (done.returncode, late["refused"][0]["reason"]) == (1, "busy")
        spool = Spool(tmp_path / "state" / "dumps")
        while spool.stage(late["receipt"]) != "done":
            await asyncio.sleep(0.05)
        app.stop()
    assert spool.report(late["receipt"])["committed"]


def test_a_reviewer_of_its_own(tmp_path, config):
    settings = load(config).settings
    known = archive(meter("1000"))
    clock = Still()
    first = restored(settings, known, clock, {})
    assert first.base("1000", "1-0:1.8.0") is None
    run(config, dump(tmp_path, line("1000")))
    saved = states(tmp_path / "state" / "outbox.db", state_names(settings.target))
    second = restored(settings, known, clock, saved)
    assert second.base("1000", "1-0:1.8.0").value == 1_503_300
    third = like(second, settings, known, clock)
    assert third.base("1000", "1-0:1.8.0") == second.base("1000", "1-0:1.8.0")
