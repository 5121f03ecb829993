"""Profiles of ERTUs: which object is which point, and every mistake in one."""

from decimal import Decimal

import pytest

from config.ertu import ProfileError, known_profiles, load_folder, load_profile, own_profiles, use_profiles
from config.ertu.profile import Place, Profile
from protocols.points import find

GOOD = {
    "title": "t",
    "title_zh": "t",
    "source": ["s"],
    "block": [{"ask": 120, "wants": ["live", "freeze"], "points": [[0, "1-0:1.8.0", "0.01", "kWh"]]}],
}
TOML = """title = "t"
title_zh = "t"
source = ["s"]
record = 11
[[block]]
ask = 120
wants = ["live"]
points = [[2, "1-0:1.8.0", "0.001", "kWh"]]
"""


def made(**changes):
    return Profile.model_validate(GOOD | changes)


def block(**changes):
    return [GOOD["block"][0] | changes]


@pytest.mark.parametrize("name", known_profiles())
def test_what_comes_with_the_program(name):
    profile = load_profile(name)
    assert profile.title
    assert profile.title_zh
    for one in profile.block:
        for row in one.points:
            assert find(row.point).unit == row.unit
    assert profile.checksum == "strict"
    assert not profile.dialect.lenient


def test_a_target_without_a_profile_has_the_standard_one():
    assert load_profile(None) is load_profile("standard")
    with pytest.raises(KeyError):
        load_profile("nowhere")


def test_points_are_found_where_they_are_kept():
    profile = load_profile("shandong")
    found = {
        asked: (one.ask, row)
        for one, row, asked in profile.where(["1-0:2.8.0*1", "1-0:1.8.3", "1-0:9"], "settlement")
    }
    assert found["1-0:2.8.0*1"][0] == 120
    assert found["1-0:2.8.0*1"][1].offset == 1
    assert found["1-0:1.8.3"][1].part == "tariff3"
    assert "1-0:9" not in found
    assert list(made().where(["1-0:1.8.0"], "settlement")) == []
    assert next(made().where(["1-0:1.8.0"], "live"))[1].scale == Decimal("0.01")


def test_objects_count_on_in_the_next_station():
    profile = load_profile("shandong")
    assert profile.place(1, 7) == Place(7, 1)
    assert profile.place(252, 7) == Place(7, 252)
    assert profile.place(256, 7) == Place(8, 1)
    assert made(station=9, object_bytes=2).place(300, 7) == Place(9, 300)


@pytest.mark.parametrize(
    ("number", "changes"),
    [(0, {}), (256, {}), (255, {"block": block(points=[[1, "1-0:1.8.0", "1", "kWh"]])})],
)
def test_objects_that_there_are_not(number, changes):
    with pytest.raises(ValueError, match="there are"):
        made(**changes).place(number, 1)
    with pytest.raises(ValueError, match="does not fit"):
        made(station_bytes=1).place(1, 256)


def test_counters_without_a_sign():
    kinds = made(signed=False).types
    assert [kinds[number].parts[0].form for number in (2, 3, 4)] == ["u32", "u24", "u16"]
    assert made().types[2].parts[0].form == "i32"


def test_types_of_a_sites_own():
    own = made(
        up=[[180, "own", "own", ["volts:u16", "status:u8"], "ta"]],
        answered={171: [180]},
        block=block(ask=171, wants=["live"], points=[[0, "1-0:32.7.0", "0.1", "V", "volts"]]),
    )
    assert own.types[180].size == 3
    assert own.dialect.answers(171) == (180,)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"period_minutes": 7}, "does not divide a day"),
        ({"speed": 1}, "speed"),
        ({"checksum": "off"}, "checksum"),
        ({"block": []}, "block"),
        ({"block": block(ask=103)}, "asks for no range"),
        ({"block": block(ask=140)}, "asks for no range"),
        ({"block": block(ask=171)}, "only live"),
        ({"block": block(wants=["events"])}, "wants"),
        ({"block": block(points=[[0, "1-0:1.8.0", "0.01", "Wh"]])}, "is in kWh"),
        ({"block": block(points=[[0, "1-0:999.8.0", "0.01", "kWh"]])}, "no known OBIS"),
        ({"block": block(points=[[0, "1-0:1.8.0", "x", "kWh"]])}, "no number"),
        ({"block": block(points=[[0, "1-0:1.8.0", "0", "kWh"]])}, "no scale"),
        ({"block": block(points=[[-1, "1-0:1.8.0", "1", "kWh"]])}, "offset"),
        ({"block": block(points=[[0, "1-0:1.8.0"]])}, "is not"),
        (
            {"block": block(points=[[0, "1-0:1.8.0", "1", "kWh", "tariff1"]])},
            "there are check, status, total",
        ),
    ],
)
def test_a_mistake_is_named(changes, why, tmp_path):
    with pytest.raises(ValueError, match=why):
        made(**changes)


def test_ones_own_go_before_those_of_the_program(tmp_path):
    (tmp_path / "standard.toml").write_text(TOML)
    (tmp_path / "bad.toml").write_text("title = 1\n")
    (tmp_path / "worse.toml").write_text("title =\n")
    good, bad = load_folder(tmp_path)
    assert [path.name for path, _ in bad] == ["bad.toml", "worse.toml"]
    assert "block" in bad[0][1]
    before = own_profiles()
    try:
        use_profiles(good)
        assert load_profile("standard").record == 11
        assert "shandong" in known_profiles()
    finally:
        use_profiles(before)
    assert load_profile("standard").record == 0
    assert load_folder(tmp_path / "nowhere") == ({}, [])


def test_a_large_file_is_none(tmp_path):
    (tmp_path / "large.toml").write_bytes(b"#" * 1_100_000)
    ((_, why),) = load_folder(tmp_path)[1]
    assert "1 MiB" in why
    assert issubclass(ProfileError, ValueError)
