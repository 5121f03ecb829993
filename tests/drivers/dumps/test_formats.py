"""Which profile reads a file."""

import pytest

from config.profiles import load_profile, profiles
from drivers.dumps.files import Limits, opened
from drivers.dumps.formats import FORMATS, choose, rows
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Notes
from protocols.dumps.spec import FORMATS as NAMES
from tests.protocols.dumps.toy import TZ

TEXT = "资产编号,抄表时间,本次示数\n1,2024-05-01 08:00,5\n2,2024-05-01 08:00,5\n"


def test_every_layout_has_a_reader():
    assert set(FORMATS) <= set(NAMES)


def test_the_profile_that_fits_best(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TEXT, "utf-8")
    with opened(path) as file:
        assert choose(file, profiles()).name == "delimited"
        assert choose(file, [], load_profile("delimited-wide")).name == "delimited-wide"
    path.write_text(TEXT.replace("本次示数", "正有总"), "utf-8")
    with opened(path) as file:
        assert choose(file, profiles()).name == "delimited-wide"
    path.write_bytes(b"SQLite format 3\0" + bytes(200))
    with opened(path) as file, pytest.raises(DumpError) as error:
        choose(file, profiles(), load_profile("delimited"))
    assert error.value.reason == "other_format"


def test_rows_are_bounded(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(TEXT, "utf-8")
    with opened(path, Limits(max_rows=1)) as file, pytest.raises(DumpError) as error:
        list(rows(file, load_profile("delimited"), TZ, Notes()))
    assert error.value.reason == "too_many_rows"
