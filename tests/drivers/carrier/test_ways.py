"""How frames get to a node, and what a module's denials lead to."""

import pytest

from drivers.carrier.reading import Reader
from drivers.carrier.routed import Routed
from drivers.carrier.ways import MeterSilent, Ways
from drivers.errors import NoAnswer
from drivers.order import Want
from drivers.refusals import KnownBlocks
from tests.drivers.carrier.place import START, Place, node
from tests.drivers.toy import virtually
from tests.protocols.gdw1376_2.frames import carried


def carry(place, *numbers, between=lambda: None):
    """What nodes answer one after the other; `between` runs before the last one."""
    ways = place.driver._reader._carry
    place.driver._module.surveys = True

    async def one(n):
        return await ways(node(n), "dlt645-2007", [carried(0x11, address=node(n))])

    async def work():
        await place.link.open()
        found = [await place.driver._exchange.during(one(n)) for n in numbers[:-1]]
        between()
        return [*found, await place.driver._exchange.during(one(numbers[-1]))]

    return virtually(work())


def test_a_frame_and_its_answer():
    assert carry(Place(2), 2)[0][:8] == b"\x68" + bytes.fromhex(node(2))[::-1] + b"\x68"


def test_a_node_that_the_module_lost_is_added_again():
    place = Place(2, settings={"concurrent": 1})
    assert all(carry(place, 1, 2, between=place.cco.archive.clear))
    assert list(place.cco.archive) == [node(2)]


def test_a_module_that_claims_concurrent_reading_and_denies_it():
    place = Place(2, concurrent=4)
    real = place.cco._carry
    place.cco._carry = lambda frame: [(0.0, place.cco._deny(frame, 10))] if frame.afn == 0xF1 else real(frame)
    assert all(carry(place, 1, 2))
    assert (place.kinds()["F1-F1"], place.kinds()["13-F1"]) == (1, 2)


def test_the_edition_is_found_out_once():
    place = Place(2, mode=1, edition=2009)
    assert all(carry(place, 1, 2))
    assert place.kinds()["13-F1"] == 3
    assert place.driver._dialogue.is_2009


def test_silence_of_the_meter_is_another_than_that_of_the_network():
    place = Place(2, settings={"concurrent": 1})
    place.cco.network.nodes[node(1)].meter.dead = True
    with pytest.raises(MeterSilent):
        carry(place, 1)
    place.cco.network.nodes[node(2)].is_joined = False
    with pytest.raises(NoAnswer, match="not in the network"):
        carry(place, 2)
    with pytest.raises(NoAnswer, match="not present"):
        carry(place, 3)


def test_what_is_no_answer_to_the_question_is_none():
    """The node answers with another meter's frame."""
    place = Place(2, settings={"concurrent": 1})
    place.cco._wrapped = lambda frame, answer: (
        b"\x02\x00\x02" + bytes((len(answer),)) + answer.replace(b"\x68\x01", b"\x68\x09")
    )
    found = virtually(place.read(want=Want.LIVE, at=None))
    assert not found["m1"].readings
    assert found["m2"].readings


def test_the_parts_of_a_reader():
    assert isinstance(Place(1).driver._reader, Reader)
    assert isinstance(Place(1).driver._routed, Routed)
    assert Ways.__doc__


def test_what_is_known_of_blocks():
    known = KnownBlocks()
    one = known.of("m1", START)
    assert "0001FF00" not in one
    one.add("0001FF00")
    assert "0001FF00" in known.of("m1", START)
    assert "0001FF00" not in known.of("m1", START.replace(month=5))
    assert "0001FF00" not in known.of("m2", START)
    assert one.may_ignore("0002FF00")
    one.answered("0002FF00")
    assert not one.may_ignore("0002FF00")
    assert known.of("m2", START).may_ignore("0002FF00")
