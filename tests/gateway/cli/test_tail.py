"""meterd tail beside a daemon that reads simulated meters, and at a broker."""

import asyncio
import json
import subprocess

import pytest

from gateway import payload
from gateway.mqtt import Broker, NoSubscriber, connect
from tests.servers.outbox_support import reading
from tests.tools.plant import METERD, ROOT, plant, wait_until


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The configuration of a daemon that has begun; time runs sixty times as fast."""
    with plant(tmp_path_factory.mktemp("plant"), meters=4, lines=2, factor=60.0) as p:
        p.write(None)
        child = p.daemon().start()
        wait_until(lambda: (p.state / "control.sock").exists() or not child.running, 60, "the daemon")
        yield p.config
        child.stop()


def test_readings_of_one_target_for_programs(meterd, running):
    done = meterd("tail", "-c", running, "--target", "line2", "--count", "2", "--json")
    assert done.exit_code == 0
    assert [row["source"] for row in done.objects] == ["line2", "line2"]
    assert all(row["point"] == "1-0:1.8.0" and row["value"] for row in done.objects)


def test_readings_for_people(meterd, running):
    done = meterd("tail", "-c", running, "--state", "passed", "--count", "1")
    day, _, target, _, point, _, unit, state = done.stdout.split()[:8]
    assert day.startswith("20")
    assert target in ("line1", "line2")
    assert (point, unit, state) == ("1-0:1.8.0", "kWh", "PASSED")


def test_what_a_gateway_publishes(meterd, mosquitto):
    url = mosquitto.url
    command = [
        *METERD,
        "tail",
        "--broker",
        url,
        "--gateway",
        "so-001",
        "--point",
        "1-0:1.8.0",
        "--count",
        "2",
        "--json",
    ]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    async def publish():
        rows = payload.rows_of("reading", [reading(1), reading(2)])
        async with connect(Broker(url=url, client_id="so-001")) as client, asyncio.timeout(60):
            while True:
                try:
                    await client.publish(
                        "meterd/v1/so-001/up/reading", payload.encode("so-001", "e1", 1, "reading", rows)
                    )
                except NoSubscriber:
                    await asyncio.sleep(0.05)
                else:
                    return

    asyncio.run(publish())
    shown, _ = child.communicate(timeout=30)
    assert child.returncode == 0
    assert [json.loads(line)["value"] for line in shown.splitlines()] == ["0.01", "0.02"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "-c FILE or --broker URL"),
        (["--broker", "http://h"], 2, "expected mqtt://HOST:PORT"),
        (["--broker", "mqtt://127.0.0.1:1"], 1, "Connection refused"),
        (["--broker", "mqtt://h", "--state", "GOOD"], 2, "expected some of RAW, PASSED"),
        (["--broker", "mqtt://h", "--password-file", "none"], 1, "No such file"),
    ],
)
def test_bad_input_and_nobody_there(meterd, arguments, code, told):
    done = meterd("tail", *arguments)
    assert done.exit_code == code
    assert told in done.stderr


def test_no_daemon(meterd, config, tmp_path):
    (tmp_path / "state").mkdir()
    done = meterd("tail", "-c", config())
    assert done.exit_code == 1
    assert "gives no readings" in done.stderr
