"""Many concentrators that call one port, in another process: all read, none disturbed by whoever else calls."""

import json
import socket
import urllib.request

from tests.tools.district import District
from tests.tools.plant import wait_until


def status(district):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{district.metrics_port}/status", timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


def present(district):
    found = status(district)
    return (
        sum(slot["present"] for target in found["targets"] for slot in target["slots"].values())
        if found
        else 0
    )


class Running:
    """The gateway and its callers."""

    def __init__(self, district):
        self.district = district
        district.write()

    def __enter__(self):
        self.gateway = self.district.daemon().start()
        wait_until(lambda: status(self.district), 60, "the gateway")
        self.callers = self.district.callers().start()
        return self

    def __exit__(self, *_):
        for child in (self.callers, self.gateway):
            if child.running:
                child.kill()


def test_every_concentrator_is_read_and_a_stranger_is_refused_and_shown(tmp_path):
    district = District(tmp_path, count=3, meters=5, strangers=1, more=("--gaps", "0.4"))
    with Running(district) as running:
        wait_until(lambda: present(district) == 15, 60, "15 freezes")
        found = wait_until(
            lambda: (s := status(district))["custody"]["accepted"] >= 15 and s["ports"][0]["strangers"] and s,
            30,
            "the store",
        )
        assert found["readings"]["suspect"] == 0
        (stranger,) = found["ports"][0]["strangers"]
        assert stranger["address"] == "33010004"
        assert stranger["peer"].startswith("127.0.0.1:")
        assert found["ports"][0]["refused"]["unknown_address"] >= 1
        assert found["custody"]["difference"] == 0
        running.callers.stop()
        assert district.fared()["confirmed"] >= 3
        assert running.gateway.stop() == 0


def test_500_concentrators_of_20_meters_at_once_within_150_mib(tmp_path):
    district = District(tmp_path, count=500, meters=20, heartbeat=2.0)
    with Running(district) as running:
        # Each look at the state of 500 targets takes the gateway's own time.
        wait_until(lambda: present(district) == 10_000, 240, "10,000 freezes", step=2.0)
        wait_until(lambda: status(district)["custody"]["accepted"] >= 10_000, 60, "the store")
        assert status(district)["readings"]["passed"] == 10_000
        assert running.gateway.rss_kib() <= 150 * 1024
        with urllib.request.urlopen(
            f"http://127.0.0.1:{district.metrics_port}/metrics", timeout=30
        ) as answer:
            series = [line for line in answer.read().decode().splitlines() if line and line[0] != "#"]
        assert len(series) <= 500
        running.callers.stop()
    fared = district.fared()
    assert fared["unconfirmed"] == 0
    assert fared["confirmed"] >= 500


def test_a_crowd_that_never_logs_in_is_pushed_out_and_hurts_nobody(tmp_path):
    district = District(tmp_path, count=3, meters=5, heartbeat=0.2)
    with Running(district) as running:
        wait_until(lambda: present(district) == 15, 60, "15 freezes")
        crowd = []
        for number in range(10_000):
            one = socket.create_connection(("127.0.0.1", district.port), timeout=10)
            if number % 3:
                one.sendall(b"\x68" * (number % 7))
            crowd.append(one)
            if len(crowd) > 400:
                crowd.pop(0).close()
        found = wait_until(
            lambda: (s := status(district))["ports"][0]["calls"] >= 10_003 and s, 60, "that all were seen"
        )
        port = found["ports"][0]
        assert port["unidentified"] <= 256
        assert port["refused"].get("crowded", 0) + port["refused"].get("greeting", 0) > 0
        assert all(target["up"] for target in found["targets"])
        for one in crowd:
            one.close()
        running.callers.stop()
    fared = district.fared()
    assert fared["unconfirmed"] == 0
    assert fared["calls"] == 3
