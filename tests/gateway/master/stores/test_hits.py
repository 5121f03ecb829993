"""Hits kept by day, and what findings follow, over every store."""

from datetime import date

from gateway.master.process.hits import Hits
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
