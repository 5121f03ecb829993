"""What a serial line owes, and what it said before."""

from protocols.modbus.doubt import Doubts
from protocols.modbus.frame import Frame
from protocols.modbus.plan import Request

NEVER = float("-inf")
FIRST, ALIKE, LONGER = Request(3, 0, 2), Request(3, 10, 2), Request(3, 10, 3)


def test_an_answer_is_owed_to_others_that_look_alike():
    doubts = Doubts()
    doubts.asked(1, FIRST, 5.0)
    assert doubts.owed_until(1, ALIKE) == 5.0
    assert doubts.owed_until(1, LONGER) == NEVER
    assert doubts.owed_until(1, Request(4, 10, 2)) == NEVER
    assert doubts.owed_until(2, ALIKE) == NEVER


def test_one_waits_for_no_answer_to_the_same_question():
    doubts = Doubts()
    doubts.asked(1, FIRST, 5.0)
    assert doubts.owed_until(1, FIRST) == NEVER


def test_a_debt_is_paid_by_as_many_answers_as_questions():
    doubts = Doubts()
    doubts.asked(1, FIRST, 5.0)
    doubts.asked(1, FIRST, 7.0)
    doubts.paid(1, FIRST, 1)
    assert doubts.owed_until(1, ALIKE) == 7.0
    doubts.paid(1, FIRST, 1)
    assert doubts.owed_until(1, ALIKE) == NEVER


def test_answers_that_nobody_owes_change_nothing():
    doubts = Doubts()
    doubts.paid(1, FIRST, 1)
    doubts.asked(1, FIRST, 5.0)
    doubts.paid(1, ALIKE, 1)
    assert doubts.owed_until(1, ALIKE) == 5.0


def test_the_same_frame_said_to_another_question():
    doubts = Doubts()
    frame, other = Frame(1, 3, b"\x04\0\0\0\1"), Frame(1, 3, b"\x04\0\0\0\2")
    doubts.said(1, FIRST, frame)
    assert doubts.is_anothers(1, ALIKE, frame)
    assert not doubts.is_anothers(1, FIRST, frame)
    assert not doubts.is_anothers(1, ALIKE, other)
    assert not doubts.is_anothers(2, ALIKE, frame)


def test_what_was_said_is_forgotten_in_time():
    doubts = Doubts()
    frame = Frame(1, 3, b"\x04\0\0\0\1")
    doubts.said(1, FIRST, frame)
    for number in range(100):
        doubts.said(1, LONGER, Frame(1, 3, bytes([6, *[number] * 6])))
    assert not doubts.is_anothers(1, ALIKE, frame)
