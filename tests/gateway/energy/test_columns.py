"""The columns of integers and the careful way say the same of every row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.energy.columns import Plain, plain, units
from gateway.energy.place import Interval
from gateway.energy.record import FORWARD, Computed
from gateway.energy.registers import energy_of
from gateway.energy.series import Register
from tests.gateway.energy.conftest import DAY

D = Decimal
POWER = D(5)

registers = st.one_of(
    st.none(),
    st.integers(0, 99_999_999).map(lambda steps: steps * 100),
    st.integers(0, 1_000).map(lambda steps: steps * 100),
    st.integers(99_990_000, 99_999_999).map(lambda steps: steps * 100),
)
rows = st.tuples(registers, registers, registers, st.sampled_from([0, 1, 40, 6000]))


def careful(before, begin, finish, multiplier):
    place = Interval(asset="M1", multiplier=D(multiplier), power=POWER)
    instants = DAY.start - timedelta(days=1), DAY.start, DAY.end
    known = [
        Register(at, D(value).scaleb(-4))
        for at, value in zip(instants, (before, begin, finish), strict=True)
        if value is not None
    ]
    return energy_of((place,), FORWARD, DAY, {"M1": known})


@given(st.lists(rows, min_size=1, max_size=20))
def test_a_plain_energy_is_the_careful_one(drawn):
    found = plain(*zip(*drawn, strict=True))
    for place, (row, energy) in enumerate(zip(drawn, found.energies, strict=True)):
        assert (energy is None) == (place in found.careful)
        if energy is not None:
            slow = careful(*row)
            assert (slow.computed, slow.flags, slow.reason) == (Computed.READ, 0, "")
            assert units(slow.energy) == energy


@given(st.integers(1, 10**10), st.integers(0, 10**6), st.sampled_from([1, 40]))
def test_a_register_that_only_rose_is_plain(begin, moved, multiplier):
    assert plain([begin], [begin], [begin + moved], [multiplier]) == Plain([moved * multiplier], [])


@pytest.mark.parametrize(
    "row",
    [
        (None, 100, 99, 1),  # lower
        (None, None, 100, 1),
        (None, 100, None, 1),
        (None, 0, 100, 1),  # a zero may be spurious
        (200, 100, 150, 1),  # lower than before
        (None, 100, 150, 0),  # a multiplier that is not whole
    ],
)
def test_what_is_not_plain_is_named(row):
    assert plain(*zip(row, strict=True)) == Plain([None], [0])


def test_units():
    assert units(D("12345.67")) == 123_456_700
    with pytest.raises(ValueError, match="finer"):
        units(D("0.00001"))
