from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.energy.period import Span, days, period_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local(*parts):
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        (Span.QUARTER, local(2026, 5, 31, 23, 45), local(2026, 6, 1)),
        (Span.HOUR, local(2026, 5, 31, 23), local(2026, 6, 1)),
        (Span.DAY, local(2026, 5, 31), local(2026, 6, 1)),
        (Span.MONTH, local(2026, 5, 1), local(2026, 6, 1)),
    ],
)
def test_an_instant_lies_in_one_period_and_a_midnight_begins_the_next(span, start, end):
    period = period_of(local(2026, 5, 31, 23, 59, 59), span)
    assert (period.start, period.end) == (start, end)
    assert period_of(end, span) == period.next()
    assert period.next().previous() == period
    assert period.day == start.date()


def test_days_are_those_of_the_zone():
    at = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)
    assert period_of(at, Span.DAY, SHANGHAI).day == date(2026, 6, 1)
    assert period_of(at, Span.DAY).day == date(2026, 5, 31)


def test_days_between_two_dates():
    found = list(days(date(2026, 2, 27), date(2026, 3, 1), SHANGHAI))
    assert [period.day.day for period in found] == [27, 28, 1]
    assert all(period.end - period.start == timedelta(days=1) and period.hours == 24 for period in found)
