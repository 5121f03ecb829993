"""Looking for units by number, over a scripted line."""

from dataclasses import dataclass, field

from drivers.errors import NoAnswer
from drivers.pump import Timing
from drivers.units import UNITS, UnitSearch
from protocols.errors import MeterRefused
from protocols.session import Answer
from tests.drivers.toy import virtually


@dataclass
class Asked:
    """Stands in a link's place: who answers, who refuses; everybody else is silent."""

    answers: set
    refuses: set
    asked: list = field(default_factory=list)

    async def converse(self, session, question, timing):
        self.asked.append(question)
        if question.address in self.refuses:
            raise MeterRefused(("illegal data address",), b"\x02", question.address)
        if question.address not in self.answers:
            raise NoAnswer("silence")
        return Answer(question.address, ())


def test_who_answers_or_refuses_is_there():
    there, told = Asked({"2", "247"}, {"9"}), []
    found = virtually(UnitSearch(there, None, Timing(), told.append).search())
    assert found == ["2", "9", "247"]
    assert told == [question.address for question in there.asked] == [str(unit) for unit in UNITS]
    assert {(question.id, question.count) for question in there.asked} == {("3/0", 1)}


def test_only_the_numbers_wanted_are_asked():
    there = Asked({"2"}, set())
    assert virtually(UnitSearch(there, None, Timing(), lambda _: None).search([1, 2])) == ["2"]
    assert len(there.asked) == 2
