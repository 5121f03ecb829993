"""Finding a freeze by its stamp, and counting settlements, whatever days a meter missed."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.asking import plan
from drivers.inquiry import unanswered, wanted
from drivers.memory import READ, _settlements_since
from drivers.order import Failure, Want
from protocols.session import Item, Question
from tests.drivers.line import FakeMeter, line
from tests.drivers.test_meter import at, freezes, order_of, read, reasons, values
from tests.drivers.toy import virtually


def test_every_memory_is_read_somehow():
    assert set(READ) == set(Want) - {Want.TIME_SET}
    assert plan


@settings(max_examples=60, deadline=None)
@given(
    missed=st.sets(st.integers(0, 30), max_size=25),
    wanted_back=st.integers(0, 30),
    ahead=st.sampled_from([0, 0, 0, 1]),
)
def test_a_freeze_is_found_exactly_if_the_meter_keeps_it(missed, wanted_back, ahead):
    """`ahead`: the meter's clock has passed midnight and ours has not."""
    days = [back for back in range(-ahead, 31) if back not in missed]
    meter = FakeMeter("000000000012", freezes(days))
    instant = at(10) - timedelta(days=wanted_back)
    result = virtually(read(line(meter), order_of(["1-0:1.8.0"], Want.FREEZE, instant)))
    if wanted_back in days:
        assert [reading.at for reading in result.readings] == [instant]
    else:
        assert reasons(result) == {"1-0:1.8.0": Failure.NO_RECORD}
        assert values(result) == {}
    assert len(meter.asked) <= 9 + 2


@pytest.mark.parametrize(
    ("since", "now", "count"),
    [
        ((2026, 3, 1), (2026, 3, 1), 1),
        ((2026, 3, 1), (2026, 3, 31, 23), 1),
        ((2026, 3, 1), (2026, 2, 28, 23), 0),
        ((2026, 2, 1), (2026, 3, 1), 2),
        ((2025, 12, 15), (2026, 2, 14), 2),
        ((2025, 12, 15), (2026, 2, 15), 3),
    ],
)
def test_settlements_are_counted_by_their_day(since, now, count):
    assert _settlements_since(datetime(*since), datetime(*now)) == count


def test_items_are_matched_to_points_by_code_by_identifier_or_as_a_whole():
    block = Question(address="1", id="0001FF00")
    items = [Item("00010000", "1-0:1.8.0", None, "kWh"), Item("00010100", "1-0:1.8.1", None, "kWh")]
    assert wanted(items, ["1-0:1.8.1"], block) == items[1:]
    assert wanted(items, ["dlt645-2007:00010000"], block) == items[:1]
    assert wanted(items, ["0001FF00"], block) == items
    assert unanswered(items, ["1-0:1.8.0", "1-0:1.8.4", "0001FF00", "00010200"], block) == [
        "1-0:1.8.4",
        "00010200",
    ]
    assert unanswered([], ["0001FF00"], block) == ["0001FF00"]
