from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.energy.period import Span, period_of
from gateway.energy.place import Interval
from gateway.energy.series import Register

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = period_of(datetime(2026, 5, 4, tzinfo=SHANGHAI), Span.DAY)
EMAX = Decimal(120)
"""Largest plausible energy of a day in the golden cases, in kWh."""


@pytest.fixture
def day():
    return DAY


@pytest.fixture
def at():
    """An instant of the day: hours and minutes after its start (before it where negative)."""
    return lambda hours, minutes=0: DAY.start + timedelta(hours=hours, minutes=minutes)


@pytest.fixture
def register(at):
    return lambda hours, value, **more: Register(at(0) + timedelta(hours=hours), Decimal(str(value)), **more)


@pytest.fixture
def meter():
    """A meter that can count EMAX a day."""
    return lambda asset="M1", **more: Interval(asset=asset, **{"power": EMAX / 24 / Decimal("1.2"), **more})
