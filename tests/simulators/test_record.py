"""Load records of a simulated meter (simulators.record)."""

from datetime import datetime, timedelta

import pytest

from simulators.electric import Electric, Spec
from simulators.record import RECORD_DEPTH, LoadRecords

NOW = datetime(2026, 3, 2, 8, 20, 5)
LATEST = datetime(2026, 3, 2, 8, 15)
SPEC = Spec(address="000000000012", phases=1)


@pytest.fixture
def records():
    return LoadRecords(Electric(SPEC))


def stamps(raw):
    """The times of all records, taken apart by their length byte; each is checked on the way."""
    found = []
    while raw:
        assert raw[:2] == b"\xa0\xa0"
        end = 3 + raw[2]
        assert raw[end] == sum(raw[:end]) & 0xFF
        assert raw[end + 1] == 0xE5
        found.append(datetime.strptime("20" + raw[3:8][::-1].hex(), "%Y%m%d%H%M"))
        raw = raw[end + 2 :]
    return found


def di(kind, which):
    return bytes((0x06, kind, 0, which))


def test_the_latest_is_the_quarter_that_is_over(records):
    assert stamps(records.read(di(0, 2), 5, None, NOW)) == [LATEST]


def test_from_a_time_on_at_most_eight_and_none_of_the_future(records):
    since = datetime(2026, 3, 2, 7, 50)
    assert stamps(records.read(di(4, 1), 8, since, NOW)) == [LATEST - timedelta(minutes=15), LATEST]
    assert len(stamps(records.read(di(4, 1), 200, datetime(2026, 3, 1), NOW))) == 8


def test_nothing_is_older_than_the_memory(records):
    earliest = LATEST - RECORD_DEPTH
    assert stamps(records.read(di(0, 0), 1, None, NOW)) == [earliest]
    assert stamps(records.read(di(0, 1), 1, earliest - timedelta(days=3), NOW)) == [earliest]


def test_no_records_of_the_future(records):
    assert records.read(di(0, 1), 1, NOW + timedelta(days=1), NOW) == b""


def test_only_one_class_in_a_record_of_that_class(records):
    whole, one = records.record(0, LATEST), records.record(6, LATEST)
    assert len(one) == 3 + 5 + 6 + 6 + 2  # head, time, six ends, two powers, sum and tail
    assert len(whole) > len(one)


def test_a_phase_that_is_not_there_has_no_value(records):
    body = records.record(1, LATEST)[8:]
    assert body[2:6] == b"\xff" * 4  # voltages of B and C
    assert body[:2] != b"\xff\xff"


@pytest.mark.parametrize("identifier", ["06070000", "06000100", "06000003"])
def test_an_identifier_that_does_not_exist(records, identifier):
    assert records.read(bytes.fromhex(identifier), 1, None, NOW) is None
