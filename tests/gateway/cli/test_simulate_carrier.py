"""`meterd simulate carrier`: what it prints is where it listens, and the archive that it writes fits it."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest

from gateway.simulate import CarrierPlan, carrier_of, carrier_rows
from tests.gateway.cli.test_carrier import TOML


@contextmanager
def simulated(*arguments):
    """The first line of the simulator as JSON; it ends well when it is told to."""
    command = [sys.executable, "-m", "gateway", "simulate", "carrier", "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(10) == 0


@pytest.mark.parametrize("way", [["--baud", 0], ["--pty", "--baud", 115200]])
def test_a_meter_of_the_written_archive_is_read(meterd, tmp_path, way):
    (tmp_path / "archive").mkdir()
    table = tmp_path / "archive/meters.csv"
    with simulated("--nodes", 3, "--delay", 0, "--archive", table, *way) as where:
        (line,) = where["lines"]
        assert len(line["meters"]) == 3
        assert line["link"].startswith("serial:" if "--pty" in way else "tcp:")
        path = tmp_path / "meterd.toml"
        path.write_text(TOML.format(link=line["link"], address=line["address"], send=""))
        assert meterd("check", "-c", path).exit_code == 0
        done = meterd("read", "-c", path, f"A{line['meters'][2]}", "1-0:1.8.0", "--json")
    assert done.exit_code == 0
    assert done.objects[0]["points"][0]["value"]


def test_what_is_lost_and_what_is_not_listed():
    found = carrier_of(CarrierPlan(nodes=4, loss=0.25, concurrent=0, unlisted=True, seed=3))
    assert found.archive == {}
    assert {node.loss for node in found.network.nodes.values()} == {0.25}
    assert found.spec.concurrent == 0
    assert len(carrier_of(CarrierPlan(nodes=4)).archive) == 4
    rows = carrier_rows(found)
    assert [row["address"] for row in rows] == list(found.network.nodes)
    assert len({row["asset_no"] for row in rows}) == 4
