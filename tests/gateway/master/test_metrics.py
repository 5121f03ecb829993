"""What `meterd ingest` exports, and its small server beside the worker."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.master.metrics import METRICS, pages
from gateway.master.stats import REASONS, Stats
from gateway.master.stores.base import Outcome
from gateway.mqtt import Broker, connect
from tests.gateway.master.make import numbered
from tests.gateway.master.sender import Sender
from tests.servers.mosquitto import free_port

LIVENESS = 60


def exported(stats):
    text = pages(stats)["/metrics"]()[2].decode()
    samples = {
        (sample.name.removeprefix("meterd_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return samples, text


def test_everything_is_there_from_the_start_at_zero():
    samples, text = exported(Stats())
    for name, (kind, words) in METRICS.kinds.items():
        assert f"# HELP meterd_{name} {words}\n# TYPE meterd_{name} {kind}\n" in text
        assert any(found.startswith(name) for found, *_ in samples), name
        assert name.endswith("_total") == (kind == "counter")
    counts = {key: value for key, value in samples.items() if key[0].startswith("ingest_")}
    assert set(counts.values()) == {0}
    assert {key[1] for key in samples if key[0] == "ingest_dead_letters_total"} == set(REASONS)


def test_labels_are_few_and_never_a_gateway_or_a_meter():
    stats = Stats()
    stats.refused["so-001/M0001"] += 1
    families = text_string_to_metric_families(exported(stats)[1])
    labels = {label for family in families for sample in family.samples for label in sample.labels}
    assert labels <= {"reason", "level", "le", "version", "python", "revision"}
    assert "M0001" not in exported(stats)[1]


def test_promtool_finds_nothing_to_say():
    text = exported(Stats())[1].encode()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_figures_arrive():
    stats = Stats(connected=True, in_hand=7, database_losses=2)
    stats.take(Outcome(batches=3, rows=40, duplicates=2, clashes=1))
    stats.committed(1000.0, 0.02, [940.0, 999.0])
    stats.refused["gateway"] += 1
    found = exported(stats)[0]
    assert found["ingest_batches_total",] == 3
    assert found["ingest_rows_total",] == 40
    assert found["ingest_clashes_total",] == 1
    assert found["ingest_messages_in_hand",] == 7
    assert found["ingest_dead_letters_total", "gateway"] == 1
    assert found["ingest_last_commit_timestamp_seconds",] == 1000
    assert found["ingest_lag_seconds_bucket", "1.0"] == 1
    assert found["ingest_lag_seconds_bucket", "60.0"] == 2
    assert found["ingest_lag_seconds_sum",] == 61
    assert found["ingest_commit_seconds_count",] == 1


@pytest.mark.parametrize(("connected", "database"), [(True, False), (False, True), (True, True)])
def test_ready_only_while_broker_and_databases_are_there(connected, database):
    shown = pages(Stats(connected=connected, database=database))
    assert shown["/healthz"]()[0] == 200
    assert shown["/readyz"]()[0] == (200 if connected and database else 503)


@contextlib.contextmanager
def ingesting(tmp_path, broker, address):
    """`meterd ingest -c FILE` with metrics at an address."""
    (tmp_path / "master.toml").write_text(
        f'[gateway]\nname = "master"\n[master]\nbroker = "{broker}"\nmetrics = "{address}"\n'
        f'database = "sqlite:///{tmp_path}/m.db"\n'
    )
    command = [sys.executable, "-m", "gateway", "ingest", "-c", str(tmp_path / "master.toml")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def get(address, page):
    try:
        with urllib.request.urlopen(f"http://{address}/{page}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def wait_for(address, page, status):
    deadline = time.monotonic() + LIVENESS
    while get(address, page)[0] != status:
        assert time.monotonic() < deadline, page
        time.sleep(0.05)


async def test_a_worker_serves_what_it_counts(tmp_path, mosquitto):
    address = f"127.0.0.1:{free_port()}"
    with ingesting(tmp_path, mosquitto.url, address):
        wait_for(address, "readyz", 200)
        sender = Sender(mosquitto.url, numbered(20))
        await sender.run()
        async with connect(Broker(url=mosquitto.url, client_id="odd")) as client:
            await client.publish("meterd/v1/so-001/up/reading", b"nonsense")
        deadline = time.monotonic() + LIVENESS
        while 'dead_letters_total{reason="payload"} 1.0' not in (text := get(address, "metrics")[1]):
            assert time.monotonic() < deadline, text
        assert "meterd_ingest_rows_total 20.0" in text
        assert "meterd_ingest_lag_seconds_count 3.0" in text
        assert "meterd_ingest_database_up 1.0" in text


def test_not_ready_without_a_broker(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    with ingesting(tmp_path, f"mqtt://127.0.0.1:{free_port()}", address):
        wait_for(address, "healthz", 200)
        assert get(address, "readyz")[0] == 503


def test_an_address_that_is_taken_is_named(tmp_path, mosquitto):
    with ingesting(tmp_path, mosquitto.url, f"127.0.0.1:{mosquitto.port}") as process:
        _, said = process.communicate(timeout=LIVENESS)
    assert process.returncode == 1
    assert f"metrics 127.0.0.1:{mosquitto.port}: Address already in use" in said
