"""The table of canonical points."""

import pytest

from protocols import points


def test_rows_are_whole():
    for code, point in points.table().items():
        assert points.is_obis(code.replace("T", "0")), code
        assert point.name, code
        assert point.name_zh, code
        assert point.kind in {"register", "interval", "demand", "instantaneous", "status", "clock"}, code
    names = [point.name for point in points.table().values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("code", "name", "name_zh"),
    [
        ("1-0:1.8.0", "forward active energy, total", "正向有功电能(总)"),
        ("1-0:1.8.2", "forward active energy, tariff 2", "正向有功电能(费率2)"),
        (
            "1-0:1.6.63*12",
            "(settlement -12) forward active maximum demand, tariff 63",
            "(上12结算日)正向有功最大需量(费率63)",
        ),
        ("1-0:14.7.0", "frequency", "电网频率"),
    ],
)
def test_names(code, name, name_zh):
    point = points.find(code)
    assert point is not None
    assert (point.code, point.name, point.name_zh) == (code, name, name_zh)


@pytest.mark.parametrize(
    "code",
    [
        "1-0:1.8.T",
        "1-0:1.8.64",
        "1-0:14.7.0*1",
        "1-0:99.8.0",
        "00010000",
        "",
        "1-0:1.8.0*",
        "1-0:1.8.٣",
        "1-0:1.8.²",
    ],
)
def test_what_is_no_point(code):
    assert points.find(code) is None


def test_obis_or_own_name():
    assert points.obis("1-0:1.8.0*1") == "1-0:1.8.0*1"
    assert points.obis("dlt645-2007:00000000") is None
    assert points.obis(None) is None
    assert points.without_period("dlt645-2007:00000000*1") == "dlt645-2007:00000000"
    assert points.nearest("1-0:1.9.0") == "1-0:1.8.0"
    assert points.nearest("nothing like it") == ""
