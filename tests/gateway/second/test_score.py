from datetime import date

import pytest

from gateway.clerks.meaning import meaning
from gateway.clerks.reasons import RESULTS, Outcome
from gateway.review.rules import BY_ID as FIRST
from gateway.second.rules import RULES
from gateway.second.score import WEIGHTLESS, WEIGHTS, Evidence, precision, ranked

TODAY = date(2026, 5, 20)


def evidence(meter, rule, last=TODAY, **more):
    return Evidence(meter=meter, rule=rule, began=date(2026, 4, 1), last=last, **more)


def test_the_weightiest_first_and_why():
    rows = ranked(
        [
            evidence("M1", "P040"),
            evidence("M1", "P001"),
            evidence("M2", "R051"),
            evidence("M3", "P004"),
            evidence("M1", "P040", date(2026, 5, 1), value="old"),
        ],
        TODAY,
    )
    assert [(row.meter, row.score, [one.rule for one in row.reasons]) for row in rows] == [
        ("M1", 5.0, ["P040", "P001"]),
        ("M2", 5.0, ["R051"]),
    ]
    assert rows[0].reasons[0].value == ""


def test_old_findings_fade():
    (row,) = ranked([evidence("M1", "P040", date(2026, 5, 6))], TODAY)
    assert row.score == pytest.approx(2.0)
    assert row.reasons[0].age(TODAY) == 14


def test_what_inspectors_found():
    both, one = precision([("P040", Outcome.HIT), ("P040", Outcome.WRONG_DATA), ("P001", Outcome.NO_FAULT)])[
        ::-1
    ]
    assert (both.rule, both.visits, both.hits, both.wrong_data, both.share) == ("P040", 2, 1, 1, 0.5)
    assert (one.rule, one.visits, one.no_fault, one.share) == ("P001", 1, 1, 0.0)


def test_every_weight_has_a_rule_with_a_meaning():
    assert all(meaning(rule) for rule in WEIGHTS)
    assert meaning("X999") == ""


def test_every_rule_has_a_weight_or_a_reason_to_have_none():
    without = [rule for rules in WEIGHTLESS.values() for rule in rules]
    assert len(without) == len(set(without))
    assert WEIGHTS.keys() | set(without) == {*FIRST, *(rule.id for rule in RULES)}
    assert not WEIGHTS.keys() & set(without)


def test_current_that_flows_back_sends_somebody():
    rows = ranked([evidence("M1", "R027"), evidence("M2", "R047"), evidence("M3", "R041")], TODAY)
    assert [(row.meter, row.score) for row in rows] == [("M1", 3.0), ("M2", 3.0)]


def test_every_result_of_a_visit_says_something_of_the_rules_unless_nothing_was_seen():
    assert {code for code, one in RESULTS.items() if one.outcome is None} == {"access_refused"}
    assert RESULTS["theft_suspected"].outcome is Outcome.HIT
    assert RESULTS["vacant"].outcome is Outcome.NO_FAULT
    assert RESULTS["reading_wrong"].outcome is Outcome.WRONG_DATA
