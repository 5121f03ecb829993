"""Hits kept by day, and what findings follow, over every store."""

from contextlib import closing
from datetime import date, timedelta

from gateway.energy.period import Span
from gateway.master.process.hits import Hits
from gateway.master.stores import postgres, sqlite, store_of
from gateway.review.view import Hit
from tests.gateway.master.stores.asking import ask

FIRST, SECOND = date(2026, 3, 1), date(2026, 3, 2)
FINDINGS = "SELECT rule, meter, state, severity FROM finding ORDER BY rule, meter"
HIT = Hit(2, "13 %", "12 %", sure=True)


def test_a_hit_is_a_finding_and_goes_when_the_day_is_judged_again(store):
    Hits(store, FIRST, FIRST).keep(["A", "B"], {("A", "P007"): HIT})
    assert ask(store, FINDINGS) == [("P007", "A", "confirmed", 2)]
    Hits(store, FIRST, FIRST).keep(["A", "B"], {})
    assert ask(store, "SELECT count(*) FROM second_hit") == [(0,)]
    assert ask(store, FINDINGS) == [("P007", "A", "closed", 2)]


def test_judging_one_day_again_leaves_the_others(store):
    Hits(store, FIRST, SECOND).keep(["A"], {("A", "P007"): HIT})
    Hits(store, SECOND, SECOND).keep(["A"], {})
    assert ask(store, "SELECT day, rule FROM second_hit") == [("2026-03-01", "P007")]


def test_a_rule_of_its_own_replaces_only_its_own_hits(store):
    hits = Hits(store, FIRST, FIRST)
    hits.keep(["A"], {("A", "P007"): HIT})
    hits.keep_rule("P040", ["A", "B"], {("B", "P040"): HIT})
    hits.keep_rule("P040", ["A", "B"], {("A", "P040"): HIT})
    assert ask(store, "SELECT object, rule FROM second_hit ORDER BY rule") == [("A", "P007"), ("A", "P040")]
    assert hits.count == 3


def test_a_cause_that_lasts_longer_than_hits_are_looked_back_at_stays_one_finding(store):
    for day in range(70):
        on = FIRST + timedelta(days=day)
        Hits(store, on, on).keep(["A"], {("A", "P031"): HIT})
    assert ask(store, "SELECT state, count, began = (SELECT min(began) FROM finding) FROM finding") in (
        [("confirmed", 70, 1)],
        [("confirmed", 70, True)],
    )


def test_a_finding_that_had_closed_is_withdrawn_when_late_data_explain_it(store):
    Hits(store, FIRST, FIRST).keep(["A"], {("A", "P031"): HIT})
    later = FIRST + timedelta(days=5)
    Hits(store, later, later).keep(["A"], {})
    Hits(store, FIRST, later).keep(["A"], {})
    assert ask(store, "SELECT count(*) FROM finding WHERE ended = began AND state = 'closed'") == [(1,)]


def test_hits_and_findings_of_months_stand_beside_those_of_days(store):
    Hits(store, FIRST, FIRST).keep(["A"], {("A", "P031"): HIT})
    month = Hits(store, FIRST, FIRST, Span.MONTH)
    month.keep(["A"], {("A", "P031"): HIT})
    assert ask(store, "SELECT key, value FROM finding ORDER BY key") == [
        ("P031:A:", "13 %"),
        ("P031:A:1mo", "2026-03: 13 %"),
    ]
    month.keep(["A"], {})
    assert ask(store, "SELECT span FROM second_hit") == [(2,)]
    assert ask(store, "SELECT key FROM finding WHERE state <> 'closed'") == [("P031:A:",)]


def test_hits_of_a_database_from_before_months_are_those_of_days(empty_url, monkeypatch):
    module = sqlite if empty_url.startswith("sqlite") else postgres
    every = module.migrations
    monkeypatch.setattr(module, "migrations", lambda dialect: [one for one in every(dialect) if one[0] < 9])
    with closing(store_of(empty_url)) as store:
        store.connect()
        store._open.execute(
            "INSERT INTO second_hit (object, rule, day, severity, value, limit_text, sure)"
            " VALUES ('A', 'P007', '2026-03-01', 2, '13 %', '12 %', 1)"
        )
    monkeypatch.undo()
    with closing(store_of(empty_url)) as store:
        store.connect()
        assert ask(store, "SELECT object, day, span FROM second_hit") == [("A", "2026-03-01", 2)]
        Hits(store, FIRST, FIRST).keep(["A"], {})
        assert ask(store, "SELECT count(*) FROM second_hit") == [(0,)]
