"""Numbers, times and names in cells."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from protocols.dumps.cells import CellError, Times, degrees, fold, identity, implied, narrow, number, whole

TZ = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("150.33", "auto", "150.33"),
        (" １５０．３３ ", "auto", "150.33"),
        ("150,33", "auto", "150.33"),
        ("1,234.50", "auto", "1234.50"),
        ("1,234,567", "auto", "1234567"),
        ("1.234.567,8", "auto", "1234567.8"),
        ("1.234", "auto", "1.234"),
        ("1,234", ",", "1.234"),
        ("1.234,5", ",", "1234.5"),
        ("1,234", ".", "1234"),
        ("-0.5", "auto", "-0.5"),
        (".5", "auto", "0.5"),
        ("12.", "auto", "12"),
    ],
)
def test_numbers_as_people_write_them(text, mark, value):
    assert number(text, mark) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,234", "number_ambiguous"),
        ("12x", "number"),
        ("1e5", "number"),
        ("NaN", "number"),
        ("１,,2", "number"),
        ("1 2", "number"),
        ("9" * 5000, "number"),
        ("--1", "number"),
        ("٣٤", "number"),
    ],
)
def test_what_is_no_number_is_refused(text, reason):
    with pytest.raises(CellError) as error:
        number(text)
    assert error.value.reason == reason


def test_a_mark_of_thousands_is_no_decimal_mark():
    with pytest.raises(CellError):
        number("1.23", ",")


def test_empty_cells_are_none():
    assert number("  ") is None
    assert number("　") is None
    assert implied("    ", 2) is None
    assert whole(" ") is None


def test_implied_decimals():
    assert implied("0000015033", 2) == Decimal("150.33")
    assert implied("150.33", 2) == Decimal("150.33")
    assert implied("-12", 1) == Decimal("-1.2")
    with pytest.raises(CellError):
        implied("12 34", 2)


def test_whole_numbers():
    assert whole("０６") == 6
    assert whole("6.0") == 6
    with pytest.raises(CellError):
        whole("6.5")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01 08:30:00", "2024-05-01T08:30:00+08:00"),
        ("2024/5/1 8:30", "2024-05-01T08:30:00+08:00"),
        ("2024.05.01", "2024-05-01T00:00:00+08:00"),
        ("2024年5月1日 8时30分05秒", "2024-05-01T08:30:05+08:00"),
        ("20240501083000", "2024-05-01T08:30:00+08:00"),
        ("202405010830", "2024-05-01T08:30:00+08:00"),
        ("20240501", "2024-05-01T00:00:00+08:00"),
        ("20240501T083000", "2024-05-01T08:30:00+08:00"),
        ("2024-05-01T00:30:00Z", "2024-05-01T00:30:00+00:00"),
        ("2024-05-01T08:30:00.123+10:00", "2024-05-01T08:30:00+10:00"),
        ("2024-05-01 24:00", "2024-05-02T00:00:00+08:00"),
        ("20240229240000", "2024-03-01T00:00:00+08:00"),
        ("２０２４-０５-０１ 08：30", "2024-05-01T08:30:00+08:00"),
    ],
)
def test_times_as_dumps_write_them(text, expected):
    stamp, _ = Times(("auto",), TZ).read(text)
    assert stamp == datetime.fromisoformat(expected)
    assert stamp.utcoffset() == datetime.fromisoformat(expected).utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30",
        "2024-05-01 24:01",
        "25:00",
        "20241301",
        "0501",
        "010524",
        "1714523400",
        "x",
        "2024-05-01 8",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(CellError) as error:
        Times(("auto",), TZ).read(text)
    assert error.value.reason == "time"


def test_epochs_and_patterns():
    assert Times(("auto",), TZ).read("1714523400000")[0] == datetime(2024, 5, 1, 0, 30, tzinfo=UTC)
    assert Times(("epoch_s",), TZ).read("1714523400")[0] == datetime(2024, 5, 1, 0, 30, tzinfo=UTC)
    assert Times(("MMDDYY",), TZ).read("050124") == (datetime(2024, 5, 1, tzinfo=TZ), False)
    assert Times(("DD.MM.YYYY hh:mm",), TZ).read("01.05.2024 08:30")[0] == datetime(
        2024, 5, 1, 8, 30, tzinfo=TZ
    )
    assert Times(("auto",), TZ).read("00000000000000") is None
    with pytest.raises(ValueError, match="lacks"):
        Times(("MMYY",), TZ)


@pytest.mark.parametrize(
    ("text", "newest", "expected"),
    [
        ("0501", "2026-05-01", "2026-05-01"),
        ("0502", "2026-05-01", "2025-05-02"),
        ("1231", "2026-01-01", "2025-12-31"),
        ("0229", "2026-05-01", "2024-02-29"),
        ("0229", "2101-05-01", "2096-02-29"),
    ],
)
def test_a_day_without_a_year_is_the_latest_such_day(text, newest, expected):
    times = Times(("MMDD",), TZ, date.fromisoformat(newest))
    assert times.read(text) == (datetime.fromisoformat(f"{expected}T00:00:00+08:00"), False)


@pytest.mark.parametrize("text", ["1301", "0230", "0631"])
def test_a_day_without_a_year_must_exist(text):
    for newest in (None, date(2026, 5, 1)):
        with pytest.raises(CellError, match="time"):
            Times(("MMDD",), TZ, newest).read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0012345678901", "0012345678901"),
        ("'0012", "0012"),
        ('="0012"', "0012"),
        ("００１２", "0012"),
        ("AB-12/3", "AB-12/3"),
    ],
)
def test_names_stay_texts(text, expected):
    assert identity(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("3.43E+21", "identity_rounded"),
        ("=cmd|'/c calc'!A1", "identity"),
        ("<script>", "identity"),
        ("1'; DROP TABLE meter;--", "identity"),
        ("\x1b[31m1", "identity"),
        ("1\r\n2", "identity"),
        ("9" * 70, "identity"),
    ],
)
def test_names_that_are_none(text, reason):
    with pytest.raises(CellError) as error:
        identity(text)
    assert error.value.reason == reason


def test_headers_are_folded():
    assert fold("\ufeff 本次示数（kWh）") == fold("本次示数")
    assert fold("ASSET_NO ") == "asset_no"
    assert fold("（总）") == "(总)"


def test_positions():
    assert degrees(Decimal("22.5"), 90) == Decimal("22.5")
    assert degrees(Decimal(0), 90) is None
    assert degrees(None, 90) is None
    with pytest.raises(CellError):
        degrees(Decimal(91), 90)


def test_narrow():
    assert narrow("１２Ａ　") == "12A"
