"""The daemon as a whole: with simulated meters, as a child process and inside this one."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from config.load import load
from gateway.app import App, main
from gateway.archived import tables_of
from gateway.assembly import signature_of
from gateway.clock import FastClock, SystemClock
from gateway.line import Line
from gateway.outbox import Entry, Outbox
from gateway.pages import as_dict
from gateway.reload import SOCKET
from tests.tools.plant import METERD, ROOT, plant, wait_until

assert Line


def get(p, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{p.metrics_port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def status(p):
    code, text = get(p, "/status")
    return json.loads(text) if code == 200 else None


def read_all(p, count):
    return wait_until(
        lambda: (s := status(p)) and s["readings"]["reviewed"] >= count and s, 60, f"{count} values"
    )


def meterd(*arguments, **given):
    return subprocess.run([*METERD, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, **given)


@pytest.fixture
def running(tmp_path):
    with plant(tmp_path / "p", meters=6, lines=2) as p:
        p.write(None)
        child = p.daemon().start()
        try:
            wait_until(lambda: get(p, "/readyz")[0] == 200 or not child.running, 60, "ready")
            assert child.running, child.tail()
            yield p, child
        finally:
            if child.running:
                child.kill()


def test_it_reads_reviews_stores_and_stops_clean(running):
    p, child = running
    found = read_all(p, 6)
    assert {target["name"] for target in found["targets"]} == set(p.lines.links)
    found = wait_until(lambda: (s := status(p))["custody"]["accepted"] >= 8 and s, 30, "the commit")
    assert found["custody"]["difference"] == 0
    assert get(p, "/healthz") == (200, "ok\n")
    wait_until(
        lambda: all(t["slots"]["registers"]["present"] == 3 for t in status(p)["targets"]), 30, "slots"
    )
    text = get(p, "/metrics")[1]
    assert "meterd_custody_difference 0.0" in text
    assert "meterd_meters_expected 6.0" in text
    assert 'meterd_target_up{target="line1"} 1.0' in text
    assert "process_resident_memory_bytes" in text
    assert child.stop(15) == 0
    assert not (p.state / SOCKET).exists()
    log = [json.loads(line)["event"] for line in child.tail().splitlines()]
    assert log.count("link up") == 2
    assert "link down" not in log


def test_status_for_people_and_programs(running):
    p, _ = running
    read_all(p, 6)
    told = meterd("status", "-c", p.config, "--json")
    assert told.returncode == 0
    assert json.loads(told.stdout)["meters"] == 6
    shown = meterd("status", "-c", p.config, env={"METERD_LANG": "zh", "PATH": "/usr/bin", "COLUMNS": "120"})
    assert "差额 0" in shown.stdout


def test_reload_takes_a_good_file_and_keeps_the_old_one_on_a_bad(running):
    p, child = running
    read_all(p, 6)
    good = p.config.read_text()
    p.config.write_text(good.replace('every = "1m"', 'every = "5m"'))
    done = meterd("reload", "--wait", "-c", p.config, "--json")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    before = status(p)["config"]["sha256"]
    p.config.write_text(good.replace('every = "1m"', 'every = "7m"'))
    assert meterd("reload", "--wait", "-c", p.config).returncode == 2
    child.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not status(p)["config"]["last_reload_ok"], 20, "the refusal")
    found = status(p)["config"]
    assert found["sha256"] == before
    assert "7m" in found["problems"][0]
    assert "meterd_config_last_reload_successful 0.0" in get(p, "/metrics")[1]
    p.config.write_text(
        good + '\n[[task]]\nname = "more"\ntargets = ["line1"]\npoints = ["1-0:2.8.0"]\nevery = "1d"\n'
    )
    child.process.send_signal(signal.SIGHUP)
    wait_until(lambda: status(p)["config"]["last_reload_ok"], 20, "the reload")
    wait_until(lambda: any("more" in t["slots"] for t in status(p)["targets"]), 20, "the new task")


def test_a_change_that_needs_a_restart_is_said(running):
    p, _ = running
    p.config.write_text(p.config.read_text().replace("so-001", "so-002"))
    done = meterd("reload", "--wait", "-c", p.config, "--json")
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert "[gateway]" in told["notes"][0]
    assert status(p)["gateway"] == "so-001"


def test_a_second_daemon_on_the_same_folder_refuses(running):
    p, _ = running
    again = meterd("run", "-c", p.config, timeout=60)
    assert again.returncode == 1
    assert "cannot begin" in again.stderr


def test_a_taken_metrics_address_is_named(tmp_path):
    with plant(tmp_path / "p", meters=1, lines=1) as p, socket.socket() as taken:
        p.write(None)
        taken.bind(("127.0.0.1", p.metrics_port))
        taken.listen()
        gone = meterd("run", "-c", p.config, timeout=60)
    assert gone.returncode == 1
    assert f"metrics.listen 127.0.0.1:{p.metrics_port}: Address already in use" in gone.stderr


def test_why_a_link_or_the_uplink_is_down_is_said(tmp_path):
    with plant(tmp_path / "p", meters=1, lines=1) as p:
        p.write("mqtt://127.0.0.1:1")
        p.config.write_text(re.sub(r"tcp://[^\"]+", "tcp://127.0.0.1:1", p.config.read_text()))
        child = p.daemon().start()
        try:
            found = wait_until(
                lambda: (
                    (s := status(p))
                    and s["targets"]
                    and s["targets"][0]["down_reason"]
                    and s["uplink"]["problem"]
                    and s
                ),
                60,
                "the reasons",
            )
            shown = meterd("status", "-c", p.config, env={"METERD_LANG": "en", "COLUMNS": "200"}).stdout
        finally:
            child.kill()
    assert "Connection refused" in found["targets"][0]["down_reason"]
    assert "tcp://127.0.0.1:1: Connection refused" in shown
    assert "uplink not connected (mqtt://127.0.0.1:1: " in shown


def test_a_restart_within_the_slot_asks_nobody_twice(tmp_path):
    with plant(tmp_path / "p", meters=4, lines=1, every="1h") as p:
        p.write(None)
        hour = datetime.now(UTC).hour
        first = p.daemon().start()
        wait_until(lambda: (s := status(p)) and s["custody"]["accepted"] >= 5, 60, "the slot")
        assert first.stop(15) == 0
        second = p.daemon().start()
        wait_until(lambda: get(p, "/readyz")[0] == 200, 60, "ready")
        wait_until(lambda: status(p)["targets"][0]["up"], 30, "the link")
        reviewed = status(p)["readings"]["reviewed"]
        assert second.stop(15) == 0
        assert reviewed == 0 or datetime.now(UTC).hour != hour


def test_every_problem_is_printed_and_nothing_starts(tmp_path):
    config = tmp_path / "meterd.toml"
    config.write_text(
        '[gateway]\nname = "so 1"\n[[task]]\nname = "t"\ntargets = ["x"]\npoints = []\nevery = "3m"\n'
    )
    found = meterd("run", "-c", config)
    assert found.returncode == 2
    assert len([line for line in found.stderr.splitlines() if "meterd.toml:" in line]) >= 3


def test_a_plan_that_cannot_fit_is_refused_with_the_figure(tmp_path):
    with plant(
        tmp_path / "p", meters=60, lines=1, points=("1-0:1.8.0", "1-0:2.8.0"), target={"baud": 2400}
    ) as p:
        p.write(None)
        found = meterd("run", "-c", p.config)
    assert found.returncode == 2
    assert "%" in found.stderr


def test_an_unknown_command_line_is_bad_input():
    assert meterd("run").returncode == 2


def test_nobody_to_ask():
    gone = meterd("status", "--listen", "127.0.0.1:1")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "no daemon answers" in gone.stderr


def test_nobody_to_reload(tmp_path):
    with plant(tmp_path / "p", meters=1, lines=1) as p:
        p.write(None)
        gone = meterd("reload", "-c", p.config)
    assert gone.returncode == 1
    assert "no daemon answers" in gone.stderr


def command(asset):
    """A read that does not expire soon."""
    wanted = {"id": "1", "expires": "2100-01-01T00:00:00+00:00", "kind": "read", "meter": asset}
    return json.dumps({**wanted, "points": ["1-0:1.8.0"]}).encode()


async def test_inside_another_program_with_its_own_clock(tmp_path):
    """An hour's slots pass in seconds; the App is ready, counts, and stops when it is told to."""
    ready = asyncio.Event()
    start = datetime(2026, 5, 1, 1, 59, tzinfo=UTC)
    with plant(tmp_path / "p", meters=3, lines=1, factor=60.0) as p:
        p.write(None)
        loaded = load(p.config)
        clock = FastClock(SystemClock(), 60.0, p.time.start, p.time.since)
        app = App(loaded.settings, loaded.archive, clock=clock, ready=ready.set)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(app.run())
            await ready.wait()
            while app.stats().review.readings < 9:
                await asyncio.sleep(0.1)
            found = as_dict(app.stats())
            without_file = await app.reload()
            reply = json.loads(await app._commander.handle(command(loaded.archive.meters[0].asset_no)))
            app._path = p.config
            lines = dict(app._lines)
            same = await app.reload()
            kept = dict(app._lines)
            app.stop()
    assert without_file.ok is False
    assert reply["ok"], reply
    assert reply["rows"][0][1] == "1-0:1.8.0"
    assert same.ok
    assert kept == lines
    assert found["ready"]
    assert found["custody"]["difference"] == 0
    assert app.supervisor.restarts == {}
    assert start < app.stats().now


