"""Data units by the table, and editions told apart by length."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_2.body import decode_body, fitting
from protocols.gdw1376_2.catalogue import functions, lookup
from protocols.gdw1376_2.layout import Misfit, parse
from tests.protocols.gdw1376_2.frames import SEEN, carried, case

FRAME = carried(0x91, "00010000")
SIZE = bytes((len(FRAME),))


def data_of(note):
    (row,) = (row for row in SEEN if note in row["decoded"]["note"])
    known = row["decoded"]
    return decode_body(
        int(known["afn"], 16), known["Fn"][0], bytes.fromhex(known["body"]), up=bool(known["dir"])
    )


@pytest.mark.parametrize("row", SEEN, ids=case)
def test_every_frame_seen_is_decoded_to_its_end(row):
    known = row["decoded"]
    body = decode_body(
        int(known["afn"], 16), known["Fn"][0], bytes.fromhex(known["body"]), up=bool(known["dir"])
    )
    if known["afn"] == "F0":
        assert (body.error, body.tail.hex()) == ("unknown function", known["body"])
    else:
        assert (body.error, body.tail) == ("", b"")


def test_what_they_say():
    assert data_of("10H F1 response").data == {"total": 1, "most": 2040}
    running = data_of("after module reset").data
    assert running["medium"] == {"medium": 2, "routing": 1, "archive_needed": 1, "cycle": 3}
    assert (running["monitor_seconds"], running["broadcast_seconds"]) == (60, 20)
    assert (running["longest_frame"], running["longest_packet"]) == (1103, 1024)
    assert (running["most_nodes"], running["nodes"]) == (1152, 2)
    version = data_of("vendor 'CF', chip '8F'").data
    assert (version["vendor"], version["chip"], version["date"]) == ("CF", "8F", "2024-11-22")
    topology = data_of("10H F21 topology response").data
    assert [node["address"] for node in topology["nodes"]] == ["000001024148", "010011450001"]
    phases = data_of("10H F31 phase info response").data
    assert [(node["address"], node["phase"]["phases"]) for node in phases["nodes"]] == [
        ("000001024148", 1),
        ("450001027112", 1),
    ]
    chips = data_of("10H F112 chip info response").data
    assert [node["address"] for node in chips["nodes"]] == ["665713574410", "002020344316", "222202005002"]
    assert data_of("15H F1 up").data == {"segment": 4}
    assert data_of("10H F20").data == {"start": 1, "count": 64}
    assert data_of("one node proto 03").data["nodes"][0]["protocol_name"] == "DL/T 698.45"
    assert data_of("02H F1 data forward").frame.hex() == "6801000000000068110435343433b616"


ADDRESS = bytes.fromhex("170000005064")


@pytest.mark.parametrize(
    ("what", "is_up", "new", "old"),
    [
        ((0x13, 1), True, b"\x05\x00\x02" + SIZE + FRAME, b"\x02" + SIZE + FRAME),
        ((0x13, 1), False, b"\x02\x00\x00" + SIZE + FRAME, b"\x02\x00" + SIZE + FRAME),
        (
            (0x13, 1),
            False,
            b"\x02\x01\x02" + ADDRESS * 2 + SIZE + FRAME,
            b"\x02\x02" + ADDRESS * 2 + SIZE + FRAME,
        ),
        ((0x06, 2), True, b"\x01\x00\x02\x05\x00" + SIZE + FRAME, b"\x01\x00\x02" + SIZE + FRAME),
        ((0x14, 1), False, b"\x02\x01" + SIZE + FRAME + b"\x00", b"\x02" + SIZE + FRAME + b"\x00"),
        (
            (0x14, 1),
            False,
            b"\x02\x01" + SIZE + FRAME + b"\x01" + ADDRESS,
            b"\x02" + SIZE + FRAME + b"\x01" + ADDRESS,
        ),
        ((0x00, 1), True, b"\xff\xff\xff\xff\x02\x00", b"\xff\xff\x02\x00"),
    ],
)
def test_editions_are_told_apart_by_length(what, is_up, new, old):
    for number, data in enumerate((new, old)):
        body = decode_body(*what, data, up=is_up)
        assert (body.layout, body.tail, body.error) == (number, b"", "")
        assert body.frame in (FRAME, None)
        assert [fit.layout for fit in fitting(*what, data, up=is_up)] == [number]


def test_where_both_editions_fit_the_carried_frame_begins_as_a_frame():
    """An old answer in which the meter's low address byte is what a new one's length would be."""
    frame = carried(0x91, "00010000", address="645000000014")
    assert len(frame) == 16
    frame = frame[:1] + bytes((14,)) + frame[2:]
    data = b"\x02" + bytes((len(frame),)) + frame
    assert decode_body(0x13, 1, data, up=True).frame == frame


def test_answers_without_a_frame():
    assert decode_body(0x13, 1, b"\x00\x00\x02\x00", up=True).frame == b""
    assert decode_body(0xF1, 1, b"\x02\x00\x00", up=True).frame == b""
    assert decode_body(0xF1, 1, b"\x02\x10\x00" + FRAME, up=True).frame == FRAME
    assert decode_body(0x14, 1, b"\x01\x00\x00\x00", up=False).data["give_name"] == "success"


def test_events_of_nodes_by_device_and_kind():
    off = decode_body(0x06, 5, b"\x01\x04\x0d\x01" + ADDRESS * 2, up=True).data
    assert off["event_name"] == "power off"
    assert off["meters"] == [{"address": "645000000017"}] * 2
    collector = decode_body(0x06, 5, b"\x00\x04\x08\x02" + ADDRESS + b"\x01", up=True).data
    assert collector["meters"] == [{"address": "645000000017", "powered": 1}]
    refused = decode_body(0x06, 5, b"\x02\x05\x08\x01" + ADDRESS + b"\x01", up=True).data
    assert refused["nodes"] == [{"address": "645000000017", "device": 1}]
    assert decode_body(0x06, 5, b"\x01\x02" + SIZE + FRAME, up=True).frame == FRAME
    found = decode_body(
        0x06, 4, b"\x01" + ADDRESS + b"\x02\x01\x00\x00\x02\x01" + ADDRESS + b"\x01", up=True
    ).data
    assert found["nodes"][0]["behind"][0]["address"] == "645000000017"


@pytest.mark.parametrize(
    ("code", "name"), [(0, "timeout"), (11, "no answer of the slave node"), (111, "meter is being read")]
)
def test_reasons_of_a_denial(code, name):
    assert decode_body(0x00, 2, bytes((code,)), up=True).data == {"code": code, "code_name": name}
    assert decode_body(0x00, 2, b"\xc8", up=True).data == {"code": 200}


def test_bytes_that_no_layout_has_are_kept():
    body = decode_body(0x03, 4, ADDRESS + b"\x01\x02", up=True)
    assert (body.data, body.tail, body.error) == ({"address": "645000000017"}, b"\x01\x02", "")
    body = decode_body(0x03, 4, ADDRESS[:3], up=True)
    assert (body.data, body.tail, body.error) == ({}, ADDRESS[:3], "length")
    assert decode_body(0x07, 1, b"\x01", up=True).error == "unknown function"


@given(st.sampled_from(sorted(functions())), st.booleans(), st.binary(max_size=90))
def test_any_bytes_decode_to_something_that_can_be_printed(what, is_up, data):
    body = decode_body(*what, data, up=is_up)
    assert json.dumps(body.data)
    assert not body.error or body.tail == data
    assert body.frame is None or body.frame in data


def test_every_function_has_both_names():
    for entry in functions().values():
        assert entry.name
        assert entry.name_zh
        assert entry.up or entry.down
    assert lookup(0x13, 1).name == "read a node"
    assert lookup(0x13, 99) is None


def test_the_layout_language():
    names = {"colour": {"1": "red"}}
    layout = parse("n:u1 rows:(a:u2 colour:u1@colour)*n bits:u1{low:4 high:4} tail:rest", names)
    found, read = layout.read(bytes.fromhex("02010001020002 2fabcd".replace(" ", "")))
    assert found == {
        "n": 2,
        "rows": [{"a": 1, "colour": 1, "colour_name": "red"}, {"a": 2, "colour": 2}],
        "bits": {"low": 15, "high": 2},
        "tail": "ABCD",
    }
    assert read.left == 0
    with pytest.raises(Misfit):
        layout.read(b"\x05\x01")
    with pytest.raises(ValueError, match="no layout"):
        parse("n:u1 !", names)
    with pytest.raises(Misfit):
        parse("n:u1=4", names).read(b"\x05")


def test_clocks_and_dates():
    assert decode_body(0x14, 2, bytes.fromhex("302010241126"), up=False).data == {
        "time": "2026-11-24T10:20:30"
    }
    assert decode_body(0x14, 2, bytes.fromhex("FF2010241126"), up=False).data == {"time": "FF2010241126"}
