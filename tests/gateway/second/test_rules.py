from datetime import date

import pytest

from config.second import Second
from gateway.review.view import UNJUDGED, Hit
from gateway.second.judge import judge, limits_for
from gateway.second.rules import RULES
from gateway.second.view import Case, Subject

DAY = date(2026, 5, 20)


def case(rule, fields):
    given = dict(fields)
    limits = Second(**given.pop("limits", {}))
    subject = Subject.CUSTOMER if Subject.CUSTOMER in rule.subjects else min(rule.subjects)
    return Case(object="M1", subject=subject, day=DAY, limits=limits, **given)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_passes_and_the_bad_one_hits(rule):
    assert rule.judge(case(rule, rule.good)) is None
    assert isinstance(rule.judge(case(rule, rule.bad)), Hit)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_without_its_inputs_a_rule_does_not_judge(rule):
    bare = Case(object="M1", subject=min(rule.subjects), day=DAY)
    if rule.id == "P016":  # a point in service has nothing to be judged for
        bare = Case(object="M1", subject=Subject.CUSTOMER, day=DAY, active=False)
    assert rule.judge(bare) is UNJUDGED


ALL_OFF = Second(**dict.fromkeys(Second.model_fields, 0))
NO_LIMIT = {"P011", "P012", "P042"}  # judged against the archive, not against a setting


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.id not in NO_LIMIT], ids=lambda rule: rule.id
)
def test_a_limit_of_zero_turns_a_rule_off(rule):
    given = {key: value for key, value in rule.bad.items() if key != "limits"}
    off = Case(object="M1", subject=min(rule.subjects), day=DAY, limits=ALL_OFF, **given)
    assert not isinstance(rule.judge(off), Hit)


def test_every_rule_of_the_table_is_there_once():
    wanted = [f"P{n:03}" for n in (*range(1, 19), *range(30, 43))]
    assert [rule.id for rule in RULES] == wanted


def test_one_cause_gives_one_hit():
    glitch = Case(
        object="M1",
        subject=Subject.CUSTOMER,
        day=DAY,
        large=True,
        capacity=10.0,
        daily=(*[10.0] * 28, 9_000.0),
    )
    judged = judge(glitch)
    assert list(judged.hits) == ["P005"]
    assert judged.severity == 3
    assert "P001" in judged.unjudged


def test_rules_for_places_do_not_judge_customers():
    area = Case(
        object="transformer:T1", subject=Subject.TRANSFORMER, day=DAY, rate=0.2, culprit=9, area_abnormal=True
    )
    assert set(judge(area).hits) == {"P031"}
    line = Case(object="line:L1", subject=Subject.LINE, day=DAY, rate=0.2)
    assert judge(line).hits["P032"].severity == 2


def test_a_suspect_of_an_area_without_abnormal_loss_is_none():
    calm = Case(object="M1", subject=Subject.CUSTOMER, day=DAY, culprit=20.0)
    assert "P040" not in judge(calm).hits


def test_what_only_daily_values_say_of_a_suspect_is_a_note_that_says_so():
    found = judge(
        Case(object="M1", subject=Subject.CUSTOMER, day=DAY, culprit_hint=30.0, area_abnormal=True)
    ).hits["P040"]
    assert (found.severity, found.sure) == (1, False)
    assert "hint" in found.value
    weak = Case(object="M1", subject=Subject.CUSTOMER, day=DAY, culprit_hint=4.0, area_abnormal=True)
    assert "P040" not in judge(weak).hits


def test_homes_are_not_judged_day_by_day_nor_for_multipliers():
    home = Case(object="M1", subject=Subject.CUSTOMER, day=DAY, daily=(*[10.0] * 28, 20.0, 20.0, 20.0))
    assert not {"P002", "P007"} & set(judge(home).hits)


def test_limits_by_class():
    limits = {"default": Second(z=4), "industry": Second(z=5)}
    assert limits_for(limits, "industry").z == 5
    assert limits_for(limits, "home").z == 4
    assert limits_for({}, "home").z == 3.5


def test_industry_needs_only_three_days_without_energy_unless_a_section_says_otherwise():
    assert limits_for({}, "industry").zero_days == 3
    assert limits_for({}, "home").zero_days == 30
    default = limits_for({"default": Second(z=4)}, "industry")
    assert (default.z, default.zero_days) == (4, 3)
    assert limits_for({"default": Second(zero_days=7)}, "industry").zero_days == 7
    assert limits_for({"industry": Second()}, "industry").zero_days == 30
