"""What a stranger does next on the database that a story leaves: every command that it names, and its reports."""

import csv
import io
import json
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.cli.demo_story import STORY
from simulators.week import week


@pytest.fixture(scope="module")
def run(kept):
    def done(*words, expect=0):
        args = [*words, "-c", str(kept.folder / "meterd.toml")]
        found = CliRunner().invoke(_build(args[:1]), args)
        assert found.exit_code == expect, found.output
        return found.stdout

    return done


@pytest.fixture(scope="module")
def truth(kept):
    return week(kept.begin, seed=1).truth


@pytest.mark.parametrize("command", [command for command, _ in STORY if "--plot" not in command])
def test_every_command_that_is_named_works(kept, run, command):
    day = kept.summary["first"]
    words = command.format(config=".", night=day, day=day).split()[1:]
    place = words.index("-c")
    assert run(*words[:place], *words[place + 2 :]).strip()


def test_the_meter_that_ran_backwards_explains_its_area(run, truth):
    rows = json.loads(run("loss", "--transformer", "T4", "--show", "causes", "--json"))["causes"]
    assert (rows[0]["meter"], rows[0]["kind"]) == (truth["reverse_running"], "energy")
    assert float(rows[0]["energy_kwh"]) == 0
    assert float(rows[0]["loss_kwh"]) > 5
    assert len(rows) == 11


def test_areas_are_ranked_and_counted(run):
    found = json.loads(run("loss", "--show", "ranking", "--json"))
    assert {one["code"] for one in found["ranking"]} == {"T1", "T2", "T3", "T4"}
    assert sum(one["nodes"] for one in found["counts"]) == 4
    high = next(one for one in found["ranking"] if one["code"] == "T4")
    assert (high["state"], high["days"]) == ("high", 2)


def test_a_curve_takes_all_days_there_are(run):
    (row,) = json.loads(run("loss", "--transformer", "T1", "--show", "curve", "--json"))["curve"]
    assert row["days"] == 14
    run("loss", "--show", "curve", expect=2)


@pytest.mark.parametrize("show", ["ranking", "causes", "curve", "days"])
def test_every_view_makes_a_workbook(run, tmp_path, show):
    run("loss", "--transformer", "T1", "--show", show, "--xlsx", str(tmp_path / "t1.xlsx"))
    book = load_workbook(tmp_path / "t1.xlsx")
    assert book.worksheets[0].max_row > 1


def test_losses_as_csv_have_a_row_a_day(run, tmp_path):
    run("loss", "--transformer", "T1", "--from", "2000-01-01", "--csv", str(tmp_path / "t1.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "t1.csv").read_text("utf-8-sig"))))
    assert len(rows) == 14
    assert all(0.07 < float(row["loss_rate"]) < 0.13 for row in rows)


def test_the_daily_chart_marks_days_with_findings(run, tmp_path):
    run("loss", "--transformer", "T4", "--from", "2000-01-01", "--plot", str(tmp_path / "t4.svg"))
    words = "".join(ET.parse(tmp_path / "t4.svg").getroot().itertext())
    assert "1!" in words or "2!" in words
    assert "line loss by day" in words


def test_missing_values_say_why_in_words(run, kept):
    assert "no record" in run("success", "--day", kept.summary["last"], "--missing")


def test_a_doubted_reading_is_shown_by_its_name(run, truth):
    items = json.loads(run("review", "list", "--queue", "raw", "--json"))["items"]
    assert {one["subject"] for one in items} == {truth["reverse_running"]}
    name = items[0]["name"]
    assert truth["reverse_running"] in run("review", "show", name)
    run("review", "accept", name, "--reason", "no such reason", "--by", "lin", expect=1)


def test_a_day_without_slots_names_the_last_one_there_is(kept):
    args = ["success", "-c", str(kept.folder / "meterd.toml"), "--day", "2001-01-01"]
    done = CliRunner().invoke(_build(["success"]), args)
    assert done.exit_code == 1
    day = date.fromisoformat(kept.summary["last"]) + timedelta(days=1)
    assert f"the last data day here is {day}" in done.stderr


def test_success_is_told_for_every_grouping(run, kept):
    rows = json.loads(run("success", "--day", kept.summary["last"], "--task", "daily", "--json"))["success"]
    assert {(row["group"], row["key"], row["due"]) for row in rows} >= {
        ("task", "daily", 44),
        ("target", "jzq3", 11),
        ("transformer", "T3", 11),
        ("line", "L1", 44),
    }
    assert all(0 < row["headline_energy"] <= 1 for row in rows)
