"""What the master has of an epoch."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.master.ack import Have
from gateway.uplink.ack import Ack

numbers = st.sets(st.integers(1, 40))


def members(have: Have) -> set[int]:
    found = set(range(1, have.upto + 1))
    for first, last in have.also:
        assert first > have.upto + 1
        found |= set(range(first, last + 1))
    return found


@given(st.lists(numbers, max_size=5))
def test_adding_is_a_union_in_any_order(groups):
    have = Have()
    for group in groups:
        have = have.add(group)
    assert members(have) == set().union(*groups)
    back = Have()
    for group in reversed(groups):
        back = back.add(sorted(group, reverse=True))
    assert back == have


@given(numbers, st.integers(1, 41))
def test_without_one(there, number):
    assert members(Have().add(there).without(number)) == there - {number}


@given(numbers, numbers)
def test_both(mine, theirs):
    assert members(Have().add(mine).both(Have().add(theirs))) == mine & theirs


@given(numbers)
def test_a_gateway_can_read_the_body(there):
    have = Have().add(there)
    ack = Ack.parse(have.body("e1"))
    assert (ack.epoch, ack.upto, ack.also) == ("e1", have.upto, have.also)


def test_very_many_holes_fit_into_one_message():
    have = Have().add(range(2, 60_000, 2))
    assert len(Ack.parse(have.body("e1")).also) == 5_000
    assert json.loads(have.body("e1"))["also"][0] == [2, 2]
