"""Registers near the ends of periods: the nearest of each step in any order, packed, pruned, kept over a restart."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.keeping import (
    SHARDS,
    pack_newer,
    pack_shard,
    shard_of,
    unpack_newer,
    unpack_shard,
)
from gateway.aggregates.track import Track, registers_in
from protocols.reading import Flag, Method, State
from tests.gateway.aggregates.plant import DAY, START, ZONE, reading

T0 = int(START.timestamp())
KEY = ("M1", "1-0:1.8.0")
STEP = 900


def rows(track):
    held = track.whole()
    return [held.row(place) for place in range(len(held.at))]


@given(
    st.lists(st.tuples(st.integers(0, 6 * STEP), st.integers(0, 10**10), st.integers(0, 5)), max_size=30),
    st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_what_is_held_does_not_depend_on_the_order(given_rows, chance):
    plain, mixed = Track(), Track()
    for at, units, mark in given_rows:
        plain.put((T0 + at, units, mark, 0), STEP)
    shuffled = given_rows * 2
    chance.shuffle(shuffled)
    for at, units, mark in shuffled:
        mixed.put((T0 + at, units, mark, 0), STEP)
    assert rows(plain) == rows(mixed)
    assert [at for at, *_ in rows(plain)] == sorted({at for at, *_ in rows(plain)})


@pytest.mark.parametrize("big", [0, 10**10], ids=["small", "beyond 32 bits"])
def test_packed_or_not_it_holds_and_says_the_same(big):
    """A track that was packed again and again beside one that never was; late values come in between."""
    chance = random.Random(645)
    values = [
        (T0 + n * STEP + chance.randint(-60, 60), big * n + n * 100, 0x11, n % 50 == 0) for n in range(190)
    ]
    late = values[40:60:3]
    packed, plain = Boundaries(ZONE), Track()
    for row in [row for row in values if row not in late] + late:
        packed.put(KEY, row)
        plain.put(row, STEP)
    (track,) = [track for _, track in packed.tracks()]
    assert rows(track) == rows(plain)
    assert len(track) == len(plain) == 190
    for n in (0, 3, 45, 100, 185, 189):
        begin, end = T0 + n * STEP, T0 + (n + 4) * STEP
        assert track.around(begin, end, 2) == plain.around(begin, end, 2)
        assert track.neighbours(begin) == plain.neighbours(begin)
        assert rows(track.since(begin)) == rows(plain.since(begin))
    assert track.cold
    assert track.units.typecode == ("q" if big else "I")


@given(st.lists(st.tuples(st.integers(0, 60 * STEP), st.integers(0, 10**11), st.integers(0, 3)), max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_track_comes_back_from_its_bytes(given_rows):
    """Folded or not, of small registers and large ones, with flags and without."""
    track = Track()
    for at, units, flags in given_rows:
        track.put((T0 + at, units, 0x11, flags), STEP)
    for _ in range(2):
        again = Track.of(track.held())
        assert rows(again) == rows(track)
        assert registers_in(track.held()) == len(again) == len(track)
        assert again.held() == track.held()
        if given_rows:
            track.fold(T0 + 60 * STEP, lambda at: at // 86_400)


def test_after_two_days_midnights_stay_and_after_forty_nothing():
    held = Boundaries(ZONE)
    for n in range(96 * 45):
        held.put(KEY, (T0 + n * STEP, n * 100, 0x11, 0))
    (track,) = [track for _, track in held.tracks()]
    instants = [at for at, *_ in rows(track)]
    old = [at for at in instants if at < instants[-1] - 3 * 86_400]
    assert instants[-1] - instants[0] <= 40 * 86_400 + 6 * 3600
    assert {(at - T0) % 86_400 for at in old[1:]} == {0, 86_400 - STEP}
    assert 2 * 36 <= len(old) <= 2 * 40
    held.prune(instants[-1] + 41 * 86_400)
    assert len(held) == 0


def test_what_a_meter_takes():
    """Two days of quarters and forty midnights of a meter take a few hundred bytes when packed."""
    held, chance, units = Boundaries(ZONE), random.Random(1), 0
    for n in range(96 * 40):
        units += chance.randint(0, 40) * 100
        held.put(KEY, (T0 + n * STEP + chance.randint(0, 20), units, 0x31, 0))
    (track,) = [track for _, track in held.tracks()]
    assert len(track) > 200
    assert len(track.cold) + 9 * len(track.at) < 1000


def test_what_came_since_is_enough_beside_the_shards():
    held, again = Boundaries(ZONE), Boundaries(ZONE)
    for n in range(60):
        held.put(KEY, (T0 + n * STEP, n * 100, 0x11, 0))
    shard = shard_of("M1")
    for one in (shard + 1) % SHARDS, shard:
        assert len(again) == 0
        unpack_newer(pack_newer(held, one, T0 + 50 * STEP), again, frozenset({"M1"}))
    assert len(again) == 10


def test_values_and_flags_come_back_after_a_restart():
    held, again = Boundaries(ZONE), Boundaries(ZONE)
    for n in range(100):
        at = START + n * timedelta(minutes=15)
        one = reading("M1", Decimal(n) / 4, at, state=State.ACCEPTED if n == 3 else State.PASSED)
        held.take(one)
    held.take(reading("M2", "5", START, method=Method.FREEZE))
    held.put(("M2", "1-0:1.8.0"), (T0 + 900, 70_000, 0x11, int(Flag.ROLLOVER)))
    for _ in range(2):
        for shard in range(SHARDS):
            unpack_shard(pack_shard(held, shard), again, frozenset({"M1", "M2"}))
            unpack_newer(pack_newer(held, shard, T0 + 50 * STEP), again, frozenset({"M1", "M2"}))
    assert len(again) == len(held) == 102
    for asset in ("M1", "M2"):
        given_, found = (one.registers(asset, "1-0:1.8.0", START, START + DAY, 2) for one in (held, again))
        assert given_ == found
    assert again.registers("M1", "1-0:1.8.0", START, START + DAY, 2)[3].state is State.ACCEPTED
    assert again.registers("M2", "1-0:1.8.0", START, START + DAY, 2)[1].flags == Flag.ROLLOVER


def test_meters_that_left_and_foreign_blobs_are_left_out():
    held, again = Boundaries(ZONE), Boundaries(ZONE)
    held.take(reading("M1", 1, START))
    unpack_newer(pack_newer(held, shard_of("M1"), 0), again, frozenset())
    unpack_newer(None, again, frozenset({"M1"}))
    unpack_shard(b"something else", again, frozenset({"M1"}))
    assert len(again) == 0
