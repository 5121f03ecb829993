from datetime import date

import pytest

from config.holidays import Holidays, holidays
from gateway.estimate.likeday import DayType, like_days, type_of

CN = holidays()
NONE = Holidays()


def found(day, valid=lambda day: True, calendar=NONE, count=3):
    return [str(one) for one in like_days(day, calendar, valid, count)]


def test_kinds_of_days():
    assert type_of(date(2026, 2, 14), CN) is DayType.WORKDAY  # a Saturday on which people work
    assert type_of(date(2026, 2, 17), CN) is DayType.SUNDAY  # Spring Festival, a Tuesday
    assert type_of(date(2026, 5, 23), CN) is DayType.SATURDAY
    assert type_of(date(2026, 5, 22), CN) is DayType.WORKDAY


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        (date(2026, 6, 1), ["2026-05-25", "2026-05-18"]),  # Monday: the last two
        (date(2026, 6, 2), ["2026-05-26", "2026-05-27", "2026-05-28"]),  # Tuesday: last week's Tue, Wed, Thu
        (date(2026, 6, 3), ["2026-05-27", "2026-06-02", "2026-05-26"]),  # Wednesday
        (date(2026, 6, 4), ["2026-05-28", "2026-06-03", "2026-05-27"]),  # Thursday
        (date(2026, 6, 5), ["2026-05-29"]),  # Friday
        (date(2026, 6, 7), ["2026-05-31"]),  # Sunday
    ],
)
def test_the_order_of_the_week(day, wanted):
    assert found(day)[: len(wanted)] == wanted


def test_a_holiday_takes_sundays():
    assert found(date(2026, 5, 1), calendar=CN) == ["2026-04-26", "2026-04-19", "2026-04-12"]


def test_a_make_up_workday_takes_fridays():
    assert found(date(2026, 5, 9), calendar=CN)[0] == "2026-05-08"


def test_a_holiday_is_like_no_workday():
    # Wednesday, May 6: the week before has the 29th, but its Thursday and Friday were the first days off.
    assert not {"2026-05-05", "2026-05-01"} & set(found(date(2026, 5, 6), calendar=CN, count=9))


def test_only_valid_days_count_and_further_ones_fill_up():
    bad = {date(2026, 5, 26), date(2026, 5, 27)}
    assert found(date(2026, 6, 2), lambda day: day not in bad)[0] == "2026-05-28"
    assert found(date(2026, 6, 2), lambda day: False) == []
