"""Scenes in the course of time: dwell, restoring, suppression, phases of a wiring, days out of five, late scenes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.review import Review
from gateway.review.scene import CURRENTS, POWERS, TOTAL, VOLTAGES
from protocols.reading import Method, State
from tests.gateway.review.test_reviewer import Bench, meter

CALM = {
    **dict.fromkeys(VOLTAGES, "220.0"),
    **dict.fromkeys(CURRENTS, "3.000"),
    **dict.fromkeys(POWERS, "0.6600"),
    "1-0:13.7.0": "1.000",
    TOTAL: "1.9800",
}
WITH_FACTORS = {**CALM, **dict.fromkeys(("1-0:33.7.0", "1-0:53.7.0", "1-0:73.7.0"), "1.000")}


def plant(wiring="3P4W", **review):
    bench = Bench(meter(wiring=wiring, rated_current=Decimal(5)))
    if review:
        bench.reviewer.adopt(bench.archive, {"default": Review(**review)})
    return bench


def news(bench, changed=(), minutes=15, **given):
    """Rule, point's phase and state of the findings that a scene brings."""
    _, findings = bench.read({**CALM, **dict(changed)}, hours=minutes / 60, **given)
    return [(f.rule, f.point, f.state) for f in findings]


def test_a_calm_meter_says_nothing():
    bench = plant()
    assert news(bench) == news(bench) == []
    assert not bench.reviewer.stats.hits


def test_a_condition_is_a_finding_once_it_has_held_and_clears_once_it_is_gone():
    bench = plant()
    low = {VOLTAGES[1]: "150.0"}
    assert news(bench, low) == []
    assert news(bench, low, minutes=0.5) == []
    assert news(bench, low, minutes=0.5) == [("R040", VOLTAGES[1], "open")]
    assert news(bench) == []
    assert news(bench) == [("R040", VOLTAGES[1], "cleared")]
    assert news(bench) == []


def test_without_dwell_it_is_one_at_once():
    bench = plant(dwell_seconds=0, restore_seconds=0)
    assert news(bench, {VOLTAGES[0]: "270.0"}) == [("R042", VOLTAGES[0], "open")]
    assert news(bench) == [("R042", VOLTAGES[0], "cleared")]


def test_voltage_loss_ends_at_its_own_limit():
    bench = plant(dwell_seconds=0, restore_seconds=0)
    assert news(bench, {VOLTAGES[0]: "170.0"})
    assert [state for *_, state in news(bench, {VOLTAGES[0]: "180.0"})] == ["open"]
    assert [state for *_, state in news(bench, {VOLTAGES[0]: "187.0"})] == ["cleared"]


def test_a_value_that_trembles_at_a_limit_is_one_finding():
    bench = plant(dwell_seconds=0, restore_seconds=0)
    seen = [news(bench, {VOLTAGES[0]: volts}) for volts in ("265.0", "263.0", "265.0", "255.0", "250.0")]
    assert [state for one in seen for *_, state in one] == ["open", "open", "open", "cleared"]


def test_its_values_carry_the_severity():
    bench = plant(dwell_seconds=0)
    done, _ = bench.read({**CALM, VOLTAGES[1]: "150.0"})
    states = {reading.point: (reading.state, reading.reason) for reading in done}
    assert states[VOLTAGES[1]] == (State.SUSPECT, "R040")
    assert states[VOLTAGES[0]] == (State.PASSED, "")


def test_one_cause_one_finding():
    """A phase without voltage and current is not undervoltage and unbalance too; reversal waits for the voltages."""
    bench = plant(dwell_seconds=0)
    gone = {VOLTAGES[2]: "0.0", CURRENTS[2]: "0.000", POWERS[2]: "0", TOTAL: "-1.32"}
    found = {rule for rule, *_ in news(bench, gone)}
    assert found == {"R043", "R047", "R055"}
    bench = plant(dwell_seconds=0)
    found = {rule for rule, *_ in news(bench, {VOLTAGES[2]: "100.0", TOTAL: "-1.32"})}
    assert "R040" in found
    assert not {"R047", "R041", "R053"} & found
    assert bench.reviewer.stats.unjudged["R047"] == 1


def test_all_phases_lost_takes_the_place_of_each():
    bench = plant(dwell_seconds=0)
    done, findings = bench.read({**CALM, **dict.fromkeys(VOLTAGES, "0.0")})
    assert [(f.rule, f.severity) for f in findings if f.rule < "R056"] == [("R051", 3)]
    assert done[0].state is State.REJECTED


def test_phase_b_is_never_judged_in_3p3w():
    bench = plant("3P3W", dwell_seconds=0)
    found = news(bench, {VOLTAGES[1]: "0.0", CURRENTS[1]: "0.000", POWERS[1]: "-5"})
    assert not [one for one in found if one[1] in {VOLTAGES[1], CURRENTS[1], POWERS[1]}]


def test_an_unknown_wiring_leaves_all_unjudged_and_never_passed():
    bench = plant("", dwell_seconds=0)
    assert news(bench, {VOLTAGES[0]: "1.0"}) == []
    assert bench.reviewer.stats.unjudged["R040"] == bench.reviewer.stats.unjudged["R053"] == 1


