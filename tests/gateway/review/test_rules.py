"""Every rule judges its own good and bad example."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Meter
from config.schema import Review
from gateway.review.base import Base
from gateway.review.limits import SCALE, kind_of, limits_of
from gateway.review.rules import COMBINED, RULES
from gateway.review.view import UNJUDGED, Hit, Moved, View
from protocols.reading import Method, Reading, State

NOW = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
METER = Meter(
    asset_no="M1",
    address="000000000001",
    protocol="dlt645-2007",
    target="line",
    wiring="1P",
    rated_voltage=Decimal(220),
    max_current=Decimal(60),
)
BY_ID = {rule.id: rule for rule in RULES}


def view_of(**given):
    """A view of a plain forward register of 100.00 kWh; instants of bases are relative to the reading's."""
    at = NOW - timedelta(seconds=given.pop("late", 0))
    units = given.pop("units", 100 * SCALE)
    point = given.pop("point", "1-0:1.8.0")
    reading = Reading(
        meter="M1",
        point=point,
        value=Decimal(units) / SCALE,
        unit="kWh",
        at=at,
        read_at=NOW,
        state=State(given.pop("state", "RAW")),
        method=Method(given.pop("method", "LIVE")),
    )
    zero = int(at.timestamp())
    if (base := given.pop("base", None)) is not None:
        given["base"] = Base(base["value"], zero + base["at"], zero + base["since"], base["day"])
    if (other := given.pop("other", None)) is not None:
        given["other"] = Base(other["value"], zero + other["at"], zero + other["since"], other["day"])
    if "due" in given:
        given["due"] = NOW + timedelta(seconds=given["due"])
    if "moved" in given:
        given["moved"] = {point: Moved(*given["moved"])}
    beside = {f"1-0:1.8.{i}": part for i, part in enumerate(given.pop("beside", ()), start=1)}
    if "combined" in given:
        beside |= {COMBINED: given.pop("combined"), "1-0:2.8.0": given.pop("reverse")}
    return View(
        reading=reading,
        kind=kind_of(point),
        limits=limits_of(METER, Review()),
        units=units,
        at=zero,
        now=NOW,
        beside=beside,
        **given,
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_passes(rule):
    assert rule.judge(view_of(**rule.good)) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_bad_example_hits(rule):
    assert isinstance(rule.judge(view_of(**rule.bad)), Hit)


def test_all_asked_rules_exist():
    assert set(BY_ID) == {f"R00{n}" for n in range(1, 10)} | {"R013"} | {f"R02{n}" for n in range(9)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_in_both_languages_what_to_look_at(rule):
    assert rule.en.endswith(".")
    assert rule.zh.endswith("。")


@pytest.mark.parametrize("rule", ["R004", "R009", "R020", "R021", "R022", "R027", "R028"])
def test_without_a_base_a_register_is_not_judged(rule):
    point = "1-0:2.8.0" if rule == "R027" else "1-0:1.8.0"
    assert BY_ID[rule].judge(view_of(point=point)) is UNJUDGED


@pytest.mark.parametrize("rule", ["R002", "R023", "R024", "R025", "R026"])
def test_missing_inputs_are_not_judged(rule):
    assert BY_ID[rule].judge(view_of()) is UNJUDGED


def test_an_unknown_rating_leaves_run_away_unjudged():
    view = view_of(**BY_ID["R022"].bad)
    view.limits = replace(view.limits, rate=None)
    assert BY_ID["R022"].judge(view) is UNJUDGED


@pytest.mark.parametrize(
    ("seconds", "severity"), [(59, None), (61, 1), (-61, 1), (299, 1), (301, 2), (3599, 2), (-3601, 3)]
)
def test_clock_limits(seconds, severity):
    hit = BY_ID["R006"].judge(view_of(point="0-0:1.0.0", units=seconds * SCALE))
    assert (hit and hit.severity) == severity


@pytest.mark.parametrize(
    ("point", "value", "bad"),
    [
        ("1-0:32.7.0", 330, False),
        ("1-0:32.7.0", 331, True),
        ("1-0:31.7.0", -90, False),
        ("1-0:31.7.0", -91, True),
        ("1-0:13.7.0", Decimal("-1.001"), False),
        ("1-0:13.7.0", Decimal("1.002"), True),
        ("1-0:14.7.0", 50, False),
        ("1-0:14.7.0", 44, True),
        ("1-0:1.8.0", Decimal("999999.99"), False),
        ("1-0:1.8.0", 1_000_000, True),
        ("1-0:1.8.0", Decimal("-0.01"), True),
    ],
)
def test_physical_limits(point, value, bad):
    assert bool(BY_ID["R008"].judge(view_of(point=point, units=int(value * SCALE)))) is bad


def test_run_away_warns_before_it_rejects():
    """13.2 kW for an hour at k = 1.0 and 1.2."""
    base = {"value": 0, "at": -3600, "since": -3600, "day": 0}
    judge = BY_ID["R022"].judge
    assert judge(view_of(base=base, units=13 * SCALE)) is None
    assert judge(view_of(base=base, units=14 * SCALE)).severity == 1
    assert judge(view_of(base=base, units=16 * SCALE)).severity == 3


def test_a_second_lower_value_that_agrees_confirms_the_decrease():
    first = BY_ID["R020"].judge(view_of(**BY_ID["R020"].bad))
    second = BY_ID["R020"].judge(view_of(**BY_ID["R020"].bad, low=90 * SCALE))
    assert (first.severity, first.sure) == (2, False)
    assert (second.severity, second.sure) == (3, True)


def test_a_late_value_may_lie_below_the_base_and_not_above_it():
    base = {"value": 100 * SCALE, "at": 3600, "since": 3600, "day": 100 * SCALE}
    assert BY_ID["R020"].judge(view_of(base=base, units=99 * SCALE)) is None
    assert isinstance(BY_ID["R020"].judge(view_of(base=base, units=101 * SCALE)), Hit)


def test_before_the_day_of_installation():
    view = view_of(installed=date(2026, 5, 2))
    assert BY_ID["R005"].judge(view).severity == 3


def test_missing_for_three_days_is_suspicious():
    judge = BY_ID["R003"].judge
    assert [judge(view_of(missing_days=days)).severity for days in (0, 1, 2, 3, 4)] == [1, 1, 1, 2, 2]


def test_a_generating_customer_may_feed_in():
    view = view_of(**BY_ID["R027"].bad)
    view.limits = replace(view.limits, generates=True)
    assert BY_ID["R027"].judge(view) is None


def test_zero_switches_a_limit_off():
    view = view_of(**BY_ID["R028"].bad)
    view.limits = replace(view.limits, review=Review(still_days=0))
    assert BY_ID["R028"].judge(view) is None
