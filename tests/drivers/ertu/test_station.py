"""One question to one ERTU over real links: TCP and a serial port; and how its limits in time work."""

import asyncio
from datetime import datetime
from itertools import pairwise

from config.schema import Target
from drivers import make_driver, make_link, wire_of
from drivers.ertu.station import Station, Told
from drivers.gate import build_gate
from drivers.order import Failure
from drivers.surroundings import Surroundings
from protocols.iec102 import request
from protocols.iec102.effect import classify
from simulators.ertu import Ertu, ErtuSpec, TieMeter
from simulators.faults import Faults
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from tests.drivers.ertu.place import FORWARD, MIDNIGHT, REVERSE, START, TZ, Place, local
from tests.drivers.toy import virtually


def station_of(place):
    return place.driver._stations["station"]


def question(place, first=1, last=4):
    station = station_of(place)
    at = local(MIDNIGHT)
    return request.totals(120, (first, last), (at, at), station.number, station.dialogue.dialect)


async def asked(place, retries=1):
    await place.link.open()
    return await station_of(place).ask(question(place), retries)


def test_an_answer_with_its_end():
    told = virtually(asked(Place()))
    assert isinstance(told, Told)
    assert (told.failure, told.denied, len(told.data)) == (None, 0, 1)


def test_silence_is_told_after_as_many_tries_as_allowed():
    place = Place()
    place.ertu.mischief.frozen = True
    told = virtually(asked(place, retries=2))
    assert told.failure == (Failure.TIMEOUT, "silence")
    assert told.is_silent
    times = [at for at, _ in place.link.sent]
    assert len(times) == 3
    assert [round(b - a, 1) for a, b in pairwise(times)] == [2.0, 2.0]


def test_the_targets_own_patience_counts():
    place = Place(settings={"reply_ms": 300})
    place.ertu.mischief.frozen = True
    virtually(asked(place))
    (first, _), (second, _) = place.link.sent
    assert round(second - first, 2) == 0.3


def test_an_ertu_that_babbles_does_not_hold_the_line():
    place = Place()
    ended = []

    async def babble():
        await place.link.open()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        place.link.script = lambda sent: [(0.1 * n, b"\x00") for n in range(600)]
        told = await station_of(place).ask(question(place), 0)
        ended.append(loop.time() - begin)
        return told

    assert virtually(babble()).failure[0] is Failure.TIMEOUT
    assert ended[0] < 10


def test_a_serial_line_has_its_pauses():
    place = Place(baud=9600, settings={"turnaround_ms": 200})
    virtually(asked(place))
    times = [at for at, _ in place.link.sent]
    assert min(b - a for a, b in pairwise(times)) >= 0.2


def test_its_own_number_is_the_link_address_unless_the_profile_says_so(own):
    target = Target(name="s", driver="ertu", link="tcp://h:1", address="7")
    place = Place()
    assert Station(place.link, target).number == 7
    own("odd", station=9)
    assert Station(place.link, target.model_copy(update={"profile": "odd"})).number == 9


# -- over real links -----------------------------------------------------------------------------------------------


async def read_over(link_text, ertu, retries=3):
    """Two orders over a link as the gateway makes it."""
    target = Target(
        name="station", driver="ertu", link=link_text, address="1", reply_ms=300, turnaround_ms=30
    )
    place = Place((1, 5))
    link = make_link("station", link_text, build_gate([classify]))
    around = Surroundings(tz=TZ, now=lambda: START, model=lambda meter: {}, targets=[target])
    driver = make_driver("ertu", link, around)
    found = {}
    await link.open()
    try:
        await driver.run_many(
            place.orders(points=(FORWARD, REVERSE)),
            target,
            retries,
            lambda order, result: found.__setitem__(order.meter.asset_no, result),
            lambda: False,
        )
    finally:
        await link.close()
    return found, driver


def ertu_of(**given):
    ties = [TieMeter(first=first, start=1000 * first, rate=first + 6) for first in (1, 5)]
    return Ertu(ErtuSpec(frame_objects=2), ties, now=lambda: START, tz=TZ, **given)


def right(found, ertu):
    assert set(found) == {"t1", "t5"}
    for tie in ertu.meters:
        readings = found[f"t{tie.first}"].readings
        wanted = [tie.total(register, datetime(2026, 3, 10)) for register in (0, 1)]
        assert [int(reading.value * 100) for reading in readings] == wanted


async def test_over_tcp():
    ertu = ertu_of()
    async with TcpLine(ertu) as served:
        found, driver = await read_over(served.link, ertu)
    right(found, ertu)
    assert driver.counters["retries"] == 0


async def test_over_tcp_with_lost_answers_byte_by_byte():
    ertu = ertu_of(faults=Faults(seed=4, lost=0.15, split=True))
    async with TcpLine(ertu) as served:
        found, _ = await read_over(served.link, ertu, retries=6)
    right(found, ertu)
    assert ertu.mischief.counts["lost"]
    assert ertu.asked[120] == 1


async def test_over_a_serial_port():
    ertu = ertu_of(baud=9600)
    async with PtyLine(ertu) as served:
        found, driver = await read_over(served.link, ertu)
        assert wire_of(served.link).baud == 9600
    right(found, ertu)
    assert driver.counters["retries"] == 0