async def test_states_are_kept_and_clock_begins_after_the_last_slot(tmp_path):
    """A gateway whose clock is in the past goes on from the last slot its ledger knows."""
    with plant(tmp_path / "p", meters=1, lines=1) as p:
        p.write(None)
        loaded = load(p.config)
        clock = FastClock(SystemClock(), 1.0, datetime(2030, 1, 1, tzinfo=UTC))
        outbox = await Outbox.open(p.state / "outbox.db", loaded.settings.store, "so-001", clock)
        text = json.dumps({"since": "2031-01-01T00:00:00+00:00", "done": "2031-01-01T00:00:00+00:00"})
        await outbox.append(Entry(saves=(("cursor:registers:line1", text.encode()),)))
        await outbox.close()
        clock.synced = lambda: False
        ready = asyncio.Event()
        app = App(loaded.settings, loaded.archive, clock=clock, ready=ready.set)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(app.run())
            await ready.wait()
            app.stop()
    assert app.clock.now().year == 2031


def test_a_line_is_known_by_all_that_it_was_built_from(tmp_path):
    with plant(tmp_path / "p", meters=2, lines=1) as p:
        p.write(None)
        loaded = load(p.config)
    settings, archive = loaded.settings, loaded.archive
    one = signature_of(settings, archive, settings.target)
    assert one == signature_of(settings.model_copy(deep=True), archive, settings.target)
    changed = settings.model_copy(update={"task": (settings.task[0].model_copy(update={"every": "5m"}),)})
    assert one != signature_of(changed, archive, settings.target)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "configuration file"),
        (["-c", "meterd.toml", "--log-level", "loud"], "loud"),
        (["-c", "meterd.toml", "more"], "more"),
        (["--colour"], "colour"),
        (["-c", "absent.toml", "--log-level=error"], "absent.toml"),
    ],
)
def test_what_cannot_be_run_is_said_with_exit_2(given, said, capsys):
    assert main(given) == 2
    assert said in capsys.readouterr().err


