"""What is exported: from the start, with help, only allowed labels, within the budget of series."""

import random
import re
import subprocess
from collections import Counter
from dataclasses import replace

import pytest

from drivers.order import Failure
from gateway.busstats import BusStats
from gateway.metrics.edge import METRICS
from gateway.outbox.stats import Stats
from gateway.pages import as_dict, pages
from gateway.state import BusFigures, LagMeter
from tests.gateway.metrics.figures import NOW, families, snapshot, target, value

ALLOWED = {"driver", "target", "reason", "class", "level", "le", "sha256", "version", "python", "revision"}

NAMES = """
build_info config_info config_last_reload_successful config_last_reload_success_timestamp_seconds
start_time_seconds ready target_up target_last_success_timestamp_seconds
target_circuit_open polls_total poll_failures_total poll_retries_total
poll_duration_seconds poll_schedule_lag_seconds slots_missed_total polls_in_flight
frames_total frame_errors_total rx_bytes_total tx_bytes_total
serial_reopens_total uploads_total uploads_rejected_total upload_readings_total
certificate_expiry_timestamp_seconds readings_total readings_rejected_total readings_backfilled_total
meters_expected meters_read_current_slot oldest_unread_meter_timestamp_seconds outbox_rows
outbox_bytes outbox_limit_bytes outbox_oldest_timestamp_seconds outbox_commit_seconds
outbox_dropped_total outbox_corruption_total outbox_poison_rows mqtt_connected
mqtt_connects_total mqtt_publishes_total mqtt_publish_rejected_total mqtt_inflight
uplink_ack_latency_seconds uplink_last_ack_timestamp_seconds uplink_duplicates_total clock_synced
clock_step_seconds_total meter_clock_offset_seconds event_loop_lag_seconds log_messages_total
custody_difference bus_utilisation_ratio
""".split()  # noqa: SIM905


def test_every_metric_is_there_from_the_start_with_help():
    found, text = families(snapshot())
    for name, (kind, words) in METRICS.kinds.items():
        family = found[f"meterd_{name}".removesuffix("_total" if kind == "counter" else "")]
        assert family.documentation == words
        assert words.endswith(".")
        assert family.samples, name
        assert name.endswith("_total") == (kind == "counter")
    assert "_created" not in text


@pytest.mark.parametrize(
    "name",
    NAMES,
)
def test_the_operators_list_is_complete(name):
    assert re.search(rf"^# TYPE meterd_{name} ", families(snapshot())[1], re.MULTILINE)


def test_labels_are_from_the_list_and_never_a_meter():
    for family in families(snapshot())[0].values():
        for sample in family.samples:
            assert set(sample.labels) <= ALLOWED


def test_the_largest_gateway_stays_within_its_budget():
    lines = [line for line in families(snapshot(64))[1].splitlines() if not line.startswith("#")]
    assert len(lines) <= 500


def test_a_hundred_thousand_random_names_cannot_break_the_budget_and_are_counted():
    names = random.Random(645)
    targets = tuple(target(n, name=f"{names.getrandbits(128):032x}") for n in range(100_000))
    outbox = Stats(dropped={(f"c{n}", f"r{n}"): 1 for n in range(300)})
    found = replace(snapshot(0, outbox=outbox), targets=targets)
    before = value(snapshot(0), "series_left_out_total")
    lines = [line for line in families(found)[1].splitlines() if not line.startswith("#")]
    assert len(lines) <= 500
    assert value(snapshot(0), "series_left_out_total") == before + 4 * (100_000 - 64)
    assert value(found, "outbox_dropped_total", **{"class": "diagnostic", "reason": "cap"}) == 300


def test_promtool_finds_nothing_to_say():
    for targets in (0, 64):
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=families(snapshot(targets))[1].encode(),
            capture_output=True,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_task_whose_first_slot_runs_was_not_due_yet():
    begun = target(1, due={"registers": 47, "daily": 47}, present={"registers": 46})
    found = replace(snapshot(0), targets=(begun,))
    assert (value(found, "meters_expected"), value(found, "meters_read_current_slot")) == (47, 46)


