"""`meterd suspects` as a person calls it."""

import json
import random
from contextlib import closing

import pytest
from typer.testing import CliRunner

from config.second import Second
from gateway.cli import _build
from gateway.cli.suspects import _row
from gateway.master.stores import store_of
from gateway.second.culprit import Suspect
from tests.gateway.master.plant import FIRST, area_with_a_thief


def call(*words: str):
    return CliRunner().invoke(_build(["suspects", "decode"]), ["suspects", *words])


@pytest.fixture
def table(tmp_path):
    """A month of hours of six customers, of which B shows half."""
    chance, rows = random.Random(3), ["time,supply,A,B,C,D,E,F"]
    for hour in range(24 * 28):
        used = [chance.uniform(0.2, 2) for _ in range(6)]
        shown = [one / 2 if place == 1 else one for place, one in enumerate(used)]
        rows.append(",".join([str(hour), f"{sum(used) + 0.1:.3f}", *(f"{one:.3f}" for one in shown)]))
    path = tmp_path / "area.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


def test_a_table_of_ones_own_is_enough(table):
    found = call("--file", str(table), "--json", "--limit", "3")
    assert found.exit_code == 0
    first, *others = json.loads(found.stdout)["suspects"]
    assert (first["rank"], first["meter"], first["level"]) == (1, "B", "suspicious")
    assert first["share"] == pytest.approx(1.0, abs=0.05)
    assert len(others) == 2
    assert all(one["t"] < 5 for one in others)


def test_a_database_is_asked_for_the_latest_day(tmp_path):
    url = f"sqlite:///{tmp_path}/m.db"
    with closing(store_of(url)) as store:
        store.connect()
        area_with_a_thief(store).run(FIRST)
    found = call("--database", url, "--transformer", "T1", "--json")
    assert json.loads(found.stdout)["suspects"][0]["meter"] == "H03"
    assert "H03" in call("--database", url, "--transformer", "T1").stdout


@pytest.mark.parametrize(
    ("section", "level"),
    [("default", ""), ("industry", "suspicious")],
)
def test_levels_are_those_of_the_configuration(tmp_path, section, level):
    url = f"sqlite:///{tmp_path}/m.db"
    with closing(store_of(url)) as store:
        store.connect()
        area_with_a_thief(store).run(FIRST)
    config = tmp_path / "master.toml"
    config.write_text(
        f'[gateway]\nname = "master"\n[master]\ndatabase = "{url}"\nbroker = "mqtt://127.0.0.1:1"\n'
        f"[second.{section}]\nculprit_warn = 1000\nculprit_suspect = 0\n",
        "utf-8",
    )
    found = call("-c", str(config), "--transformer", "T1", "--json")
    first = json.loads(found.stdout)["suspects"][0]
    assert (first["meter"], first["level"]) == ("H03", level)


@pytest.mark.parametrize(
    ("customer_class", "t", "level"),
    [("", 8.1, "suspicious"), ("", 5.0, "note"), ("", 4.9, ""), ("industry", 8.1, "note")],
)
def test_a_level_is_that_of_the_customers_class(customer_class, t, level):
    limits = {"industry": Second(culprit_suspect=9)}
    assert _row(1, Suspect(meter="A", t=t, beta=0.5), customer_class, limits).level == level


@pytest.mark.parametrize("words", [(), ("--file", "a.csv", "--transformer", "T1"), ("--file", "nowhere.csv")])
def test_what_makes_no_sense_ends_with_2(words):
    assert call(*words).exit_code == 2


def test_too_few_hours_are_refused(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("supply,A,B\n3,1,2\n", "utf-8")
    found = call("--file", str(path))
    assert (found.exit_code, found.stdout) == (1, "")
    assert "hours" in found.stderr
