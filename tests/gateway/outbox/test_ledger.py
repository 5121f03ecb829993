"""The ledger: marks in the same transaction, small on disk."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outbox import Entry, Mark
from gateway.outbox.ledger import _pack, _unpack
from tests.servers.outbox_support import opened

SLOT = datetime(2026, 3, 1, tzinfo=UTC)


def marks(count: int, slot: datetime = SLOT, outcome: str = "ok", task: str = "t") -> tuple[Mark, ...]:
    return tuple(
        Mark(task=task, target="l", slot=slot, meter=f"m{n:05}", outcome=outcome) for n in range(count)
    )


async def test_marks_come_back_by_slot_and_meter_and_the_last_one_holds(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(Entry(marks=marks(3, outcome="timeout")))
        await outbox.append(Entry(marks=marks(2)))
        await outbox.append(Entry(marks=marks(1, SLOT + timedelta(minutes=15))))
        await outbox.append(Entry(marks=marks(1, SLOT, task="other")))
    async with opened(tmp_path) as outbox:
        found = await outbox.slots("t", "l", SLOT)
        assert found == {
            SLOT: {"m00000": "ok", "m00001": "ok", "m00002": "timeout"},
            SLOT + timedelta(minutes=15): {"m00000": "ok"},
        }
        assert list(await outbox.slots("t", "l", SLOT, SLOT + timedelta(minutes=15))) == [SLOT]
        assert await outbox.slots("t", "l", SLOT + timedelta(minutes=16)) == {}
        assert await outbox.slots("unknown", "l", SLOT) == {}
        assert await outbox.forget_slots("t", SLOT + timedelta(minutes=1)) == 1
        assert list(await outbox.slots("t", "l", SLOT)) == [SLOT + timedelta(minutes=15)]


async def test_two_days_of_three_thousand_meters_take_a_few_kilobytes(tmp_path):
    async with opened(tmp_path) as outbox:
        before = outbox.stats.bytes
        for n in range(192):
            await outbox.append(Entry(marks=marks(3_000, SLOT + timedelta(minutes=15 * n))))
        # 62 days of it: 31 times this, a few MB with the names of the meters.
        assert outbox.stats.bytes - before < 150_000
        assert len((await outbox.slots("t", "l", SLOT))[SLOT]) == 3_000


async def test_more_outcomes_than_a_byte_can_name_do_not_stop_the_rest(tmp_path):
    async with opened(tmp_path) as outbox:
        for n in range(260):
            await outbox.append(Entry(marks=marks(1, SLOT + timedelta(minutes=n), f"outcome {n}")))
        found = await outbox.slots("t", "l", SLOT)
    assert found[SLOT + timedelta(minutes=254)] == {"m00000": "outcome 254"}
    assert len(found) == 260


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.integers(0, 3_000).map(lambda n: b"\1" * n)))
def test_any_places_come_back(places):
    assert _unpack(_pack(places)) == places


@pytest.mark.parametrize("count", [1, 255, 256, 3_000])
def test_a_slot_with_all_meters_alike_takes_a_few_bytes(count):
    assert len(_pack(b"\1" * count)) <= 6