def test_the_shortest_slot_of_those_that_there_are():
    targets = target(1), target(2, slot_seconds=300), target(3, slot_seconds=0)
    found = replace(snapshot(0), targets=targets)
    assert value(found, "poll_slot_seconds") == 300
    assert value(snapshot(0), "poll_slot_seconds") == 0


def test_figures_arrive():
    outbox = Stats(accepted=10, committed=4, pending=6, dropped={("curve", "cap"): 2}, dead=1, oldest=7)
    found = snapshot(2, outbox=outbox)
    assert value(found, "outbox_accepted_total") == 10
    assert value(found, "outbox_rows") == 6
    assert value(found, "outbox_dropped_total", **{"class": "curve", "reason": "cap"}) == 2
    assert value(found, "outbox_dropped_total", **{"class": "billing", "reason": "aged"}) == 0
    assert value(found, "meters_expected") == 188
    assert value(found, "meters_read_current_slot") == 186
    assert value(found, "target_circuit_open", target="line-1") == 1
    assert value(found, "slots_missed_total") == 4


def test_an_unknown_reason_is_counted_as_other():
    bus = replace(snapshot().bus, frame_errors=Counter({"odd": 3, "checksum": 2}))
    assert value(snapshot(bus=bus), "frame_errors_total", reason="other") == 3
    assert value(snapshot(bus=bus), "frame_errors_total", reason="checksum") == 2


def test_every_failure_of_a_poll_is_a_reason():
    for reason in Failure:
        assert value(snapshot(), "poll_failures_total", reason=str(reason)) == 0


def test_histograms_add_up():
    lag = LagMeter()
    for late in (0.0005, 0.02, 9.0):
        lag.take(late)
    found = snapshot(lag=lag)
    assert value(found, "event_loop_lag_seconds_count") == 3
    assert value(found, "event_loop_lag_seconds_bucket", le="0.05") == 2
    assert value(found, "event_loop_lag_seconds_sum") == pytest.approx(9.0205)
    assert lag.beat == 3


def test_hostile_names_stay_inert():
    found = snapshot(0)
    hostile = replace(found, targets=(target(1, name='a"b\nc\\d'),))
    names = {s.labels.get("target") for f in families(hostile)[0].values() for s in f.samples}
    assert 'a"b\nc\\d' in names


class FakeBus:
    def __init__(self, link):
        self.stats = BusStats(polls=2, reopens=3, failures=Counter({Failure.TIMEOUT: 1}))
        self.stats.time(0.2)
        self.targets = {"t": type("T", (), {"link": link})()}


def test_buses_are_summed():
    found = BusFigures.of([FakeBus("serial:/dev/ttyS1"), FakeBus("tcp://h:1")])
    assert (found.polls, found.reopens, found.serial_reopens) == (4, 6, 3)
    assert found.failures == {"timeout": 2}
    assert sum(found.durations) == 2


def test_pages():
    shown = pages(lambda: snapshot(ready=False))
    assert shown["/healthz"]()[0] == 200
    assert shown["/readyz"]()[0] == 503
    assert pages(snapshot)["/readyz"]()[0] == 200
    assert shown["/metrics"]()[2].startswith(b"# HELP")
    assert b'"difference": 0' in shown["/status"]()[2]


def test_status_names_slots_by_task():
    found = as_dict(snapshot(1))["targets"][0]
    assert found["slots"]["registers"] == {"slot": NOW.isoformat(), "due": 47, "present": 46}
    assert found["slots"]["daily"]["slot"] is None


def test_the_end_of_certificates_by_class():
    assert value(snapshot(), "certificate_expiry_timestamp_seconds", **{"class": "client"}) == 1.8e9
    assert value(snapshot(), "certificate_expiry_timestamp_seconds", **{"class": "ca"}) == 1.9e9
    family = families(snapshot(certificates={}))[0]["meterd_certificate_expiry_timestamp_seconds"]
    assert not family.samples


def test_every_reason_that_drops_is_there_from_the_start():
    for reason in ("aged", "cap"):
        assert value(snapshot(), "outbox_dropped_total", **{"class": "billing", "reason": reason}) == 0
