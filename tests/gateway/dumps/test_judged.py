"""Rows as answers and readings."""

from datetime import timedelta
from decimal import Decimal

from gateway.dumps import judged
from gateway.dumps.examine import Judged
from gateway.dumps.report import Note
from protocols.dumps.record import Mode, Row, Status
from protocols.reading import Method, Origin, State
from tests.gateway.dumps.toy import NOW, meter

ONE, TWO = meter("1"), meter("2")


def row(point="1-0:1.8.0", after=0, **given):
    common = {"status": Status.READ, "this_read": Decimal(5), "read_time": NOW + timedelta(seconds=after)}
    return Row(line=1, offset=0, point=point, unit="kWh", **(common | given))


def test_answers_hold_each_point_once():
    given = [
        Judged(row(), ONE, ()),
        Judged(row("1-0:1.8.1"), ONE, ()),
        Judged(row(), ONE, ()),
        Judged(row(after=1), ONE, ()),
        Judged(row(after=1), TWO, ()),
    ]
    assert [len(together) for together in judged.answers(given)] == [2, 1, 1, 1]


def test_a_row_as_a_reading():
    note = Note("R011", 2, 1, 0, "1", "", "", "", "")
    found = judged.reading_of(Judged(row(mode=Mode.IR), ONE, (note,), 2), ONE, NOW)
    assert (found.origin, found.state, found.reason, found.version) == (
        Origin.HHU_AUTO,
        State.SUSPECT,
        "R011",
        2,
    )
    missing = row(status=Status.UNREAD, this_read=None, interval=30, quality="N")
    found = judged.reading_of(Judged(missing, ONE, ()), ONE, NOW)
    assert (found.value, found.state, found.method, found.reason) == (None, State.MISSING, Method.CURVE, "N")
    found = judged.reading_of(Judged(row(estimated=True), ONE, ()), ONE, NOW)
    assert found.state is State.ESTIMATED
