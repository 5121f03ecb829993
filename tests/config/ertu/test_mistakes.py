"""ERTUs whose profile, tie meters and tasks do not go together (config.ertu.mistakes)."""

import re
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.ertu import load_profile, own_profiles, use_profiles
from tests.config.conftest import Folder

TOML = """[gateway]
name = "so-001"

[[target]]
name = "station"
driver = "ertu"
link = "tcp://192.0.2.1:10005"
address = "1"

[[task]]
name = "day"
targets = ["station"]
points = ["1-0:1.8.0", "1-0:2.8.0"]
every = "1d"
"""
METERS = "asset_no,address,protocol,target,point_no\nT1,1,iec102,station,1\nT2,2,iec102,station,5\n"
PROFILE = """title = "t"
title_zh = "t"
source = ["s"]
[[block]]
ask = 120
wants = ["live"]
points = [[0, "1-0:1.8.0", "0.001", "kWh"]]
"""


@pytest.fixture
def station(tmp_path, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    folder = Folder(tmp_path)
    folder.toml = TOML
    folder.archive = {"meters.csv": METERS}
    before = own_profiles()
    yield folder
    use_profiles(before)


def test_a_good_station(station):
    loaded = station.load()
    assert loaded.archive.by_asset["T2"].point_no == 5
    assert not loaded.warnings


@pytest.mark.parametrize(
    ("meters", "why"),
    [
        (METERS.replace("station,5", "station,"), "T2 of station has no point_no"),
        (METERS.replace("station,5", "station,4"), "T1 and T2 of station both have object 4"),
        (METERS.replace("station,5", "station,254"), "T2: objects 254 to 257"),
    ],
)
def test_places_of_tie_meters(station, meters, why):
    station.archive["meters.csv"] = meters
    problem = station.problem()
    assert why in problem.message
    assert problem.expected


def test_a_profile_that_there_is_not(station):
    station.toml = TOML.replace('address = "1"', 'address = "1"\nprofile = "shangdong"')
    problem = station.problem()
    assert problem.key == "target.0.profile"
    assert problem.expected == "shandong"


def test_a_point_that_the_profile_has_not(station):
    station.toml = TOML.replace("1-0:2.8.0", "1-0:5.8.0")
    problem = station.problem()
    assert problem.key == "task.0.points"
    assert "1-0:5.8.0: profile standard of station" in problem.message


def test_profiles_of_ones_own_stand_beside_the_models(station, tmp_path):
    station.toml = (
        TOML.replace('name = "so-001"', 'name = "so-001"\nmodels = "models"')
        .replace('address = "1"', 'address = "1"\nprofile = "ours"')
        .replace(', "1-0:2.8.0"]\nevery = "1d"', ']\nevery = "15m"')
    )
    own = tmp_path / "models" / "ertu"
    own.mkdir(parents=True)
    (own / "ours.toml").write_text(PROFILE)
    first = station.load().digest
    assert load_profile("ours").title == "t"
    (own / "ours.toml").write_text(PROFILE.replace('"0.001"', '"0.01"'))
    assert station.load().digest != first
    (own / "ours.toml").write_text("title = 1")
    with pytest.raises(ConfigError) as caught:
        station.load()
    assert {problem.key for problem in caught.value.problems} == {"profile", "target.0.profile"}
    # What was in force before stays.
    assert load_profile("ours").title == "t"


@pytest.mark.parametrize("page", ["docs/tie-meters.md", "docs/zh/tie-meters.md"])
def test_the_example_of_the_documentation_is_right(station, page):
    text = (Path(__file__).parents[3] / page).read_text(encoding="utf-8")
    (settings,) = re.findall(r"```toml\n(.*?)```", text, re.S)
    meters, relations, _ = re.findall(r"```csv\n(.*?)```", text, re.S)
    station.toml = '[gateway]\nname = "so-001"\n\n' + settings
    station.archive = {"meters.csv": meters, "relations.csv": relations}
    loaded = station.load()
    assert not loaded.warnings
    assert [meter.point_no for meter in loaded.archive.meters] == [1, 5]
    assert {(one.meter, one.side, one.sign) for one in loaded.archive.relations} == {
        ("T101", "supply", 1), ("T102", "supply", 1), ("T102", "supply", -1)
    }  # fmt: skip
