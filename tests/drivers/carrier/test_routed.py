"""Reading that the module leads: what it is given, what counts as read, and when a node is given up."""

import asyncio

import pytest

from drivers.carrier.routed import Routed
from drivers.errors import NoAnswer
from protocols.gdw1376_2.body import decode_body
from protocols.gdw1376_2.session import NodeReport
from tests.drivers.carrier.place import Place, node
from tests.drivers.toy import virtually
from tests.protocols.gdw1376_2.frames import carried

QUESTION = carried(0x11, address=node(1))
ANSWER = carried(0x91, "1234567800010000", node(1))


class Route:
    """A module that knows the nodes 1 and 2 and begins its route when told; `refuses` so often not."""

    def __init__(self, refuses=0):
        self.begun = 0
        self.refuses = refuses

    def knows(self, address):
        return address in (node(1), node(2))

    async def ready(self, *, leads_itself):
        assert leads_itself

    async def restart_route(self):
        self.begun += 1
        if self.begun <= self.refuses:
            raise NoAnswer("silence")


def report(frame, fn=2):
    data = b"\x00\x00\x02\x02\x00" + bytes((len(frame),)) + frame if fn == 2 else frame
    return NodeReport(0x06, fn, decode_body(0x06, fn, data, up=True), "", 0)


def carry(routed, *then, seconds=30.0):
    """What comes of a question to node 1 while `then` happens, a second apart."""

    async def work():
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_outcome(routed.carry(node(1), QUESTION, seconds)))
            for act in then:
                await asyncio.sleep(1)
                act(routed)
        return task.result()

    return virtually(work())


async def _outcome(work):
    try:
        return await work
    except NoAnswer as error:
        return error


def asks(routed):
    return routed.to_read(node(1))


def ends(routed):
    routed.hear(report(b"\x01", 3))


def test_what_the_module_is_given_and_what_it_brings():
    route = Route()
    given = []
    answer = carry(
        Routed(route),
        lambda routed: given.extend(
            (routed.to_read(node(1)), routed.to_read(node(2)), routed.to_read(node(9)))
        ),
        lambda routed: routed.hear(report(carried(0x91, "1234567800010000", node(2)))),
        lambda routed: routed.hear(report(ANSWER)),
    )
    assert given == [QUESTION, b"", None]
    assert answer == ANSWER
    assert route.begun == 1


def test_a_node_that_is_read_in_vain_twice_is_given_up():
    outcome = carry(Routed(Route()), asks, asks, asks)
    assert isinstance(outcome, NoAnswer)


def test_a_node_that_is_passed_over_three_times_is_given_up():
    route = Route()
    outcome = carry(Routed(route), ends, ends, ends)
    assert isinstance(outcome, NoAnswer)
    assert route.begun == 3


def test_a_route_that_stands_still_is_begun_again():
    route = Route()
    answer = carry(
        Routed(route), *[lambda routed: None] * 12, lambda routed: routed.hear(report(ANSWER)), seconds=5.0
    )
    assert answer == ANSWER
    assert route.begun == 3


def test_a_route_that_cannot_be_begun_is_said_and_tried_anew_next_time():
    route = Route(refuses=1)
    routed = Routed(route)
    assert isinstance(carry(routed), NoAnswer)
    assert carry(routed, lambda one: one.hear(report(ANSWER))) == ANSWER


def test_an_answer_after_the_question_was_given_up_harms_nobody():
    given = []
    outcome = carry(
        Routed(Route()),
        *[asks, asks, asks],
        lambda routed: routed.hear(report(ANSWER)),
        lambda routed: given.append(routed.to_read(node(1))),
    )
    assert isinstance(outcome, NoAnswer)
    assert given == [b""]


@pytest.mark.parametrize("loss", [0.0, 0.2])
def test_over_a_module_that_reads_by_its_own_route_only(loss):
    place = Place(30, loss=loss, cycle=2)
    found = virtually(place.read())
    assert [int(found[f"m{n}"].readings[0].value * 100) for n in range(1, 31)] == [
        place.truth(n) for n in range(1, 31)
    ]