@pytest.mark.parametrize("values", [{"1-0:1.8.0": "1.00"}, {VOLTAGES[0]: "220.0"}])
def test_what_a_meter_does_not_give_is_not_judged(values):
    bench = plant()
    bench.read(values)
    bench.read(values)
    assert bench.reviewer.stats.unjudged["R047"] == 2


def test_a_reversed_transformer_is_found_on_the_third_day_of_five():
    bench = plant(dwell_seconds=0)
    turned = {POWERS[0]: "-0.6600", TOTAL: "0.6600"}

    def day(changed):
        return [one for one in news(bench, changed, minutes=1440) if one[0] == "R057"]

    assert [day(turned), day({}), day(turned), day({})] == [[], [], [], []]
    assert day(turned) == [("R057", POWERS[0], "open")]
    assert day({}) == [("R057", POWERS[0], "cleared")]
    assert day(turned) == [("R057", POWERS[0], "open")]


def test_late_scenes_do_not_disturb_the_present():
    bench = plant()
    low = {VOLTAGES[0]: "100.0"}
    assert news(bench, low) == []
    at = bench.wall.at
    for hours in (30, 29):
        assert news(bench, at=at - timedelta(hours=hours), method=Method.CURVE) == []
    assert news(bench, low) == [("R040", VOLTAGES[0], "open")]


def test_a_loss_in_what_was_fetched_later_is_found():
    bench = plant()
    assert news(bench) == []
    at = bench.wall.at
    seen = [
        news(bench, {VOLTAGES[0]: "100.0"}, at=at - timedelta(hours=h), method=Method.CURVE) for h in (9, 8)
    ]
    assert seen == [[], [("R040", VOLTAGES[0], "open")]]


def test_conditions_under_watch_survive_a_restart():
    bench = plant()
    low = {VOLTAGES[0]: "100.0"}
    assert news(bench, low) == []
    fresh = plant()
    fresh.wall.at = bench.wall.at
    fresh.reviewer.unpack(bench.reviewer.pack([bench.meter]), fresh.archive)
    fresh.reviewer.unpack_watches(bench.reviewer.pack_watches([bench.meter]))
    assert news(fresh, low) == [("R040", VOLTAGES[0], "open")]


def test_garbage_is_no_wiring_fault():
    """A voltage that cannot be is R008 and says nothing of the phase."""
    bench = plant(dwell_seconds=0)
    found = {rule for rule, *_ in news(bench, {VOLTAGES[0]: "999.0"})}
    assert found == {"R008"}


volts = st.sampled_from(
    ["0.0", "120.0", "150.0", "171.0", "175.0", "200.0", "220.0", "264.0", "266.0", "400.0"]
)
amps = st.sampled_from(["0.000", "0.010", "0.100", "1.000", "3.000", "5.000", "73.000", "-3.000"])
kilowatts = st.sampled_from(["-0.6600", "0.0000", "0.6600", "0.6900", "1.9800", "2.2000", "16.0000"])
factors = st.sampled_from(["1.000", "-1.000", "0.200", "0.950"])


@st.composite
def scenes(draw):
    changed = {}
    for points, values in ((VOLTAGES, volts), (CURRENTS, amps), (POWERS, kilowatts)):
        for point in points:
            if draw(st.booleans()) and draw(st.booleans()):
                changed[point] = draw(values)
    for point, values in ((TOTAL, kilowatts), ("1-0:13.7.0", factors), ("1-0:91.7.0", amps)):
        if draw(st.booleans()) and draw(st.booleans()):
            changed[point] = draw(values)
    for point in draw(st.sets(st.sampled_from(sorted(WITH_FACTORS)), max_size=3)):
        changed[point] = None
    return {point: value for point, value in {**WITH_FACTORS, **changed}.items() if value is not None}


@given(
    st.lists(scenes(), min_size=1, max_size=4),
    st.sampled_from(["1P", "3P3W", "3P4W", ""]),
    st.sampled_from([0, 60]),
    st.sampled_from([Decimal(5), None]),
)
@settings(max_examples=200, deadline=None)
def test_the_fast_way_says_what_the_rules_say_of_scenes(series, wiring, dwell, rated):
    """States, findings, conditions under watch and what was not judged are the same on both ways."""
    one = meter(wiring=wiring, rated_current=rated)
    fast, slow = Bench(one), Bench(one)
    for bench in (fast, slow):
        bench.reviewer.adopt(bench.archive, {"default": Review(dwell_seconds=dwell, restore_seconds=dwell)})
    slow.reviewer._plainly = lambda *_: None
    for values in series:
        assert fast.read(values, hours=0.25) == slow.read(values, hours=0.25)
    assert fast.reviewer.pack_watches([one]) == slow.reviewer.pack_watches([one])
    unjudged = [
        {rule: n for rule, n in bench.reviewer.stats.unjudged.items() if rule >= "R040"}
        for bench in (fast, slow)
    ]
    assert unjudged[0] == unjudged[1]


def test_calm_scenes_take_the_fast_way(monkeypatch):
    bench = plant()
    bench.read(CALM)
    monkeypatch.setattr("gateway.review.reviewer.Careful", None)
    done, findings = bench.read(CALM)
    assert (done[0].state, findings) == (State.PASSED, [])
