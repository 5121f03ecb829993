"""The slow way: every rule for every value, and what is accepted becomes the base of the next."""

from gateway.review.careful import Careful, power_of
from gateway.review.findings import Book
from gateway.review.known import ReviewStats
from gateway.review.limits import SCALE
from protocols.reading import State
from tests.gateway.review.test_rules import METER, NOW
from tests.gateway.review.test_screen import TZ, known, reading


def judged(held, *readings):
    careful = Careful(ReviewStats(), Book(), held, NOW, synced=True, tz=TZ)
    return careful.run(readings, METER.address, None)


def test_a_good_value_becomes_the_base():
    held = known()
    (done,), findings = judged(held, reading())
    assert (done.state, findings) == (State.PASSED, [])
    assert held.cells.get("1-0:1.8.0").value == 1_005_000


def test_a_jump_is_found_and_is_no_base():
    held = known()
    (done,), findings = judged(held, reading("5000.00"))
    assert done.state in (State.SUSPECT, State.REJECTED)
    assert done.reason in {finding.rule for finding in findings}
    assert held.cells.get("1-0:1.8.0").value == 100 * SCALE


def test_the_power_of_an_answer():
    total = reading("2.5", point="1-0:16.7.0")
    assert power_of([reading(), total]) == (int(NOW.timestamp()), 2.5)
    assert power_of([reading()]) is None
