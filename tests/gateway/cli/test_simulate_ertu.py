"""`meterd simulate ertu`: what it prints is where it listens, and the archive that it writes fits it."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.simulate import ErtuPlan, ertu_of, ertu_rows
from tests.gateway.cli.test_ertu import TOML


@contextmanager
def simulated(*arguments):
    """The first line of the simulator as JSON; it ends well when it is told to."""
    command = [sys.executable, "-m", "gateway", "simulate", "ertu", "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(10) == 0


def configured(folder, link):
    path = folder / "meterd.toml"
    path.write_text(TOML.format(link=link).replace("station", "ertu1"))
    return path


@pytest.mark.parametrize("way", [[], ["--pty", "--baud", 9600]])
def test_a_tie_meter_of_the_written_archive_is_read(meterd, tmp_path, way):
    (tmp_path / "archive").mkdir()
    with simulated("--meters", 3, "--archive", tmp_path / "archive/meters.csv", *way) as where:
        (line,) = where["lines"]
        assert line["meters"] == ["1", "5", "9"]
        assert line["link"].startswith("serial:" if way else "tcp:")
        done = meterd("read", "-c", configured(tmp_path, line["link"]), "ertu1-9", "1-0:1.8.0", "--json")
    assert done.exit_code == 0
    assert done.objects[0]["points"][0]["value"]


def test_wrong_checksums_are_not_taken(meterd, tmp_path):
    (tmp_path / "archive").mkdir()
    with simulated("--wrong-sums", "--archive", tmp_path / "archive/meters.csv") as where:
        path = configured(tmp_path, where["lines"][0]["link"])
        path.write_text(
            path.read_text().replace('address = "1"', 'address = "1"\nreply_ms = 50\nretries = 0')
        )
        done = meterd("read", "-c", path, "ertu1-1", "1-0:1.8.0", "--json")
    assert done.exit_code == 1
    assert done.objects[0]["points"][0]["error"].startswith("checksum")


def test_what_it_cannot_read_is_said():
    done = CliRunner().invoke(_build(["simulate"]), ["simulate", "ertu", "--faults", "wet=1"])
    assert done.exit_code == 2
    assert "wet" in done.stderr


def test_every_meter_has_objects_of_its_own_and_a_pace_of_its_own():
    found = ertu_of(ErtuPlan(meters=60, seed=5))
    rows = ertu_rows(found)
    assert len({row["asset_no"] for row in rows}) == 60
    assert max(int(row["point_no"]) for row in rows) + 3 <= 255
    assert len({tie.start for tie in found.meters}) == 60
