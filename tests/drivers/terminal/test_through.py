"""The way through a terminal to its meters, within a share of the channel's time."""

import asyncio

from drivers.order import Want
from drivers.terminal.through import Through
from protocols.gdw1376_1.session import Reply
from tests.drivers.terminal.place import MIDNIGHT, Place
from tests.drivers.toy import virtually


async def _silence(ask, seconds):
    await asyncio.sleep(300)
    return


def test_the_share_is_spent_and_earned_again():
    async def main():
        place = Place(1)
        through = Through(place.target, place.around)
        (order,) = place.orders()
        assert through.may(order)
        assert await through.read(order, _silence, 0) is None
        assert not through.may(order)
        # A fifth of the time is granted; more than five times the rest of the debt has to pass.
        await asyncio.sleep(600)
        assert not through.may(order)
        await asyncio.sleep(2000)
        assert through.may(order)

    virtually(main())


def test_only_meters_that_speak_for_themselves_and_keep_what_is_wanted_are_asked():
    place = Place(1)

    async def main():
        through = Through(place.target, place.around)
        (order,) = place.orders()
        (curve,) = place.orders(want=Want.LOAD_RECORD)
        assert through.may(order)
        assert not through.may(curve)
        none = Place(1, settings={"forward_share": 0})
        assert not Through(none.target, none.around).may(order)

    virtually(main())


def test_a_meters_own_settlement_is_not_taken_for_another_day_of_reading():
    place = Place(1)

    async def main():
        through = Through(place.target, place.around)
        (first,) = place.orders(want=Want.SETTLEMENT, at=MIDNIGHT.replace(day=1))
        (other,) = place.orders(want=Want.SETTLEMENT, at=MIDNIGHT.replace(day=9))
        assert through.may(first)
        assert not through.may(other)

    virtually(main())


def test_an_answer_that_is_cut_short_is_none():
    async def garbled(ask, seconds):
        from protocols.gdw1376_1.body import Unit

        return Reply(afn=0x10, units=(Unit(0, 1, raw=b"\x1f\x20\x00\x68"),))

    async def main():
        place = Place(1)
        (order,) = place.orders()
        return await Through(place.target, place.around).read(order, garbled, 0)

    assert virtually(main()) is None
