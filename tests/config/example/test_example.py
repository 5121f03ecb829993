"""The example is right, and the first steps of README.md work as they stand there."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.load import load

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "config/example"


def meterd(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={"METERD_LANG": "en", "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
    )


@contextmanager
def simulated(*arguments):
    """Simulated meters on a free port; yields the lines as `--json` describes them."""
    command = [sys.executable, "-m", "gateway", "simulate", "dlt645", *arguments, "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())["lines"]
        finally:
            process.terminate()
            process.wait(20)


def test_the_example_is_right():
    done = meterd("check", "-c", EXAMPLE / "meterd.toml", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {
        "ok": True,
        "problems": [],
        "warnings": [],
        "meters": 3,
        "targets": 1,
        "tasks": 3,
    }


def test_the_examples_meters_are_those_that_its_readme_simulates():
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    arguments = (
        re.search(r"^meterd simulate dlt645 ([^#]*)", text, re.M)[1].replace("--port 9001", "").split()
    )
    addresses = [meter.address for meter in load(EXAMPLE / "meterd.toml").archive.meters]
    with simulated(*arguments) as (line,):
        assert line["meters"] == addresses


def _blocks(language):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## A first real meter")[2].partition("\n## ")[0]
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```", section, re.S | re.M)
    return [re.sub(r"^ {3}", "", block, flags=re.M) for block in blocks]


@pytest.fixture
def first(tmp_path):
    """The folder that a reader of README.md has after step 4."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "meterd.toml").write_text(_blocks("toml")[0], encoding="utf-8")
    (tmp_path / "archive/meters.csv").write_text(_blocks("csv")[0], encoding="utf-8")
    return tmp_path


def test_the_readmes_files_are_right_as_they_stand(first):
    checked = meterd("check", "-c", "meterd.toml", cwd=first)
    assert checked.returncode == 0, checked.stderr
    assert "meterd.toml: good" in checked.stdout
    assert not checked.stderr


def test_the_readmes_first_meter(first):
    """simulate, scan, read by link, read by archive, check and plan: the steps without a real adapter."""
    with simulated("--meters", "1", "--share-1997", "0") as (line,):
        link, (address,) = line["link"], line["meters"]
        found = meterd("scan", link, "--units", "1", "--json", cwd=first)
        assert address in found.stdout, found.stderr
        asked = meterd("read", "--link", link, "--protocol", "dlt645-2007", "--address", address, "--json")
        assert asked.returncode == 0, asked.stderr
        for name, old, new in (
            ("meterd.toml", "tcp://127.0.0.1:9001", link),
            ("archive/meters.csv", "645000000001", address),
        ):
            text = (first / name).read_text(encoding="utf-8")
            assert old in text
            (first / name).write_text(text.replace(old, new), encoding="utf-8")
        points = ["M0001", "1-0:1.8.0", "1-0:1.8.1"]
        read = meterd("read", "-c", "meterd.toml", *points, "--json", cwd=first)
        assert read.returncode == 0, read.stderr
        values = json.loads(read.stdout)["points"]
        assert {value["obis"] for value in values} >= {"1-0:1.8.0", "1-0:1.8.1"}
    assert meterd("check", "-c", "meterd.toml", cwd=first).returncode == 0
    planned = meterd("plan", "-c", "meterd.toml", "--json", cwd=first)
    assert planned.returncode == 0, planned.stderr
    assert json.loads(planned.stdout)["buses"][0]["fits"]


def test_a_models_formats_reach_the_wire_and_back():
    """The same answer read by two models of its generation."""
    with simulated("--meters", "1", "--share-1997", "1", "--seed", "3") as (line,):
        where = ("--link", line["link"], "--protocol", "dlt645-1997", "--address", line["meters"][0])
        values = []
        for model in ("dlt645-1997", "tenth-volt-1997"):
            done = meterd("read", *where, "--model", model, "B611", "--json")
            assert done.returncode == 0, done.stderr
            values.append(json.loads(done.stdout)["points"][0]["value"])
    assert abs(int(values[0]) - 10 * float(values[1])) <= 5
    assert "." in values[1]


def test_the_example_runs(tmp_path):
    """`meterd run` on a copy of the example comes up, ends cleanly and leaves an outbox."""
    shutil.copytree(EXAMPLE, tmp_path / "example")
    path = tmp_path / "example/meterd.toml"
    with simulated("--meters", "3", "--seed", "1", "--share-1997", "0") as (line,):
        text = path.read_text(encoding="utf-8").replace("tcp://127.0.0.1:9001", line["link"])
        path.write_text(text.replace("127.0.0.1:9645", "127.0.0.1:0"), encoding="utf-8")
        command = [sys.executable, "-m", "gateway", "run", "-c", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert any('"event": "ready"' in row or '"event":"ready"' in row for row in process.stderr)
            finally:
                process.terminate()
                process.stderr.read()
                assert process.wait(30) == 0
    assert meterd("outbox", "ls", "-c", path).returncode == 0
