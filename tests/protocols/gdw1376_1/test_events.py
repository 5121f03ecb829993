"""Events of a terminal: ERC 1 to 35 by their lengths, others skipped by theirs."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_1.body import decode_body
from protocols.gdw1376_1.events import decode_events, records_of
from protocols.gdw1376_1.layout import BadData
from tests.protocols.gdw1376_1.frames import unit

TIME = bytes.fromhex("2614010810")
AT = datetime(2010, 8, 1, 14, 26)
# Le of a record by the table of appendix B; where there are two, editions differ.
LENGTHS = {
    1: [14], 2: [6], 3: [6, 10, 14], 4: [7], 5: [10], 6: [14], 7: [16], 8: [8], 9: [28], 10: [28], 11: [24], 12: [7],
    13: [8], 14: [10, 11], 15: [49, 51], 16: [10], 17: [27], 18: [17, 16], 19: [31], 20: [22], 21: [6], 23: [16],
    24: [14], 25: [17], 26: [14], 27: [17], 28: [18], 29: [18], 30: [13], 31: [21], 32: [13], 33: [35], 34: [8],
}  # fmt: skip
WITH_POINT = {8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 24, 25, 26, 27, 28, 29, 30, 31, 33, 34}


def records(raw, many=1, first=0):
    pointers, found, taken = decode_events(bytes((9, 4, first, (first + many) % 256)) + raw)
    assert pointers == {"EC1": 9, "EC2": 4, "Pm": first, "Pn": (first + many) % 256}
    assert taken == 4 + len(raw)
    return found


def record(erc, body):
    return bytes((erc, len(body))) + body


@pytest.mark.parametrize(("erc", "size"), [(erc, size) for erc, sizes in LENGTHS.items() for size in sizes])
def test_every_event_by_its_length(erc, size):
    # Ones are digits everywhere, point 0x0101 = 257, and a unit of p1 F9.
    body = (TIME + b"\x01" * size)[:size] if (erc, size) != (14, 11) else b"\x01" + TIME * 2
    if erc == 14 and size == 10:
        body = TIME * 2
    (found,) = records(record(erc, body))
    assert (found.erc, found.is_known, found.began) == (erc, True, AT)
    assert found.pn == (257 if erc in WITH_POINT else None)
    assert found.raw == record(erc, body)
    assert found.name
    assert found.name_zh


def test_events_whose_length_depends_on_what_they_carry():
    energies = "01" + "01000000" * 2 + "05" + "02000000" + "02" + "0100000000" * 2 + "01" + "0200000000"
    (found,) = records(record(22, TIME + bytes.fromhex(energies)))
    assert (found.data["relative"], found.data["compared_2"], found.data["reference_1"]) == (
        "5",
        "0.0001",
        "0.0002",
    )
    (found,) = records(record(35, TIME + bytes.fromhex("1F 02 129078563412 0102 010000000000 0000")))
    assert (found.data["meter_1"], found.data["info_1"], found.data["meter_2"]) == (
        "123456789012",
        "0102",
        "000000000001",
    )
    (found,) = records(record(3, TIME + b"\x05" + unit(0, 3) + unit(2, 25)))
    assert [found.data[name] for name in ("master", "unit_1", "unit_2")] == ["5", "p0 F3", "p2 F25"]


def test_point_and_whether_it_begins():
    (began,) = records(record(24, TIME + b"\x05\x80\x42" + bytes.fromhex("902190219021")))
    assert (began.pn, began.data["state"], began.data["flag"], began.data["ua"]) == (
        5,
        "began",
        "42",
        "219.0",
    )
    (ended,) = records(record(12, TIME + b"\x05\x00"))
    assert (ended.pn, ended.data["state"]) == (5, "ended")


@pytest.mark.parametrize(("erc", "size"), [(36, 9), (41, 0), (51, 3), (12, 8), (24, 13), (0, 5), (255, 200)])
def test_an_unknown_event_or_length_is_skipped_whole(erc, size):
    odd = record(erc, (TIME + b"\x01" * size)[:size])
    found = records(odd + record(21, TIME + b"\x04"), 2)
    assert [(one.erc, one.is_known) for one in found] == [(erc, False), (21, True)]
    assert found[0].data["raw"] == odd[2:].hex().upper()
    assert found[0].began == (AT if size >= 5 else None)


def test_pointers_are_modulo_256():
    three = record(21, TIME + b"\x04") * 3
    assert len(records(three, 3, first=254)) == 3


def test_fewer_records_than_the_pointers_say_and_a_length_that_lies():
    assert len(records(record(21, TIME + b"\x04"), 5)) == 1
    with pytest.raises(BadData):
        decode_events(b"\x01\x00\x00\x02" + record(21, TIME + b"\x04") + b"\x15\x50" + TIME)
    with pytest.raises(BadData):
        decode_events(b"\x01\x00\x00")


def test_records_of_a_unit():
    raw = unit(0, 1) + b"\x01\x00\x00\x01" + record(14, TIME * 2)
    (found,) = decode_body(0x0E, raw, up=True).units
    (one,) = records_of(found.data)
    assert (one.began, one.ended, one.pn) == (AT, AT, None)


def test_times_that_are_none():
    (found,) = records(record(14, b"\xee" * 5 + b"\xff" * 5))
    assert (found.began, found.ended) == (None, None)


@given(st.binary(max_size=200))
def test_any_bytes(raw):
    try:
        _, found, taken = decode_events(raw)
    except BadData:
        return
    assert taken <= len(raw)
    assert all(one.raw in raw for one in found)
