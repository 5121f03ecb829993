"""Words for points that are not there (config.points)."""

import pytest

from config.points import words


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


def test_an_unknown_point_has_its_nearest_and_a_form():
    message, expected, near = words(
        "1-0:1.9.0", "dlt645-2007", "live", "1-0:1.9.0 is not known; nearest is x"
    )
    assert message == "'1-0:1.9.0': an OBIS code that nobody knows"
    assert "dlt645-2007:" in expected
    assert near == "1-0:1.8.0"


def test_a_point_may_be_called_by_its_name():
    assert words("正向有功", "p", "live", "")[2] == "1-0:1.8.0"
    assert words("A相电压", "p", "live", "")[2] == "1-0:32.7.0"
    assert words("x", "p", "live", "")[2] == ""


def test_a_known_point_in_the_wrong_memory(monkeypatch):
    why = "1-0:32.7.0 is not part of a daily freeze"
    assert words("1-0:32.7.0", "p", "freeze", why) == ("'1-0:32.7.0': is not part of a daily freeze", "", "")
    monkeypatch.setenv("METERD_LANG", "zh")
    assert "日冻结" in words("1-0:32.7.0", "p", "freeze", why)[0]
