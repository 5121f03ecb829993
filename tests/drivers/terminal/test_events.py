"""Events of a terminal: followed by its counters, fetched in small requests, told once."""

import asyncio
from datetime import datetime

from config.events import kinds_of, void
from drivers.surroundings import Kept, TerminalEvent
from drivers.terminal.events import EventFollower
from tests.drivers.terminal.place import TZ, Place
from tests.drivers.toy import virtually

OUTAGE = bytes.fromhex("5507100326")
"""A second time after the first: 2026-03-10 07:55."""


def told(place):
    return [fact for fact in place.facts if isinstance(fact, TerminalEvent)]


async def quiet(place, seconds=60.0):
    wake = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, wake.set)
    await place.driver.attend(wake)


async def read_then_quiet(place):
    await place.read()
    await quiet(place)


def test_a_moved_counter_has_the_new_events_fetched_and_told():
    place = Place(2, kept=Kept(events=(0, 0)))
    place.terminal.happen(14, OUTAGE)
    place.terminal.happen(12, (2).to_bytes(2, "little"))
    place.terminal.happen(9, b"\x01", important=False)
    virtually(read_then_quiet(place))
    events = [fact.event for fact in told(place)]
    assert [(event.id, event.meter) for event in events] == [
        ("gdw1376.1:ERC14", "jzq1"),
        ("gdw1376.1:ERC12", "m2"),
        ("gdw1376.1:ERC9", "jzq1"),
    ]
    assert events[0].began == datetime(2026, 3, 10, 8, 30, tzinfo=TZ)
    assert [kinds_of(one.id, one.name, one.detail) for one in events] == [("outage",), ("clock_off",), ()]
    assert [fact.important for fact in told(place)] == [True, True, False]
    assert place.kept.events == (2, 1)


def test_a_relay_that_a_terminal_saw_open_is_a_trip_of_its_meter():
    def words(third):
        return b"".join((third if n == 2 else 0).to_bytes(2, "little") for n in range(7))

    place = Place(2, kept=Kept(events=(0, 0)))
    for change, state in ((0x0010, 0x0050), (0x0010, 0x0000), (0x0000, 0x0010)):
        place.terminal.happen(33, (2).to_bytes(2, "little") + words(change) + words(state))
    virtually(read_then_quiet(place))
    events = [fact.event for fact in told(place)]
    assert [kinds_of(one.id, one.name, one.detail)[0] for one in events] == [
        "trip",
        "close",
        "status_changed",
    ]
    assert {one.meter for one in events} == {"m2"}
    assert [void(one.id, {"trip", "close"}) in one.detail for one in events] == [False, False, True]


def test_nothing_is_fetched_twice_and_a_report_is_the_same_event():
    place = Place(1, kept=Kept(events=(0, 0)))
    place.terminal.happen(14, OUTAGE)

    async def main():
        await place.read()
        asyncio.get_running_loop().call_later(5, place.link.inbox.put, place.terminal.report())
        await quiet(place)
        asked = place.terminal.asked["0E"]
        await place.read()
        await quiet(place)
        assert place.terminal.asked["0E"] == asked == 1

    virtually(main())
    assert len(told(place)) == 1
    # The report wanted a confirmation.
    assert place.terminal.confirmed == 1


def test_a_flood_is_fetched_in_parts_and_waits_for_what_is_asked():
    place = Place(1, kept=Kept(events=(0, 0)))
    for number in range(100):
        place.terminal.happen(14, bytes((number % 60 // 10 << 4 | number % 10,)) + OUTAGE[1:])

    async def main():
        await place.read()
        wake = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, wake.set)
        await place.driver.attend(wake)
        part = len(told(place))
        assert 0 < part < 100
        await place.read()
        await quiet(place)

    virtually(main())
    assert place.kept.events == (100, 0)
    assert len(told(place)) == 60  # the same body is the same event


def test_counters_that_began_anew_have_the_ring_read_again():
    place = Place(1, kept=Kept(events=(200, 3)))
    place.terminal.happen(14, OUTAGE)
    virtually(read_then_quiet(place))
    assert place.kept.events == (1, 0)
    assert [fact.event.id for fact in told(place)] == ["gdw1376.1:ERC14"]


def test_at_first_sight_a_requests_worth_of_the_past_is_taken():
    place = Place(1)
    for number in range(20):
        place.terminal.happen(14, bytes((number,)) + OUTAGE[1:])
    virtually(read_then_quiet(place))
    assert len(told(place)) == 8
    assert place.kept.events == (20, 0)


def test_a_terminal_that_denies_its_events_is_asked_again_when_they_move():
    place = Place(1, kept=Kept(events=(0, 0)))
    place.terminal.refuses.add(0x0E)
    place.terminal.happen(14, OUTAGE)
    virtually(read_then_quiet(place))
    assert not told(place)
    assert place.terminal.asked["0E"] <= 2


def test_a_follower_without_counters_asks_nothing():
    place = Place(1)
    follower = EventFollower("jzq1", Kept(), place.around, place.meters)
    assert not follower.behind
    assert follower.asks() == []
    follower.counted(None)
    assert not follower.behind
