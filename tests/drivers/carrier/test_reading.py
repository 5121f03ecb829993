"""One order over a network: several questions in one crossing, and what comes of odd modules, meters and midnights."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from config.schema import Target
from drivers.carrier.reading import Reader
from drivers.carrier.ways import MeterSilent, ModuleSilent, TooManyFrames
from drivers.errors import NoAnswer, SendRefused
from drivers.order import Failure, Order, Want
from drivers.surroundings import Surroundings
from protocols.dlt645.frame import decode, encode
from simulators.dlt645_meter import Meter as SimulatedMeter
from simulators.electric import Spec
from tests.drivers.carrier.place import FORWARD, MIDNIGHT, MODEL, START, TZ, Place, node
from tests.drivers.toy import virtually

TARGET = Target(name="cco1", driver="carrier", link="tcp://h:1")
BACKWARD = "1-0:2.8.0"


class Party:
    """A reader and meters without a module between them; `carry(meter, frames, answers)` may change what comes."""

    def __init__(self, carry=None, *, now=START, room=1000, **spec):
        self.now = now
        self.loads = []
        self.carry = carry or (lambda n, frames, answers: answers)
        self.meters = {node(n): SimulatedMeter(Spec(address=node(n), seed=7, **spec)) for n in (1, 2)}
        around = Surroundings(tz=TZ, now=lambda: self.now, model=lambda meter: MODEL)
        self.reader = Reader(around, self._carried, lambda: room)
        self.archive = {f"m{n}": place for n, place in enumerate(Place(2).meters, 1)}

    async def _carried(self, address, protocol, frames):
        self.loads.append((int(address), len(frames)))
        local = self.now.astimezone(TZ).replace(tzinfo=None)
        answers = [encode(self.meters[address].answer(decode(one), local)) for one in frames]
        changed = self.carry(int(address), list(frames), answers)
        if not changed:
            raise NoAnswer("the module got nothing of the node")
        return b"".join(changed)

    def read(self, name="m1", points=(FORWARD,), *, want=Want.FREEZE, at=MIDNIGHT, retries=2):
        order = Order(meter=self.archive[name], want=want, points=points, at=at)
        return asyncio.run(self.reader.read(order, TARGET, retries))

    def truth(self, n=1, at=MIDNIGHT, tariff=0):
        local = at.replace(tzinfo=None)
        return Decimal(self.meters[node(n)].electric.register(1, tariff, local)) / 100


def values(result):
    return [reading.value for reading in result.readings]


def test_a_freeze_with_its_stamps_crosses_the_network_once():
    party = Party()
    assert values(party.read()) == [party.truth()]
    assert party.loads == [(1, 3)]


def test_over_a_module_too():
    place = Place(20)
    found = virtually(place.read())
    assert all(result.readings for result in found.values())
    assert place.cco.network.carried == 20
    assert place.kinds()["F1-F1"] == 20


def test_live_values_of_several_questions_too():
    party = Party()
    result = party.read(points=(FORWARD, BACKWARD), want=Want.LIVE, at=None)
    assert len(result.readings) == 2
    assert party.loads == [(1, 2)]


@pytest.mark.parametrize("codes", [["00010100"], [f"000{n}0000" for n in range(1, 8)]])
def test_one_question_and_too_many_are_asked_as_ever(codes):
    party = Party()
    party.read(points=[f"dlt645-2007:{code}" for code in codes], want=Want.LIVE, at=None)
    assert party.loads == [(1, 1)] * len(codes)


def test_a_module_without_room_gets_single_frames():
    for room in (0, 60):
        party = Party(room=room)
        assert values(party.read()) == [party.truth()]
        assert party.loads == [(1, 1)] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda n, frames, answers: answers[::-1] if len(answers) > 1 else answers,
        lambda n, frames, answers: answers[:1],
        lambda n, frames, answers: answers[-1:],
        lambda n, frames, answers: answers * 2 if len(answers) > 1 else answers,
        lambda n, frames, answers: (
            [one[:14] + b"\x00" + one[15:] for one in answers] if len(answers) > 1 else answers
        ),
        lambda n, frames, answers: [] if len(answers) > 1 else answers,
    ],
    ids=["turned round", "the first only", "the last only", "twice", "garbled", "none"],
)
def test_what_a_module_makes_of_several_never_makes_a_wrong_value(change):
    party = Party(change)
    for name in ("m1", "m2") * 4:
        forward, backward = party.read(name, (FORWARD, BACKWARD)).readings
        assert (forward.point, forward.value) == (FORWARD, party.truth(int(name[1:])))
        assert backward.point == BACKWARD
    assert party.loads[-1][1] == 1


def test_another_meter_s_answers_are_none():
    party = Party()

    def change(n, frames, answers):
        other = party.meters[node(3 - n)]
        return [encode(other.answer(replace(decode(one), address=other.address), datetime(2026, 3, 10, 8, 30)))
                for one in frames]  # fmt: skip

    party.carry = change
    for _ in range(4):
        result = party.read()
        assert not result.readings
        assert result.failures[0][1] is Failure.TIMEOUT


def test_a_meter_that_takes_single_frames_only_is_read_among_others_that_take_several():
    party = Party(lambda n, frames, answers: answers if n == 1 or len(frames) == 1 else [])
    assert values(party.read("m1")) == [party.truth(1)]
    failed = party.read("m2")
    assert [reason for _, reason, _ in failed.failures] == [Failure.TIMEOUT]
    assert party.loads[1:] == [(2, 3)] * 3
    del party.loads[:]
    for _ in range(2):
        assert values(party.read("m2")) == [party.truth(2)]
    assert party.loads == [(2, 1)] * 6
    party.now += timedelta(hours=15)
    assert values(party.read("m1")) == [party.truth(1)]


def test_some_answers_from_a_proven_module_lead_to_single_questions_at_once():
    party = Party(lambda n, frames, answers: answers if n == 1 else answers[:1])
    party.read("m1")
    assert values(party.read("m2", retries=0)) == [party.truth(2)]
    assert party.loads[1:] == [(2, 3), (2, 1), (2, 1), (2, 1)]


@pytest.mark.parametrize("error", [TooManyFrames("6 at most"), MeterSilent("8"), SendRefused("held back")])
def test_a_word_against_several_leads_to_single_questions(error):
    def change(n, frames, answers):
        if len(frames) > 1:
            raise error
        return answers

    party = Party(change)
    assert values(party.read()) == [party.truth()]
    assert party.loads == [(1, 3), (1, 1), (1, 1), (1, 1)]
    party.read()
    assert ((1, 3) in party.loads[4:]) is not isinstance(error, TooManyFrames)


def test_a_module_that_is_silent_is_told_as_such():
    def change(n, frames, answers):
        raise ModuleSilent("silent")

    party = Party(change)
    with pytest.raises(ModuleSilent):
        party.read()
    assert party.loads == [(1, 3)]


def test_midnight_while_the_answers_are_under_way():
    party = Party(now=MIDNIGHT + timedelta(days=1, seconds=-1))

    def change(n, frames, answers):
        party.now += timedelta(seconds=1)
        return answers

    party.carry = change
    assert values(party.read()) == [party.truth()]


def test_a_point_that_there_is_not_costs_the_others_nothing():
    party = Party()
    result = party.read(points=(FORWARD, "dlt645-2007:XYZ", "1-0:99.99.99"))
    assert values(result) == [party.truth()]
    assert {reason for _, reason, _ in result.failures} == {Failure.UNKNOWN_POINT}


def test_a_module_that_carries_one_frame_says_so_once():
    place = Place(10, frames=1, archive={node(n): 2 for n in range(1, 11)})
    found = virtually(place.read(*place.orders()[:1]))
    found |= virtually(place.read(*place.orders()[1:]))
    assert all(result.readings for result in found.values())
    assert place.cco.network.carried == 30
    assert place.kinds()["F1-F1"] == 31
