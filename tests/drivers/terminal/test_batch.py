"""Groups of measuring points: split on denial, never asked again for what has come."""

from datetime import datetime

from drivers.errors import NoAnswer, SendRefused
from drivers.order import Failure
from drivers.terminal.batch import Reader
from protocols.gdw1376_1.body import Unit
from protocols.gdw1376_1.plan import plan
from protocols.gdw1376_1.session import Reply
from tests.drivers.toy import virtually

(WANTED,) = plan(["1-0:1.8.0"], "freeze", at=datetime(2026, 3, 10))
TAG = {"Td_d": "2026-03-09"}


def units(*pns, data=TAG):
    return tuple(Unit(pn, 161, data=data) for pn in pns)


class Terminal:
    """Answers from a list, one entry a request; an error is raised."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.asked = []

    async def ask(self, wanted, pns):
        self.asked.append(tuple(pns))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def read(terminal, pns):
    return virtually(Reader(terminal.ask).read([WANTED], pns))


DENIED = Reply(afn=0x0D, denied=True)


def test_a_denied_group_is_halved_down_to_the_ones_that_lack_it():
    terminal = Terminal(
        DENIED,
        Reply(afn=0x0D, units=units(1, 2)),
        DENIED,
        DENIED,
        Reply(afn=0x0D, units=units(4)),
    )
    found = read(terminal, (1, 2, 3, 4))
    assert terminal.asked == [(1, 2, 3, 4), (1, 2), (3, 4), (3,), (4,)]
    assert [pn for pn, gathered in found.items() if gathered.failure] == [3]
    assert found[3].failure[0] is Failure.NO_RECORD


def test_an_answer_that_broke_off_is_asked_again_for_the_rest_once():
    terminal = Terminal(
        Reply(afn=0x0D, units=units(1, 2), complete=False), Reply(afn=0x0D, units=units(3), complete=False)
    )
    found = read(terminal, (1, 2, 3, 4))
    assert terminal.asked == [(1, 2, 3, 4), (3, 4)]
    assert found[4].failure[0] is Failure.PROTOCOL
    assert not found[3].failure


def test_values_of_another_day_or_point_are_not_taken():
    other = units(2, data={"Td_d": "2026-03-08"})
    found = read(Terminal(Reply(afn=0x0D, units=units(1) + other + units(9))), (1, 2))
    assert [unit.pn for unit in found[1].units] == [1]
    assert not found[2].units
    assert found[2].failure[0] is Failure.NO_RECORD
    assert found.keys() == {1, 2}


def test_two_silences_in_a_row_end_it():
    terminal = Terminal(DENIED, NoAnswer("silence"), NoAnswer("silence"))
    found = read(terminal, (1, 2, 3, 4))
    assert terminal.asked == [(1, 2, 3, 4), (1, 2), (3, 4)]
    assert {gathered.failure[0] for gathered in found.values()} == {Failure.TIMEOUT}


def test_what_the_gate_refuses_is_not_asked_again():
    found = read(Terminal(SendRefused("no")), (1,))
    assert found[1].failure[0] is Failure.GATE
