"""A dump of 100,000 rows takes at most 60 MiB more memory, however it is written and whatever becomes of it."""

import subprocess
import sys

import pytest

from simulators import dumps
from simulators.dumps import FORMATS, Style, values

ROWS = 100_000
MOST_KIB = 60 * 1024
CHILD = """
import sys
from pathlib import Path
from gateway import logs
from gateway.clock import SystemClock
from gateway.dumps.desk import Desk

def kib(name):
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])

logs.setup(level="warning")
config, small, large = sys.argv[1:]
desk = Desk.of(Path(config) if config else None, "", SystemClock(), 600)
desk.run(Path(small), commit=True, progress=lambda rows: None)
before = kib("VmRSS")
report = desk.run(Path(large), commit=True, progress=lambda rows: None)
for piece in report.json_pieces():
    pass
print(report.rows, report.accepted, report.quarantined, int(report.committed), kib("VmHWM") - before)
"""


def measured(tmp_path, large, small, config=""):
    words = [sys.executable, "-c", CHILD, str(config), str(small), str(large)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=True)
    return tuple(map(int, done.stdout.split()))


def written(tmp_path, form, **given):
    large, small = tmp_path / "large", tmp_path / "small"
    style = Style(encoding="gb18030", minutes=30)
    count = ROWS // 48 if form == "nem12" else ROWS // 4 if form == "espi" else ROWS
    dumps.write(large, form, values(count, 1, **given), style)
    dumps.write(small, form, values(40, 2, **given), style)
    return large, small


def test_the_check(tmp_path):
    rows, accepted, _, _, more = measured(tmp_path, *written(tmp_path, "delimited"))
    assert (rows, accepted) == (ROWS, ROWS)
    assert more < MOST_KIB


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_the_check_of_every_format(tmp_path, form):
    rows, accepted, _, _, more = measured(tmp_path, *written(tmp_path, form))
    assert accepted == rows > 90_000
    assert more < MOST_KIB


@pytest.mark.long
def test_a_dump_of_nothing_but_bad_rows(tmp_path):
    large, small = written(tmp_path, "delimited")
    raw = large.read_bytes()
    large.write_bytes(raw.replace(b"2024-", b"2O24-"))
    rows, accepted, quarantined, _, more = measured(tmp_path, large, small)
    assert (rows, accepted, quarantined) == (ROWS, 0, ROWS)
    assert more < MOST_KIB


@pytest.mark.long
@pytest.mark.parametrize("tariffs", [0, 4])
def test_the_import(tmp_path, tariffs):
    """Five registers of each of 20,000 meters, and one of each of 100,000."""
    large, small = written(tmp_path, "delimited", tariffs=tariffs)
    assets = sorted({v.asset for v in values(ROWS, 1, tariffs=tariffs)})
    assert len(assets) == ROWS // (tariffs + 1)
    rows = [f"{asset},{n + 1},dlt645-2007,line" for n, asset in enumerate(assets)]
    (tmp_path / "meters.csv").write_text("\n".join(["asset_no,address,protocol,target", *rows, ""]))
    config = tmp_path / "meterd.toml"
    config.write_text(
        f'[gateway]\nname = "g"\nstate_dir = "{tmp_path}/state"\narchive = "."\n[metrics]\nlisten = ""\n'
        '[[target]]\nname = "line"\ndriver = "meter"\nlink = "tcp://127.0.0.1:1"\n'
    )
    rows, accepted, _, committed, more = measured(tmp_path, large, small, config)
    assert (rows, committed) == (ROWS, 1)
    assert accepted > ROWS - 100
    assert more < MOST_KIB
