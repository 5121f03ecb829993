"""A day's freezes of 500 meters behind one concentrator on a slow line: one pass, and how much of the line it uses."""

from datetime import datetime
from decimal import Decimal

from tests.drivers.terminal.place import Place
from tests.drivers.toy import virtually


def test_500_daily_freezes_at_9600_bits_take_one_pass_and_most_of_the_line():
    place = Place(500, baud=9600, kept=None)

    async def main():
        await place.link.open()
        began = place.now()
        found = {}
        orders = place.orders()
        # As the bus hands them over: so many orders at once.
        for at in range(0, 500, place.driver.batch):
            found |= await place.read(*orders[at : at + place.driver.batch])
        return found, (place.now() - began).total_seconds()

    found, seconds = virtually(main())
    assert len(found) == 500
    for pn in range(1, 501):
        (reading,) = found[f"m{pn}"].readings
        assert reading.value == Decimal(place.register(pn, datetime(2026, 3, 10))) / 100
    told = [pn for pn, fn in place.said if fn == 161]
    assert sorted(told) == list(range(1, 501))
    assert place.terminal.busy_seconds / seconds >= 0.85
