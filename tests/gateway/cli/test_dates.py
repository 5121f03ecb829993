"""Days and months as options give them."""

from datetime import date

import pytest
import typer

from gateway.cli.dates import day_of, days_of, month_of


def test_days_may_be_left_open():
    first, last = date(2026, 5, 1), date(2026, 5, 7)
    assert days_of(None, None, None) == (None, None)
    assert days_of("2026-05-01", None, None) == (first, first)
    assert days_of("2026-05-01", None, "2026-05-07") == (first, last)
    assert days_of(None, "2026-05-01", None) == (first, None)
    assert days_of(None, None, "2026-05-07") == (None, last)


@pytest.mark.parametrize(
    ("called", "told"),
    [
        (lambda: day_of("tomorrow", "--day"), "--day tomorrow: expected 2026-05-31"),
        (lambda: month_of("2026-13", "--month"), "--month 2026-13: expected 2026-05"),
        (lambda: days_of(None, "2026-05-07", "2026-05-01"), "--to 2026-05-01: is before 2026-05-07"),
        (lambda: days_of("2026-05-07", None, "2026-05-01"), "--to 2026-05-01: is before 2026-05-07"),
    ],
)
def test_what_makes_no_sense_says_what_was_expected(capsys, called, told):
    with pytest.raises(typer.Exit) as ended:
        called()
    assert (ended.value.exit_code, capsys.readouterr().err.strip()) == (2, told)
