"""Two weeks from slots to conclusions: what happened is found where it happened, by what the database says."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest

from config.load import load
from gateway import demo
from gateway.master.stores import store_of
from gateway.story.conclude import chapters
from gateway.story.told import KINDS, Told
from simulators.week import week

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
"""For what is the same whenever a history begins."""


def test_everything_that_happened_is_found_where_it_happened(kept):
    told = kept.summary
    truth = week(BEGIN, seed=1).truth
    assert {one["kind"]: one["object"] for one in told["story"]} == truth
    assert [(one["kind"], one["found"]) for one in told["story"]] == [(kind, True) for kind in KINDS]
    assert kept.exit_code == 0
    by = {one["kind"]: one["by"] for one in told["story"]}
    assert by["theft"].startswith("P040")
    assert told["findings_by_rule"]["P031"] >= 1
    assert by["wrong_multiplier"].endswith("(0.500 ± 5.0 %)")
    assert by["reverse_running"].startswith("R027")
    night = date.fromisoformat(told["first"]) + timedelta(days=8)
    assert by["silent_concentrator"] == f"meterd success --day {night}: 0%, 73%, 100%"
    assert by["hand_held_filled"] == "origin HHU_AUTO"


def test_nothing_is_lost_and_nobody_else_is_named(kept):
    told, truth = kept.summary, week(BEGIN, seed=1).truth
    assert (told["lost"], told["duplicates"]) == (0, 0)
    assert told["readings_committed"] == told["readings_accepted"] > 25_000
    named = {meter for meters in told["named"].values() for meter in meters}
    assert named == {truth["theft"], truth["wrong_multiplier"], truth["reverse_running"]}


def test_what_is_found_elsewhere_than_it_happened_is_not_found(kept):
    loaded = load(kept.folder / "meterd.toml")
    found = week(kept.begin, seed=1)
    told = Told(
        loaded=loaded, begin=found.begin, end=found.end, ask=found.ask, truth=dict.fromkeys(KINDS, "T9-C01")
    )
    with closing(store_of(kept.database)) as store:
        store.connect()
        said = chapters(store, told)
    assert [one.kind for one in said] == list(KINDS)
    assert all(one.object and not one.found for one in said)


def test_a_story_ends_with_the_day_before(kept):
    assert kept.summary["last"] == str(kept.begin.date() + timedelta(days=13))
    assert kept.begin < datetime.now(UTC) - timedelta(days=14)


@pytest.mark.long
def test_where_nothing_happened_nothing_is_found():
    told = demo.story(1, faults=False)
    assert told.story == []
    assert (told.lost, told.duplicates, told.ok, told.named) == (0, 0, True, {})
    assert told.readings_committed == told.readings_accepted > 25_000
