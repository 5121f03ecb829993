from datetime import date

import pytest

from config.holidays import Holidays, holidays, parse


def test_a_range_and_a_day():
    found = parse('holidays = ["2026-10-01..2026-10-03", "2026-01-01"]\nworkdays = ["2026-10-10"]')
    assert found == Holidays(
        off=frozenset({date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3), date(2026, 1, 1)}),
        worked=frozenset({date(2026, 10, 10)}),
    )


@pytest.mark.parametrize("text", ['days = ["2026-01-01"]', 'holidays = ["yesterday"]', "holidays = [["])
def test_what_is_no_calendar_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)


def test_the_calendar_that_comes_with_the_program_makes_sense():
    china = holidays()
    assert not china.off & china.worked
    assert all(day.weekday() >= 5 for day in china.worked)
    assert {day.year for day in china.off} >= {2024, 2025, 2026}
    with pytest.raises(ValueError, match="no calendar"):
        holidays("atlantis")
