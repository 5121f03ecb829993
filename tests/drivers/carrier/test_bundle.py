"""Answers that came together are paired with the questions that they answer, or with none."""

from datetime import UTC, datetime, timedelta

import pytest

from drivers.carrier.bundle import Ahead, Bundles, frames_of
from protocols.session import Send
from tests.protocols.gdw1376_2.frames import METER, carried

NOW = datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
STAMP, TOTAL, TARIFF = "05060001", "05060101", "00010100"


def asked(identifier, address=METER):
    return carried(0x11, identifier, address)


def said(identifier, value="12345678", address=METER, control=0x91):
    return carried(control, value + identifier, address, wakeup=2)


ASKED = [asked(STAMP), asked(TOTAL), asked(STAMP)]
SAID = [said(STAMP, "01"), said(TOTAL), said(STAMP, "02")]


def test_each_question_finds_its_answer_and_one_asked_twice_finds_them_in_order():
    ahead = Ahead()
    assert ahead.take(ASKED, b"".join(SAID))
    assert [ahead.pop(one)[12:-2] for one in ASKED] == [one[2:][12:-2] for one in SAID]
    assert ahead.pop(ASKED[0]) is None


def test_a_refusal_stands_in_the_place_of_its_question():
    ahead = Ahead()
    refusal = carried(0xD1, "02")
    assert ahead.take(ASKED, SAID[0] + refusal + SAID[2])
    assert ahead.pop(ASKED[1]) == refusal


@pytest.mark.parametrize(
    "came",
    [
        [],
        SAID[:2],
        [*SAID, SAID[2]],
        [SAID[1], SAID[0], SAID[2]],
        [SAID[0], said(TARIFF), SAID[2]],
        [SAID[0], said(TOTAL, address="645000000018"), SAID[2]],
        [SAID[0], said(TOTAL, control=0x92), SAID[2]],
        [SAID[0], carried(0xD4, "02"), SAID[2]],
        [SAID[0], ASKED[1], SAID[2]],
        [SAID[0], SAID[1][:-2] + b"\x00\x16", SAID[2]],
        [SAID[0], said("04001501"), SAID[2]],
        [SAID[0], SAID[1], SAID[2][:-3]],
    ],
    ids=[
        "nothing",
        "one missing",
        "one too many",
        "in another order",
        "of another identifier",
        "of another meter",
        "of another function",
        "a refusal of another function",
        "an echo",
        "with a wrong checksum",
        "a report of states",
        "cut short",
    ],
)
def test_where_one_does_not_fit_none_is_taken(came):
    ahead = Ahead()
    assert ahead.take(ASKED[:1], SAID[0])
    assert not ahead.take(ASKED, b"".join(came))
    assert [ahead.pop(one) for one in ASKED] == [None] * 3


def test_what_is_older_than_a_question_put_since_is_no_answer_any_more():
    ahead = Ahead()
    assert ahead.take(ASKED, b"".join(SAID))
    assert ahead.pop(ASKED[0])
    assert ahead.pop(asked(TARIFF)) is None
    assert ahead.pop(ASKED[2]) is None


def test_questions_and_answers_must_have_room():
    sends = [Send(one, 40) for one in ASKED]
    assert frames_of(sends, 120) == ASKED
    assert frames_of(sends, 119) == []
    assert frames_of([Send(asked(STAMP), 1)] * 13, 1000) == []


class TestWhoTakesSeveral:
    def test_a_module_that_never_brought_all_is_tried_three_times(self):
        bundles = Bundles()
        for meter in ("m1", "m2", "m3"):
            assert bundles.may(meter, NOW)
            bundles.failed(meter)
        assert not bundles.may("m4", NOW)

    def test_a_module_that_says_no_is_not_tried_again(self):
        bundles = Bundles()
        bundles.refused()
        assert not bundles.may("m1", NOW)

    def test_once_it_worked_only_the_meter_is_suspected(self):
        bundles = Bundles()
        bundles.worked()
        for _ in range(5):
            bundles.failed("m1")
        assert not bundles.may("m1", NOW)
        assert bundles.may("m2", NOW)

    def test_a_meter_that_then_answers_singly_is_asked_so_for_a_day(self):
        bundles = Bundles()
        bundles.worked()
        bundles.failed("m1")
        bundles.read_singly("m1", NOW, answered=True)
        assert not bundles.may("m1", NOW + timedelta(hours=23))
        assert bundles.may("m1", NOW + timedelta(days=1))

    def test_a_meter_that_is_silent_either_way_is_not_to_blame(self):
        bundles = Bundles()
        bundles.worked()
        bundles.failed("m1")
        bundles.read_singly("m1", NOW, answered=False)
        assert bundles.may("m1", NOW)

    def test_single_questions_for_other_reasons_say_nothing(self):
        bundles = Bundles()
        bundles.read_singly("m1", NOW, answered=True)
        assert bundles.may("m1", NOW)