def test_a_daemon_carries_neither_what_it_never_asks_nor_links_and_codecs_that_it_does_not_use():
    program = "import sys, gateway.__main__, gateway.app; print(*sys.modules)"
    given = [sys.executable, "-c", program]
    found = subprocess.run(given, check=True, cwd=ROOT, capture_output=True, text=True)
    carried = set(found.stdout.split())
    assert "gateway.app" in carried
    unused = {"argparse", "difflib", "typer", "serial", "pymodbus", "construct"}
    assert not carried & {*unused, "protocols.modbus", "drivers.links.serial", "drivers.links.modem"}


def test_the_master_learns_meters_and_no_people(tmp_path):
    with plant(tmp_path / "p", meters=2, lines=1) as p:
        p.write(None)
        archive = load(p.config).archive
    tables = tables_of(archive)
    meters = tables["meters"]
    assert {"asset_no", "target", "ct"} <= set(meters.columns)
    assert not {"name", "address", "cons_no", "lat", "lon"} & set(meters.columns)
    assert len(meters.rows) == 2
    json.dumps([list(table.rows) for table in tables.values()])


@pytest.mark.timeout(300)
def test_three_thousand_meters_on_64_lines_fit_into_64_mib(tmp_path):
    """After the first full slot, all meters read."""
    registers = tuple(f"1-0:1.8.{n}" for n in range(5))
    with plant(tmp_path / "p", meters=3008, lines=64, points=registers) as p:
        p.write(None)
        child = p.daemon().start()
        try:
            done = lambda: (s := status(p)) and sum(t["slots"]["registers"]["present"] for t in s["targets"])  # noqa: E731
            wait_until(lambda: done() == 3008, 240, "a full slot", step=0.5)
            series = [line for line in get(p, "/metrics")[1].splitlines() if not line.startswith("#")]
            assert len(series) <= 500
            assert child.rss_kib() <= 64 * 1024
            assert child.stop(15) == 0
        finally:
            if child.running:
                child.kill()
