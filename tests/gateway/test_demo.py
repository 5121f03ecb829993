import json
import os
import pty
import subprocess
import sys
import threading

DEMO = [sys.executable, "-m", "gateway", "demo"]
SPARE = 20
"""Seconds beyond the asked ones in which the demo must have ended, by contract."""


def test_the_summary_without_a_terminal():
    command = [*DEMO, "--seconds", "8", "--meters", "12", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=8 + SPARE + 40, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["meters"] == 12
    assert found["lost"] == found["duplicates"] == found["invented"] == 0
    assert found["readings_committed"] == found["readings_accepted"] > 100
    assert found["meters_answering"] == 11
    behind = {name: (one["meters"], one["answering"]) for name, one in found["equipment"].items()}
    assert behind == {
        "jzq1": (500, 500),
        "jzq2": (500, 500),
        "zd1": (2, 2),
        "cco1": (20, 20),
        "ertu1": (2, 2),
    }
    assert {"R003", "R025"} <= found["findings_by_rule"].keys()
    assert found["findings"] >= 2
    assert found["bus_utilisation"]
    assert all(0 < share <= 1 for share in found["bus_utilisation"].values())
    assert "\x1b" not in done.stderr
    assert done.stderr.strip()


def test_a_terminal_gets_a_live_table():
    master, slave = pty.openpty()
    seen = bytearray()

    def drain():
        while True:
            try:
                data = os.read(master, 65_536)
            except OSError:
                return
            if not data:
                return
            seen.extend(data)

    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    env = {**os.environ, "METERD_LANG": "zh", "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    command = [*DEMO, "--seconds", "3", "--meters", "6"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    assert process.wait(3 + SPARE + 40) == 0, seen.decode(errors="replace")
    reader.join(10)
    os.close(master)
    shown = seen.decode(errors="replace")
    assert "\x1b[" in shown
    assert "汇总" in shown
    assert "正在采集" in shown
    assert "jzq2" in shown
    assert "集中器" in shown
