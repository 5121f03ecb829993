"""Words of a profile (protocols.dumps.sheet)."""

import pytest

from protocols.dumps.sheet import harmless, meters
from tests.protocols.dumps.lists import WIDE, row, spec, words


def test_common_names_in_the_readers_language():
    profile = spec()
    assert words(profile).heading("asset_no") == "asset_no"
    assert words(profile, chinese=True).heading("asset_no") == "资产编号"


def test_own_names_and_codes_go_before_common_ones_in_every_language():
    profile = spec(text='[columns]\nasset_no = ["ZCBH", "表号"]\n[values.read_type]\n"1-0:1.8.0" = ["P+"]\n')
    for chinese in (False, True):
        told = words(profile, chinese=chinese)
        assert told.heading("asset_no") == "ZCBH"
        assert told.texts(row())["read_type"] == "P+"


def test_a_register_is_called_by_its_code_or_in_chinese():
    assert words(spec()).texts(row())["read_type"] == "1-0:1.8.0"
    assert words(spec(), chinese=True).texts(row())["read_type"] == "正有总"
    assert words(spec(), chinese=True).texts(row(), str.isascii)["read_type"] == "11"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "2026-10-01 00:00:00"),
        ('times = ["DD/MM/YY hh:mm"]', "01/10/26 00:00"),
        ('times = ["epoch_ms"]', "1790784000000"),
        ('times = ["epoch_s"]', "1790784000"),
    ],
)
def test_times_as_the_profile_writes_them(text, told):
    assert words(spec(text=text)).texts(row())["last_time"] == told


def test_numbers_have_the_profiles_decimal_mark():
    assert words(spec(text='decimal = ","')).texts(row())["last_read"] == "150,34"


def test_a_wide_layout_has_a_column_for_each_register_and_none_for_its_type():
    told = words(spec(text=WIDE))
    columns = told.columns()
    assert [name for name in columns if ":" in name] == ["this:1-0:1.8.0", "this:1-0:1.8.2", "last:1-0:1.8.0"]
    assert not {"read_type", "this_read", "last_read"} & set(columns)
    cells = told.broad([row(), row(point="1-0:1.8.2")])
    assert cells["last:1-0:1.8.0"] == "150.34"
    assert "this:1-0:1.8.0" not in cells


def test_a_cell_is_one_line_without_control_characters():
    assert words(spec()).texts(row(cons_name="a\r\nD,b\x1b[31m"))["cons_name"] == "a  D,b [31m"


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@SUM(A1)", "  =1", "＝1", "\t=1"])
def test_no_cell_is_a_formula(text):
    expected = text if text == "+86" else f"'{text}"
    assert harmless(text) == expected


@pytest.mark.parametrize("text", ["-150.34", "+150,34", "张三", "", "1=1"])
def test_numbers_and_names_stay_what_they_are(text):
    assert harmless(text) == text


def test_rows_of_one_meter_stand_together():
    first, second = row(), row(asset_no="2")
    assert list(meters([first, first, second])) == [[first, first], [second]]
    assert list(meters([])) == []
