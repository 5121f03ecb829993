"""`meterd read` against the meter of PyPI's `dlt645` 3.2.0, over TCP and over a serial pair."""

import json
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

METER = Path(__file__).with_name("pypi_meter.py")
ADDRESS = "123456789012"
LIVELY = 30.0


@contextmanager
def process(*command):
    """A child that says `ready` when it is, and ends when its input does."""
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert b"ready" in child.stdout.readline()
        yield child
    finally:
        child.stdin.close()
        child.stdout.close()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def tcp_meter():
    """The meter on TCP; yields its link."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with process(sys.executable, str(METER), "tcp", str(port)):
        until(lambda: _listens(port))
        yield f"tcp://127.0.0.1:{port}"


@contextmanager
def serial_meter(folder):
    """The meter at one end of a socat pair; yields the link of the other."""
    meter, host = folder / "meter", folder / "host"
    ends = [f"pty,raw,echo=0,link={end}" for end in (meter, host)]
    pair = subprocess.Popen(["socat", *ends], stdin=subprocess.DEVNULL)
    try:
        until(lambda: meter.exists() and host.exists())
        with process(sys.executable, str(METER), "serial", str(meter)):
            yield f"serial:{host}?baud=9600&mode=8N1"
    finally:
        pair.terminate()
        pair.wait(5)


def until(true):
    """Wait for something that is bound to happen."""
    end = time.monotonic() + LIVELY
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def _listens(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def read(*arguments):
    """Run `meterd read --json`: its exit code and points by identifier."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "read", *arguments, "--json"],
        capture_output=True,
        text=True,
        timeout=LIVELY * 2,
    )
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"meter", "protocol", "points"}
    for point in answer["points"]:
        assert set(point) == {"id", "obis", "value", "unit", "at", "read_at", "error"}
    return done.returncode, answer


def values(answer):
    return {point["obis"] or point["id"]: (point["value"], point["unit"]) for point in answer["points"]}


POINTS = ("1-0:1.8.0", "1-0:1.8.1", "00000000", "1-0:32.7.0", "02030000", "dlt645-2007:01010000")


def check(link):
    code, answer = read("--link", link, "--protocol", "dlt645-2007", "--address", ADDRESS, *POINTS)
    got = values(answer)
    assert code == 0, answer
    assert got["1-0:1.8.0"] == ("1234.56", "kWh")
    assert got["1-0:1.8.1"] == ("400.01", "kWh")
    assert got["1-0:32.7.0"] == ("220.5", "V")
    by_id = {point["id"]: point for point in answer["points"]}
    assert by_id["00000000"]["value"] == "-12.34"
    assert by_id["02030000"]["value"] == "-3.2500"
    assert by_id["01010000"]["value"] == "7.5000"
    assert by_id["01010000"]["at"] == "2023-04-05T12:34:00"


def test_over_tcp():
    with tcp_meter() as link:
        check(link)


@pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")
def test_over_a_serial_pair(tmp_path):
    with serial_meter(tmp_path) as link:
        check(link)


def test_the_usual_points_of_a_meter_whose_address_nobody_knows():
    with tcp_meter() as link:
        code, answer = read("--link", link, "--protocol", "dlt645-2007")
        assert code == 0, answer
        assert values(answer)["1-0:1.8.0"] == ("1234.56", "kWh")


def test_a_meter_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        code, answer = read("--link", link, "--address", ADDRESS, "--retries", "0", "1-0:1.8.0")
    assert code == 1
    assert answer["points"][0]["error"].startswith("timeout")
