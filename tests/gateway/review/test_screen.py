"""The fast way: good only where a register goes on plausibly from its base, and nothing changes before `keep`."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.schema import Review
from gateway.review.base import Base, Cells, Layout
from gateway.review.known import Known
from gateway.review.limits import SCALE, limits_of
from gateway.review.screen import Screen
from protocols.reading import Reading, State
from tests.gateway.review.test_rules import METER, NOW

TZ = ZoneInfo("Asia/Shanghai")
BEFORE = int((NOW - timedelta(minutes=15)).timestamp())


def known():
    cells = Cells(Layout())
    cells.put("1-0:1.8.0", Base(100 * SCALE, BEFORE, BEFORE, 100 * SCALE))
    return Known(meter=METER, limits=limits_of(METER, Review()), cells=cells)


def screened(held):
    return Screen(held, NOW, synced=True, due=None)


def reading(value="100.50", point="1-0:1.8.0", late=0, **given):
    value = None if value is None else Decimal(value)
    at = NOW + timedelta(seconds=late)
    return Reading(meter="M1", point=point, value=value, unit="kWh", at=at, read_at=NOW, **given)


def test_a_register_that_goes_on():
    held = known()
    screen = screened(held)
    assert screen.good(reading())
    assert screen.sound()
    assert held.cells.get("1-0:1.8.0").value == 100 * SCALE
    screen.keep(TZ)
    base = held.cells.get("1-0:1.8.0")
    assert (base.value, base.at) == (1_005_000, int(NOW.timestamp()))


@pytest.mark.parametrize(
    "doubtful",
    [
        reading("99.99"),
        reading("150.00"),
        reading("1000000.00"),
        reading(None),
        reading(point="1-0:1.8.1"),
        reading(late=3600),
        reading(state=State.SUSPECT),
    ],
    ids=["back", "too fast", "too long", "none", "first", "future", "doubted before"],
)
def test_what_is_left_to_the_rules(doubtful):
    assert not screened(known()).good(doubtful)
