"""meterd top."""

import json
import os
import pty
import signal
import subprocess
from dataclasses import replace

import pytest
from rich.console import Console

from gateway.cli.top import figures, line, view
from gateway.http import Server
from gateway.pages import as_dict
from tests.gateway.metrics.figures import snapshot, target
from tests.tools.plant import METERD, ROOT, wait_until


def status(**changes):
    """A status ten seconds after the start, with changes to its tables."""
    two = target(1), target(2, up=False, down_reason="Connection refused")
    found = as_dict(replace(snapshot(), targets=two))
    found |= {"now": "2026-05-01T00:00:10+00:00", "started": "2026-05-01T00:00:00+00:00"}
    for table, keys in changes.items():
        found[table] = {**found[table], **keys} if isinstance(keys, dict) else keys
    return found


@pytest.fixture
def served():
    """The address of a daemon that reviews a hundred more readings at every look."""
    looks = []

    def page():
        looks.append(1)
        found = status(readings={"reviewed": 100 * len(looks)}, outbox={"oldest": None})
        return 200, "application/json", json.dumps(found).encode()

    with Server("127.0.0.1:0", {"/status": page}) as server:
        yield server.address


def test_the_first_look_has_means_and_later_ones_rates():
    first = status(readings={"reviewed": 100}, custody={"committed": 50})
    assert figures(first, None, 0).readings_per_second == 10
    second = status(readings={"reviewed": 130}, custody={"committed": 56})
    found = figures(second, first, 2.0)
    assert (found.readings_per_second, found.committed_per_second) == (15, 3)
    again = status(readings={"reviewed": 20}, started="2026-05-01T00:00:05+00:00")
    assert figures(again, second, 2.0).readings_per_second == 4


def test_what_a_look_holds():
    oldest = 1777593600.0
    found = figures(
        status(outbox={"oldest": oldest, "bytes": 25, "limit": 100}, custody={"pending": 7}), None, 0
    )
    assert (found.waiting, found.oldest_seconds, found.outbox_share) == (7, 10, 0.25)
    assert (found.targets, found.targets_up) == (2, 1)
    assert "7 wait (oldest 10 s)" in line(found)
    assert "targets 1/2" in line(found)


def test_what_is_down_stands_first_and_foreign_text_steers_nothing():
    found = status(uplink={"problem": "\x1b[2Jhost: refused"})
    console = Console(width=160, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(view(found, figures(found, None, 0)))
    shown = console.export_text()
    console.file.close()
    assert shown.index("line-2") < shown.index("line-1")
    assert "Connection refused" in shown
    assert "\x1b" not in shown


def test_many_targets_are_cut_short():
    found = status()
    found["targets"] = [{**found["targets"][0], "name": f"line-{n:03}"} for n in range(100)]
    console = Console(width=160, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(view(found, figures(found, None, 0)))
    console.file.close()
    assert "and 60 more" in console.export_text()


def test_once(meterd, served):
    done = meterd("top", "--listen", served, "--once")
    assert done.exit_code == 0
    assert "10 readings/s" in done.stdout
    (found,) = meterd("top", "--listen", served, "--once", "--json").objects
    assert found["readings_per_second"] == 20
    assert found["targets_up"] == 1


def test_nobody_there(meterd, config):
    assert meterd("top", "--listen", "127.0.0.1:1", "--once").exit_code == 1
    assert "no daemon answers" in meterd("top", "--listen", "127.0.0.1:1").stderr
    assert meterd("top", "-c", config().with_name("none.toml")).exit_code == 2


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_it_goes_on_until_interrupted(served, tmp_path, terminal):
    command = [*METERD, "top", "--listen", served, "--seconds", "0.2"]
    env = {**os.environ, "METERD_LANG": "en", "TERM": "xterm", "COLUMNS": "160"}
    shown = tmp_path / "shown"
    master, slave = pty.openpty()
    with shown.open("wb") as file:
        child = subprocess.Popen(command, cwd=ROOT, env=env, stdout=slave if terminal else file)
    os.close(slave)

    def told():
        if terminal:
            shown.write_bytes(shown.read_bytes() + os.read(master, 65536))
        return shown.read_text(errors="replace")

    try:
        wait_until(lambda: told().count("readings/s") >= 3 or child.poll() is not None, 60, "three looks")
    finally:
        child.send_signal(signal.SIGINT)
        assert child.wait(20) == 0
        os.close(master)
    first, second = [float(part.split()[-1]) for part in shown.read_text().split(" readings/s")[:2]]
    assert first == 10
    assert second > first
