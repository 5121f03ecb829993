"""Hand-held and automatic readings of one meter meet in the first review (R013)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.review.base import Cells, Layout, pack, unpack
from gateway.review.known import HAND
from gateway.review.reviewer import Reviewer
from protocols.reading import Origin, Reading, State
from tests.gateway.review.test_reviewer import START, TOTAL, ZONE, Wall, archive, meter

HOUR = timedelta(hours=1)


class Meeting:
    def __init__(self, **given):
        self.clock = Wall()
        self.meter = meter(**given)
        self.reviewer = Reviewer(archive(self.meter), {}, self.clock, ZONE)

    def read(self, value, origin=Origin.WIRED, after=0.0, **given):
        """One reading so many hours after the start; its state, reason and the findings."""
        at = START + after * HOUR
        self.clock.at = max(self.clock.at, at)
        reading = Reading(
            meter="M1",
            point=TOTAL,
            value=Decimal(value),
            unit="kWh",
            at=at,
            read_at=self.clock.at,
            origin=origin,
            **given,
        )
        (done,), findings = self.reviewer.judge(self.meter, [reading])
        return done.state, done.reason, findings

    @property
    def base(self):
        return self.reviewer.base("M1", TOTAL).value / 10_000


HAND_KEYED = Origin.HHU_KEYED


def test_values_that_agree_pass_in_either_order():
    meeting = Meeting()
    assert meeting.read("100.00")[:2] == (State.PASSED, "")
    assert meeting.read("101.50", HAND_KEYED, 1)[:2] == (State.PASSED, "")
    assert meeting.read("102.00", after=2)[:2] == (State.PASSED, "")


@pytest.mark.parametrize(
    ("value", "differs"), [("99.10", False), ("98.90", True), ("113.00", False), ("140.00", True)]
)
def test_a_hand_held_value_after_an_automatic_one(value, differs):
    meeting = Meeting()
    meeting.read("100.00")
    _, reason, findings = meeting.read(value, HAND_KEYED, 1)
    assert ("R013" in reason.split(",")) == differs
    assert ("R013" in {finding.rule for finding in findings}) == differs


def test_an_automatic_value_after_a_hand_held_one():
    meeting = Meeting()
    meeting.read("100.00", HAND_KEYED)
    state, reason, findings = meeting.read("90.00", after=1)
    assert (state, reason) == (State.SUSPECT, "R013")
    assert [finding.rule for finding in findings] == ["R013"]


def test_another_day_is_not_compared():
    meeting = Meeting()
    meeting.read("100.00", HAND_KEYED)
    assert meeting.read("90.00", after=30)[:2] == (State.PASSED, "")


def test_a_misread_high_value_does_not_condemn_the_meters_own():
    meeting = Meeting()
    meeting.read("100.00")
    meeting.read("112.00", HAND_KEYED, 1)
    assert meeting.base == 100
    assert meeting.read("100.50", after=2)[1] == "R013"
    for hours in (30, 31, 32):
        assert meeting.read(f"{101 + hours / 10}", after=hours)[0] is State.PASSED


def test_a_meter_read_by_hand_only_keeps_its_own_base():
    meeting = Meeting()
    meeting.read("100.00", HAND_KEYED)
    assert meeting.base == 100
    assert meeting.read("150.00", HAND_KEYED, 72)[0] is State.PASSED
    assert meeting.base == 150
    assert "R020" in meeting.read("105.00", HAND_KEYED, 100)[1]
    assert meeting.base == 150


def test_what_was_doubted_before_stays_doubted():
    meeting = Meeting()
    assert meeting.read("100.00", HAND_KEYED, state=State.SUSPECT, reason="R011")[:2] == (
        State.SUSPECT,
        "R011",
    )
    assert meeting.reviewer.base("M1", TOTAL) is None


def test_the_hand_held_value_is_kept_over_a_restart():
    meeting = Meeting()
    meeting.read("100.00", HAND_KEYED)
    blob = meeting.reviewer.pack([meeting.meter])
    assert HAND + TOTAL in dict(unpack(blob, Layout()))["M1"].layout.points
    again = Meeting()
    again.reviewer.unpack(blob, archive(again.meter))
    assert again.read("90.00", after=1)[:2] == (State.SUSPECT, "R013")


def test_an_old_state_without_hand_held_values_is_read():
    cells = Cells(Layout())
    blob = pack([("M1", cells)])
    meeting = Meeting()
    meeting.reviewer.unpack(blob, archive(replace(meeting.meter)))
    assert meeting.read("1.00")[0] is State.PASSED
