"""Rules and dashboards in a Prometheus that scrapes what gateway and master serve."""

import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.http import Server
from gateway.master.metrics import pages as master_pages
from gateway.master.stats import Stats as MasterStats
from gateway.outbox.stats import Stats
from gateway.pages import pages
from gateway.review.known import ReviewStats
from gateway.state import LagMeter
from tests.docs.test_alerts import ALERTS, rules
from tests.gateway.metrics.figures import snapshot
from tests.servers.prometheus import prometheus
from tests.tools.panels import PAGES

NEEDS_A_DAY = {"Findings since yesterday", "Dumps uploaded within a day", "Starts within a day"}
"""Panels that show only what changed since some time ago."""


STARTED = datetime.now(UTC) - timedelta(hours=2)


def figures():
    """A gateway at work: some meters missing, some rows waiting, its loop and its meters' clocks measured."""
    now = time.time()
    review, lag = ReviewStats(), LagMeter()
    for _ in range(int(now * 10) % 100_000):
        review.clock_buckets[2] += 1
        lag.buckets[0] += 1
    found = snapshot(2, started=STARTED, review=review, lag=lag)
    outbox = Stats(pending=500, bytes=1000, limit=4000, oldest=now - 300)
    bus = replace(found.bus, frames=int(now * 100), frame_errors=Counter(noise=int(now * 10)))
    uplink = replace(found.uplink, latency_buckets=[int(now)] * len(found.uplink.latency_buckets))
    reloads = replace(found.reloads, at=STARTED)
    return replace(found, outbox=outbox, bus=bus, uplink=uplink, reloads=reloads)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    stats = MasterStats(
        started=time.time(), connected=True, database=True, last_commit=time.time(), last_process=time.time()
    )
    gateway = Server("127.0.0.1:0", pages(figures))
    master = Server("127.0.0.1:0", master_pages(stats))
    folder = tmp_path_factory.mktemp("prometheus")
    jobs = {"meterd": gateway.address, "meterd-ingest": master.address}
    with gateway, master, prometheus(folder, jobs) as running:
        running.until("up == 1", 2)
        running.until("count_over_time(meterd:fleet_read_success:ratio[1m]) > 3", 1)
        yield running


def test_every_rule_is_evaluated_without_an_error(server):
    found = [rule for group in server.get("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert len(found) == len(rules())
    assert {(rule["name"], rule["health"], rule.get("lastError")) for rule in found} == {
        (rule["name"], "ok", None) for rule in found
    }


def test_recorded_series_have_their_values(server):
    assert server.ask("meterd:read_success:ratio")[0][1] == pytest.approx(186 / 188)
    assert server.ask("meterd:outbox_fill:ratio")[0][1] == 0.25
    assert 300 <= server.ask("meterd:outbox_oldest:age_seconds")[0][1] < 400
    assert server.ask("meterd:frame_errors:ratio30m")[0][1] == pytest.approx(1 / 11, rel=0.1)
    assert server.ask("meterd:meter_clock_off_60s:ratio1d")[0][1] == pytest.approx(0, abs=1e-6)
    assert server.ask("meterd:fleet_gateways_up:count")[0][1] == 1


def test_only_what_should_fires(server):
    server.until('ALERTS{alertname="DeadMan",alertstate="firing"}', 1)
    firing = {metric["alertname"] for metric, _ in server.ask('ALERTS{alertstate="firing"}')}
    assert firing == {"DeadMan"}
    pending = {metric["alertname"] for metric, _ in server.ask('ALERTS{alertstate="pending"}')}
    assert pending <= {rule["alert"] for rule in ALERTS}
    assert {"UplinkStalled", "FrameErrors"} <= pending


@pytest.mark.parametrize("name", PAGES)
def test_every_panel_has_something_to_show(server, name):
    empty = set()
    for panel in PAGES[name].panels:
        asks = [ask.replace("$instance", ".*").replace("$target", ".*") for ask in panel.asks]
        answers = [server.ask(ask) for ask in asks]
        if not any(answers):
            empty.add(panel.name[0])
    assert empty <= NEEDS_A_DAY
