"""One effective reading of several sources."""

from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from gateway.energy.effective import agree, effective, precedence, rank, registers
from gateway.energy.record import FORWARD
from protocols.reading import Method, Origin, Reading, State
from tests.gateway.energy.conftest import DAY

D = Decimal


def reading(value="100.00", *, late=0, **more):
    fields = {"state": State.PASSED, "method": Method.FREEZE, **more}
    return Reading(
        meter="M1",
        point=FORWARD,
        value=None if value is None else D(value),
        unit="kWh",
        at=DAY.start,
        read_at=DAY.start + timedelta(minutes=5 + late),
        **fields,
    )


ORDER = [
    reading("1.00", state=State.ACCEPTED, method=Method.LIVE, origin=Origin.HHU_KEYED),
    reading("2.00", method=Method.FREEZE, origin=Origin.WIRED),
    reading("3.00", method=Method.CURVE),
    reading("4.00", method=Method.LIVE),
    reading("5.00", method=Method.LIVE, origin=Origin.HHU_AUTO),
    reading("6.00", method=Method.LIVE, origin=Origin.HHU_KEYED),
    reading("7.00", method=Method.LIKE, state=State.ESTIMATED),
]


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_the_order_of_sources(place):
    left = ORDER[place:]
    assert min(reversed(left), key=precedence) is left[0]
    assert list(effective(reversed(left)).values()) == [left[0]]


def test_freezes_of_terminal_and_meter_are_equal_and_the_later_one_changes_nothing():
    meter = reading("100.00", origin=Origin.WIRED)
    terminal = reading("100.01", origin=Origin.TERMINAL, late=1)
    assert rank(meter.origin, meter.method, meter.state) == rank(
        terminal.origin, terminal.method, terminal.state
    )
    for order in permutations((meter, terminal)):
        assert list(effective(order).values()) == [meter]


def test_of_equal_sources_a_new_version_and_then_the_finer_register_count():
    first, second = reading("100.00"), reading("101.00", version=2, late=9)
    finer = reading("100.0012", late=9)
    assert list(effective([first, second]).values()) == [second]
    assert list(effective([first, finer]).values()) == [finer]


@pytest.mark.parametrize("state", [State.RAW, State.SUSPECT, State.REJECTED, State.MISSING])
def test_what_has_not_passed_is_not_effective(state):
    assert not effective([reading(state=state)])
    kept = reading(method=Method.LIVE, origin=Origin.HHU_KEYED)
    assert list(effective([reading(state=state), kept]).values()) == [kept]


def test_a_reading_without_value_is_not_effective():
    assert not effective([reading(None)])


def test_registers_of_a_point_in_their_order():
    early, late = reading("100.00", flags=8), reading("99.00")
    late = type(late)(**{name: getattr(late, name) for name in late.__slots__} | {"at": DAY.end})
    found = registers([late, early, reading("5", method=Method.LIVE)], FORWARD)
    assert [(one.at, one.value, one.flags) for one in found["M1"]] == [
        (DAY.start, D("100.00"), 8),
        (DAY.end, D("99.00"), 0),
    ]
    assert not registers([early], "1-0:2.8.0")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("123.4567", "123.45", True),
        ("123.4567", "123.46", True),
        ("123.4567", "123.44", False),
        ("123.45", "123.46", False),
        ("123", "123.99", True),
        ("100.00", "100.0000", True),
    ],
)
def test_sources_are_compared_at_the_coarser_resolution(one, other, same):
    assert agree(D(one), D(other)) is same
    assert agree(D(other), D(one)) is same
