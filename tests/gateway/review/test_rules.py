"""Every rule judges its own good and bad example."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from config.archive import Meter
from config.schema import Review
from gateway.review.base import Base
from gateway.review.curves import Curve
from gateway.review.limits import SCALE, kind_of, limits_of
from gateway.review.rules import COMBINED, DAY_RULES, RULES, SCENE_RULES
from gateway.review.rules.curves import CURVES, DEMANDS
from gateway.review.rules.events import EVENTS
from gateway.review.rules.identity import IDENTITY
from gateway.review.rules.phases import PHASES
from gateway.review.rules.registers import REGISTER_RULES
from gateway.review.rules.rule import ordered
from gateway.review.rules.wiring import WIRING
from gateway.review.scene import Scene
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
    rated_current=Decimal(5),
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


def limits(wiring="3P4W", review=None, **given):
    return limits_of(replace(METER, wiring=wiring, **given), review or Review())


def shown(rule, example, review=None):
    """What a rule judges, of one of its examples."""
    if rule in SCENE_RULES:
        return Scene(limits=limits(example.get("wiring", "3P4W"), review), **without(example, "wiring"))
    if rule in DAY_RULES:
        return Curve(limits=limits(review=review), **example)
    view = view_of(**example)
    if review:
        view.limits = limits("1P", review)
    return view


def without(example, key):
    return {name: value for name, value in example.items() if name != key}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_example_passes(rule):
    assert rule.judge(shown(rule, rule.good)) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_bad_example_hits(rule):
    hit = rule.judge(shown(rule, rule.bad))
    assert isinstance(hit, Hit)
    assert str(hit.severity) in rule.severity.split("/")


def test_all_asked_rules_exist():
    numbers = [*range(1, 14), *range(20, 32), *range(40, 62)]
    assert [rule.id for rule in RULES] == [f"R{n:03}" for n in numbers]


def test_every_rule_stands_in_one_family():
    families = (IDENTITY, REGISTER_RULES, PHASES, WIRING, EVENTS, CURVES, DEMANDS)
    named = [rule.id for family in families for rule in family]
    assert sorted(named) == [rule.id for rule in RULES]
    assert all(families)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.keys], ids=lambda rule: rule.id)
def test_zero_turns_a_trigger_off(rule):
    """All trigger limits of a rule at 0: its bad example passes. Tolerances are none."""
    if rule.id in {"R005", "R020"}:
        assert {"future_seconds", "decrease_kwh"} & set(rule.keys)
        return
    assert rule.judge(shown(rule, rule.bad, Review(**dict.fromkeys(rule.keys, 0)))) is None


@pytest.mark.parametrize("rule", SCENE_RULES, ids=lambda rule: rule.id)
def test_a_scene_without_its_quantities_is_not_judged(rule):
    wiring = "1P" if "3P4W" not in rule.wirings else "3P4W"
    assert rule.judge(Scene(limits=limits(wiring))) is UNJUDGED


def test_a_rule_comes_after_those_that_suppress_it():
    places = {rule.id: place for place, rule in enumerate(SCENE_RULES)}
    for rule in SCENE_RULES:
        assert all(places[other] < places[rule.id] for other in rule.suppressed_by)
    assert [r.id for r in ordered(SCENE_RULES[::-1])] != [r.id for r in SCENE_RULES[::-1]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_keys_are_settings(rule):
    assert set(rule.keys) <= set(Review.model_fields)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"angles": (240.0, 120.0)}, True),
        ({"angles": (-120.0, -240.0)}, True),
        ({"word": 0b01}, True),
        ({"word": 0b1100}, False),
    ],
)
def test_the_order_of_phases(values, word):
    assert bool(BY_ID["R052"].judge(Scene(limits=limits(), **values))) is word


def test_without_all_voltages_there_is_no_order():
    scene = Scene(limits=limits(), word=1, voltage=(220.0, 0.0, 220.0))
    assert BY_ID["R052"].judge(scene) is UNJUDGED


def test_golden_unbalance_of_currents():
    """10, 9, 4 A: (max - min) / max is 60 %."""
    hit = BY_ID["R054"].judge(Scene(limits=limits(), current=(10.0, 9.0, 4.0)))
    assert hit.value == "60.0%"


def test_one_current_transformer_reversed_is_not_a_mismatch():
    """Its phase counts against the others, as in the meter."""
    scene = Scene(
        limits=limits(),
        voltage=(220.0,) * 3,
        current=(5.0,) * 3,
        factor=(1.0,) * 3,
        power=(-1.1, 1.1, 1.1),
        total=1.1,
    )
    assert BY_ID["R058"].judge(scene) is None


def test_in_3p3w_only_two_phases_count():
    scene = Scene(limits=limits("3P3W"), current=(5.0, None, 5.0), voltage=(100.0, None, 100.0))
    assert BY_ID["R054"].judge(scene) is None


def test_a_maximum_demand_stands_above_the_mean_power_of_a_time_in_which_it_stood():
    def view(began):
        moved = Moved(10 * SCALE, 3600, began)
        made = view_of(point="1-0:1.6.0", units=5 * SCALE)
        made.moved = {"1-0:1.8.0": moved}
        return made

    at = int(NOW.timestamp())
    assert isinstance(BY_ID["R031"].judge(view(at)), Hit)
    assert BY_ID["R031"].judge(view(at - 60)) is None


def test_rated_values_are_the_meters_own_where_it_shows_primary_ones():
    primary = limits(register_is_primary=True, ct=Decimal(60), pt=Decimal(10))
    assert (primary.un, primary.ib, primary.imax) == (2200, 300, 3600)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_in_both_languages_what_to_look_at(rule):
    assert rule.en.endswith(".")
    assert rule.zh.endswith("。")
    assert rule.what
    assert rule.what_zh


@pytest.mark.parametrize("rule", ["R004", "R009", "R020", "R021", "R022", "R027", "R028"])
def test_without_a_base_a_register_is_not_judged(rule):
    point = "1-0:2.8.0" if rule == "R027" else "1-0:1.8.0"
    assert BY_ID[rule].judge(view_of(point=point)) is UNJUDGED


@pytest.mark.parametrize("rule", ["R002", "R012", "R023", "R024", "R025", "R026", "R060", "R061"])
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
