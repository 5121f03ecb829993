"""meterd doctor; its checks are in tests/gateway/doctor."""

import json

from gateway.doctor import CHECKS


def test_lines_for_people_and_for_programs(meterd, config):
    path = config()
    done = meterd("doctor", "-c", path, "--no-network")
    assert done.exit_code == 0
    assert "OK   configuration" in done.stdout
    assert "WARN delivery" in done.stdout
    assert "→ broker =" in done.stdout
    told = json.loads(meterd("doctor", "-c", path, "--json").stdout)
    assert told["ok"] is True
    assert {line["check"] for line in told["lines"]} <= set(CHECKS)
    assert {line["level"] for line in told["lines"]} == {"OK", "WARN"}


def test_any_fail_is_exit_1(meterd, config, tmp_path):
    done = meterd("doctor", "-c", config(link="serial:/dev/ttyNONE9"), "--json")
    assert done.exit_code == 1
    (bad,) = [line for line in json.loads(done.stdout)["lines"] if line["level"] == "FAIL"]
    assert bad["check"] == "devices"
    done = meterd("doctor", "-c", tmp_path / "none.toml")
    assert done.exit_code == 1
    assert "FAIL configuration" in done.stdout
    assert "clock" in done.stdout
