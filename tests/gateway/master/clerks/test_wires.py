"""Wiring errors beside what waits for review, on every store."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
import typer
from typer.testing import CliRunner

from gateway.archived import tables_of
from gateway.clerks.items import Queue
from gateway.cli import review
from gateway.energy.signature import Unfit
from gateway.energy.wiring import Wiring
from gateway.master.archive.keep import keep
from gateway.master.clerks import orders as books
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import queue
from gateway.master.clerks.wires import explanation
from gateway.master.stores import STORES, store_of
from protocols.reading import Method, State
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import MIDNIGHT, NOW, batch, finding, reading

POWERS = ("1-0:36.7.0", "1-0:56.7.0", "1-0:76.7.0")
REACTIVE = ("1-0:151.7.0", "1-0:171.7.0", "1-0:191.7.0")
NOON = MIDNIGHT + timedelta(hours=12)


def shown(values, at, points=POWERS, *, meter="BIG", unit="kW", **more):
    return [
        reading(value, meter=meter, point=point, at=at, unit=unit, method=Method.LIVE, **more)
        for point, value in zip(points, values, strict=True)
    ]


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    """BIG with a reversed transformer that the first review has seen, HOME1 on one phase."""
    url = (
        f"sqlite:///{tmp_path}/master.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    big, home = meter("BIG", wiring="3P4W"), meter("HOME1", wiring="1P")
    with closing(store_of(url)) as found:
        found.connect()
        keep(found, "so-001", "one", tables_of(archive(meters=(big, home), relations=(), exchanges=())), NOW)
        rows = [
            *shown(("1.00", "1.00", "1.00"), NOON - timedelta(hours=1)),
            *shown(("-1.10", None, "1.05"), NOON + timedelta(minutes=15)),
            *shown(("1.00", "9.00", "1.00"), NOON, meter="HOME1"),
        ]
        rows += [
            one
            for seconds, one in enumerate(
                shown(("-1.20", "1.15", "1.18"), NOON, state=State.SUSPECT, reason="R057")
            )
            for one in shown(
                (str(one.value),),
                NOON + timedelta(seconds=seconds),
                (one.point,),
                state=one.state,
                reason=one.reason,
            )
        ]
        found.write([batch(1, *rows)], NOW)
        r057 = finding(rule="R057", key="R057:BIG:1-0:36.7.0", meter="BIG", point="1-0:36.7.0", began=NOON)
        found.write([batch(2, r057, kind="finding")], NOW)
        yield found


def test_the_latest_instant_with_all_phases_is_explained(store):
    told = explanation(store, "BIG", ["R057"], [NOON + timedelta(hours=2)])
    assert told.phases.power == (-1.2, 1.15, 1.18)
    assert told.at == NOON
    (fit,) = told.found
    assert (fit.wiring, fit.phases, str(fit.correction)) == (Wiring.ONE_REVERSED, "A", "3.000")
    assert told.lines(store.zone) == [
        "phase powers A -1.2, B 1.15, C 1.18 kW at 2026-03-02 12:00",
        "fits: one current transformer reversed (A), K = 3.000",
        "K = true / registered energy, of a balanced load: a person decides, after a look at the site",
    ]


def test_what_else_is_known_of_the_phases_is_used(store):
    negative = shown(("-1.20", "-1.20", "-1.20"), NOON + timedelta(hours=1))
    store.write([batch(3, *negative)], NOW)
    later = [NOON + timedelta(hours=2)]
    told = explanation(store, "BIG", ["R047"], later)
    assert {fit.wiring for fit in told.found} > {Wiring.ALL_REVERSED}
    assert "-1.227 (20°), -1.000 (30°), -0.815 (40°)" in "\n".join(told.lines(store.zone))
    lagging = shown(("-0.44", "-0.44", "-0.44"), NOON + timedelta(hours=1), REACTIVE, unit="kvar")
    store.write([batch(4, *lagging)], NOW)
    (fit,) = explanation(store, "BIG", ["R047"], later).found
    assert (fit.wiring, fit.angle) == (Wiring.ALL_REVERSED, 20)


def test_where_nothing_can_be_said(store):
    now = [NOON + timedelta(hours=2)]
    assert explanation(store, "HOME1", ["R027"], now) is None  # one phase
    assert explanation(store, "BIG", ["R020", "P003"], now) is None  # no rule that wiring explains
    assert explanation(store, "BIG", ["R057"], [NOON + timedelta(days=9)]) is None  # too long ago
    store.write([batch(3, *shown(("2.0", "-0.3", "1.0"), NOON + timedelta(hours=1)))], NOW)
    told = explanation(store, "BIG", ["R057"], [NOON + timedelta(days=9), *now])
    assert told.found is Unfit.UNBALANCED
    assert told.plain()["not_judged"] == "the loads of the phases differ too much"
    assert "wiring not judged: the loads" in told.lines(store.zone)[1]


def test_review_and_the_order_name_the_error(store):
    item = queue(store, NOON - timedelta(days=1), NOON + timedelta(days=1), only=Queue.RAW)[0]
    order = books.open_order(Desk(store, "li", "ops", NOON + timedelta(hours=1)), item)
    assert order.told["wiring"]["fits"] == [
        {"fault": "one current transformer reversed", "phases": "A", "angle": None, "k": "3.000"}
    ]
    assert "K = 3.000" in order.told["wiring"]["text"][1]
    app = typer.Typer()
    app.add_typer(review.app, name="review")
    given = ["review", "show", item.name, "--from", "2026-03-01", "--database", store.url]
    text, told = (
        CliRunner().invoke(app, [*given, *more], catch_exceptions=False) for more in ((), ("--json",))
    )
    assert "fits: one current transformer reversed (A), K = 3.000" in text.stdout
    assert json.loads(told.stdout)["wiring"]["power_kw"] == [-1.2, 1.15, 1.18]
