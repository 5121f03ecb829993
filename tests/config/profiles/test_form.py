"""Profiles: those that come with the program are right, and mistakes in others are named."""

import tomllib

import pytest

from config.profiles import ProfileError, known_profiles, load_profile, profiles, read_profile
from config.profiles.form import made
from protocols.dumps.spec import FIELDS

GOOD = 'title = "x"\ntitle_zh = "x"\nformat = "delimited"\n'


@pytest.mark.parametrize("name", known_profiles())
def test_those_of_the_program_are_right(name):
    spec = load_profile(name)
    assert spec.name == name
    assert spec.title
    assert spec.title_zh
    assert {field for field in spec.columns.values() if ":" not in field} <= FIELDS


def test_a_name_that_is_none():
    with pytest.raises(KeyError):
        load_profile("none")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums = {}\n", "columns"),
        ('format = "csv"\n', "delimited"),
        ('[columns]\nasset = ["x"]\n', "did you mean 'asset_no'"),
        ('[registers]\n"1-0:1.8.99" = ["x"]\n', "unknown point"),
        ('[values.status]\ndone = ["x"]\n', "values.status.done"),
        ('[values.route]\n"1" = ["x"]\n', "translated"),
        ('times = ["YYYY.DD hh:mm"]\n', "lacks"),
        ('timezone = "Asia/Peking"\n', "IANA"),
        ("[columns]\nroute = 1\n", "header = false"),
        ("header = false\n", "column"),
        ("header = false\n[columns]\nroute = 1\nseq = 1\n", "both"),
        ('[columns]\nroute = ["x"]\nseq = ["X"]\n', "both"),
        ('decimal = ";"\n', "decimal"),
        ("bad_share = 2.0\n", "less than or equal"),
    ],
)
def test_mistakes_are_named(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    kept = GOOD if "format" not in text else GOOD.replace('format = "delimited"\n', "")
    path.write_text(kept + text, "utf-8")
    with pytest.raises(ProfileError) as error:
        read_profile(path)
    assert said in str(error.value)


def test_mistakes_have_their_line():
    text = GOOD + 'decimal = ";"\n'
    with pytest.raises(ProfileError) as error:
        made("mine", text, tomllib.loads(text), {})
    assert "line 4" in str(error.value)


def test_a_folder_of_ones_own_goes_first(tmp_path):
    (tmp_path / "delimited.toml").write_text(GOOD, "utf-8")
    (tmp_path / "vendor.toml").write_text(GOOD + '[columns]\nasset_no = ["Zähler"]\n', "utf-8")
    names = [spec.name for spec in profiles(tmp_path)]
    assert names[:2] == ["delimited", "vendor"]
    assert names.count("delimited") == 1
    assert next(iter(profiles(tmp_path))).title == "x"


@pytest.mark.parametrize("raw", [b"\xff\xfe\xff", b"a = [" * 5000, b"x" * 300_000])
def test_files_that_are_no_profile(tmp_path, raw):
    path = tmp_path / "mine.toml"
    path.write_bytes(raw)
    with pytest.raises(ProfileError):
        read_profile(path)


def test_the_profiles_own_words_go_before_the_common_ones():
    table = {"title": "x", "title_zh": "x", "format": "delimited", "values": {"mode": {"rf": ["1"]}}}
    common = {"columns": {"route": ["册号"]}, "values": {"mode": {"keyed": ["1", "手工"]}}}
    spec = made("mine", "", table, common)
    assert spec.values["mode"] == {"rf": "rf", "1": "rf", "keyed": "keyed", "手工": "keyed"}
    assert spec.columns["册号"] == "route"
    assert made("mine", "", table | {"common": False}, common).columns == {}


def test_what_to_write_above_a_column_is_the_profiles_own_name_first():
    text = GOOD + '[columns]\nroute = ["Book", "册"]\n[values.status]\nunread = ["N"]\n'
    spec = made("own", text, tomllib.loads(text), {"columns": {"route": ["册号"], "seq": ["序号"]}})
    assert spec.names["route"] == ("Book", "册")
    assert spec.names["seq"] == ("seq", "序号")
    assert spec.codes == {"status": {"unread": "N"}}
