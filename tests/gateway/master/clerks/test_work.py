"""The list of work on every store."""

import json
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count

import pytest
import typer
from typer.testing import CliRunner

from gateway.archived import tables_of
from gateway.clerks.errors import Unknown
from gateway.clerks.items import Queue
from gateway.cli import review, review_work
from gateway.master.archive.keep import keep
from gateway.master.clerks import orders as books
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import queue
from gateway.master.clerks.work import as_item, outcomes, work
from gateway.master.stores import STORES, store_of
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import NOW, batch, finding

NUMBERS = count(1)
ZONE = store_of("sqlite:///x").zone
DAY = datetime(2026, 3, 20, tzinfo=ZONE)
"""The day of NOW."""


def days(back):
    return DAY - timedelta(days=back)


def found(rule, what, began, ended=None, **more):
    known = {
        "key": f"{rule}:{what}:",
        "rule": rule,
        "meter": what,
        "point": "",
        "began": began,
        "ended": ended,
    }
    return finding(**{**known, "state": "open" if ended is None else "closed", "severity": 1, **more})


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    url = (
        f"sqlite:///{tmp_path}/master.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    with closing(store_of(url)) as opened:
        opened.connect()
        keep(opened, "so-001", "one", tables_of(archive()), NOW)
        yield opened


def put(store, *findings):
    store.write([batch(next(NUMBERS), *findings, kind="finding")], NOW)


def by_master(store, rule, what, began, ended=None):
    at, until = (None if one is None else _utc(one) for one in (began, ended))
    state = "open" if ended is None else "closed"
    cells = (
        0,
        f"{rule}:{what}:",
        at,
        1,
        until,
        rule,
        what,
        "",
        2,
        state,
        "of the master",
        "5",
        "look",
        1,
        "",
    )
    with store.transaction():
        store.ask("findings_second", [cells])


def _utc(at):
    return at.astimezone(NOW.tzinfo).isoformat(timespec="microseconds")


def seen(store, number, result):
    return books.close_order(Desk(store, "li", "ops", NOW), number, result, "zhao")


def test_who_is_visited_first_and_why(store):
    put(
        store,
        found("R024", "HOME1", days(3)),
        found("P003", "HOME1", days(30), days(14), value="-4.1", limit="±3.5"),
        found("R056", "BIG", days(60), days(28)),
        found("R041", "HOME2", days(1)),  # counts for nothing
        found("R051", "HOME2", days(80), days(70)),  # too long ago
    )
    jobs = work(store, NOW)
    assert [(job.meter, job.score, [one.rule for one in job.reasons]) for job in jobs] == [
        ("HOME1", 4.0, ["R024", "P003"]),
        ("BIG", 1.25, ["R056"]),
    ]
    home = jobs[0]
    assert (home.transformer, home.line) == ("T1", "L1")
    assert [one.age(DAY.date()) for one in home.reasons] == [0, 14]
    assert (home.reasons[1].value, home.reasons[1].limit) == ("-4.1", "±3.5")


def test_the_change_of_an_area_counts_for_its_customers(store):
    put(store, found("P034", "transformer:T1", days(2), value="+4 points"), found("R024", "HOME1", days(1)))
    put(store, found("P034", "line:L1", days(2)))
    (home,) = work(store, NOW)
    assert (home.meter, home.score) == ("HOME1", 5.0)
    assert [(one.rule, one.place) for one in home.reasons] == [("R024", ""), ("P034", "transformer:T1")]
    assert [job.meter for job in work(store, NOW, whole_areas=True)] == [
        "HOME1",
        "HOME2",
    ]  # not its total meter

    put(store, found("R024", "BIG", days(1)))
    assert [job.meter for job in work(store, NOW, transformers=["T1"])] == ["HOME1"]
    assert [job.meter for job in work(store, NOW, lines=["L1"])] == ["HOME1", "BIG"]
    assert work(store, NOW, transformers=["T9"]) == []


def test_what_gateway_and_master_both_found_is_one_finding(store):
    put(
        store,
        found("P031", "transformer:T1", days(5), value="of the gateway", severity=2),
        found("P031", "transformer:T1", days(20), days(15), value="before", severity=2),
        found("P030", "transformer:T1", days(5), value="only here"),
    )
    by_master(store, "P031", "transformer:T1", days(4))
    items = queue(store, days(30), NOW + timedelta(days=1), only=Queue.RESULT)
    assert sorted((item.rule, item.value) for item in items) == [
        ("P030", "only here"), ("P031", "before"), ("P031", "of the master"),
    ]  # fmt: skip
    shown = [(row[0], row[6]) for row in store.ask("review_findings", ["transformer:T1"])]
    assert sorted(shown) == [("P030", "only here"), ("P031", "before"), ("P031", "of the master")]
    put(store, found("P003", "HOME1", days(5), value="of the gateway"))
    by_master(store, "P003", "HOME1", days(5), days(5))  # the master withdrew it
    assert work(store, NOW) == []
    assert len(queue(store, days(30), NOW + timedelta(days=1), only=Queue.RESULT)) == 3


def test_an_accepted_finding_counts_no_more(store):
    put(store, found("P040", "HOME1", days(5)), found("P003", "HOME1", days(5)))
    items = queue(store, days(30), NOW, only=Queue.RESULT)
    Desk(store, "li", "ops", NOW).accept([one for one in items if one.rule == "P040"], "known")
    assert [(job.score, len(job.reasons)) for job in work(store, NOW)] == [(2.0, 1)]


def test_a_visit_ends_what_began_before_it(store):
    put(store, found("P040", "HOME1", days(5)))
    desk = Desk(store, "li", "ops", NOW)
    order = books.open_order(desk, as_item(work(store, NOW), "HOME1", NOW))
    assert order.told["rule"] == "P040"
    assert work(store, NOW)[0].order == order.number
    seen(store, order.number, "access_refused")
    assert work(store, NOW)[0].order == ""  # nothing was seen: still to be visited
    again = books.open_order(desk, as_item(work(store, NOW), "HOME1", NOW))
    seen(store, again.number, "reading_right")
    assert work(store, NOW) == []
    put(store, found("P003", "HOME1", DAY + timedelta(days=1)))
    assert [job.meter for job in work(store, NOW + timedelta(days=2))] == ["HOME1"]
    with pytest.raises(Unknown):
        as_item([], "HOME1", NOW)


def test_how_often_rules_were_right(store):
    put(
        store, found("P040", "HOME1", days(5)), found("P003", "HOME1", days(5)), found("P040", "BIG", days(5))
    )
    desk = Desk(store, "li", "ops", NOW)
    for meter, result in (("HOME1", "theft_suspected"), ("BIG", "reading_wrong")):
        seen(store, books.open_order(desk, as_item(work(store, NOW), meter, NOW)).number, result)
    rows = outcomes(store, NOW - timedelta(days=90))
    assert [(row.rule, row.visits, row.hits, row.wrong_data, row.share) for row in rows] == [
        ("P003", 1, 1, 0, 1.0),
        ("P040", 2, 1, 1, 0.5),
    ]
    assert outcomes(store, NOW + timedelta(days=1)) == []


class _Clock:
    def now(self):
        return NOW


def call(store, *arguments, code=0):
    app = typer.Typer()
    app.add_typer(review.app, name="review")
    given = ["review", *map(str, arguments), "--database", store.url]
    done = CliRunner().invoke(app, given, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def test_by_the_command_line(store, tmp_path, monkeypatch):
    monkeypatch.setattr(review_work, "SystemClock", _Clock)
    put(
        store,
        found("R024", "HOME1", days(3), value="0.2 kWh"),
        found("P003", "HOME1", days(3)),
        found("R024", "BIG", days(1)),
    )
    told = json.loads(call(store, "work", "--json", "--limit", 1))
    assert told["customers"] == 2
    (home,) = told["work"]
    assert (home["meter"], home["score"], home["line"]) == ("HOME1", 5.0, "L1")
    assert home["reasons"][0] == {
        "rule": "R024", "meaning": "power flows and no register moves", "value": "0.2 kWh", "limit": "5",
        "place": "", "since": "2026-03-17", "age_days": 0,
    }  # fmt: skip
    shown = call(store, "work", "--csv", tmp_path / "a.csv", "--xlsx", tmp_path / "a.xlsx")
    assert "2 of 2 customers to visit" in shown
    assert shown.count("HOME1") == 1
    lines = (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("meter,score,transformer,line,order,rule,value,limit")
    assert len(lines) == 4
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    assert json.loads(call(store, "work", "--json", "--transformer", "T9")) == {"customers": 0, "work": []}
    assert json.loads(call(store, "precision", "--json")) == {"precision": []}
    number = books.open_order(Desk(store, "li", "ops", NOW), as_item(work(store, NOW), "BIG", NOW)).number
    call(store, "order", "--close", number, "--result", "vacant", "--checker", "zhao")
    (row,) = json.loads(call(store, "precision", "--json"))["precision"]
    assert (row["rule"], row["visits"], row["hits"], row["no_fault"], row["share"]) == ("R024", 1, 0, 1, 0.0)
