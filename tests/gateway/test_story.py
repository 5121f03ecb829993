"""A history with faults and one without, from registers to conclusions (gateway.story)."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from typer.testing import CliRunner

from gateway import demo
from gateway.cli import _build
from gateway.story import KINDS, tell
from simulators.week import week


@pytest.mark.parametrize("seed", [1, 2])
def test_everything_that_happened_is_found_where_it_happened(seed):
    told = demo.story(seed)
    truth = week(datetime(2026, 3, 1, tzinfo=demo._ZONE), seed=seed).truth
    assert {one.kind: one.object for one in told.story} == truth
    assert [(one.kind, one.found) for one in told.story] == [(kind, True) for kind in KINDS]
    by = {one.kind: one.by for one in told.story}
    assert by["theft"].startswith("P040")
    assert told.findings_by_rule["P031"] >= 1
    assert by["wrong_multiplier"].endswith("(0.500 ± 5.0 %)")
    assert by["reverse_running"].startswith("R027")
    assert by["silent_concentrator"] == "meterd success --day 2026-03-09: 0%, 73%, 100%"
    assert by["hand_held_filled"] == "origin HHU_AUTO"
    assert (told.lost, told.duplicates, told.ok) == (0, 0, True)


def test_where_nothing_happened_nothing_is_found():
    told = demo.story(1, faults=False)
    assert told.story == []
    assert (told.findings, told.lost, told.ok) == (0, 0, True)
    assert told.readings_committed == told.readings_accepted > 20_000


def test_what_is_found_elsewhere_than_it_happened_is_not_found(tmp_path):
    history = demo._told(week(datetime(2026, 3, 1, tzinfo=demo._ZONE), seed=1))
    told = tell(replace(history, truth=dict.fromkeys(KINDS, "T9-C01")), tmp_path)
    assert not any(one.found for one in told.story)
    assert all(one.object for one in told.story)
    assert not told.ok


def test_the_command_prints_the_story_as_json():
    done = CliRunner().invoke(
        _build(["demo"]), ["demo", "--story", "--json", "--seconds", "5", "--meters", "3"]
    )
    assert done.exit_code == 0
    assert [one["found"] for one in json.loads(done.stdout)["story"]] == [True] * 5
