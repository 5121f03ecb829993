"""What `meterd decode` says of frames."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iec102.explain import explain
from protocols.iec102.frame import BadFrame, Frame, Splitter, encode
from tests.protocols.iec102.frames import BAD, GOOD, SEEN, case


def explained(text):
    raw = bytes.fromhex(text)
    splitter = Splitter()
    (frame,) = splitter.feed(raw) + splitter.flush()
    return explain(frame, frame.raw if isinstance(frame, BadFrame) else encode(frame))


@pytest.mark.parametrize("row", GOOD, ids=case)
def test_real_frames(row):
    known, found = row["decoded"], explained(row["hex"])
    assert (found["protocol"], found["ok"], found["error"]) == ("iec102", True, None)
    assert (found["direction"], found["raw"]) == (row["direction"], row["hex"])
    assert found["link"]["function"] == known.get("fn", 0)
    assert found["link"]["address"] == known.get("addr")
    assert (found["type"], found["cause"]) == (known.get("TYP"), known.get("COT"))
    assert found["station"] == known.get("asdu_addr")
    assert json.loads(json.dumps(found)) == found


def test_totals_with_their_objects():
    row = next(row for row in SEEN if row["decoded"].get("objects"))
    found = explained(row["hex"])
    assert len(found["points"]) == 34
    assert found["points"][1] == {
        "id": "2/2",
        "address": 2,
        "obis": None,
        "name": "accounting integrated totals, 4 bytes",
        "name_zh": "记账（计费）电能累计量（4 字节）",
        "part": "total",
        "value": "21619",
        "unit": "",
        "at": "2012-11-01T00:00:00",
        "status": "80",
    }
    assert found["data"]["time"] == "2012-11-01T00:00:00"


def test_the_end_of_an_answer_names_the_question():
    row = next(row for row in GOOD if row["decoded"].get("TYP") == 120)
    data = explained(row["hex"])["data"]
    assert (data["first"], data["last"]) == (1, 64)
    assert (data["from"], data["to"]) == ("2012-11-01T00:00:00", "2012-11-01T01:00:00")
    assert data["cause"] == "activation terminated"


@pytest.mark.parametrize("row", BAD, ids=case)
def test_a_wrong_checksum_is_said(row):
    found = explained(row["hex"])
    assert (found["ok"], found["error"]) == (False, {"kind": "checksum"})
    assert (found["direction"], found["link"]["address"]) == ("down", 1)


def test_a_denial_is_an_answer():
    found = explained("6815156828010078010D01001F01400000010B0C0001010B0C4116")
    assert (found["ok"], found["error"]) == (True, {"kind": "meter", "bits": ["no such record"]})


def told(control, asdu):
    return explained(encode(Frame(control, 1, asdu)).hex())


def test_the_clock_of_the_ertu_and_its_events():
    time = bytes.fromhex("E7EF1E080A031A")
    assert told(0x28, bytes((72, 1, 5, 1, 0, 0)) + time)["data"]["time"] == "2026-03-10T08:30:59.999000"
    assert told(0x73, bytes((128, 1, 48, 1, 0, 0)) + time)["data"]["time"] == "2026-03-10T08:30:59.999000"
    events = told(0x28, bytes((1, 2, 3, 1, 0, 0)) + (b"\x87\x03" + time) * 2)["data"]
    assert [one["point"] for one in events["objects"]] == [0x87, 0x87]
    assert events["cause"] == "spontaneous"


def test_several_values_of_an_object_are_points_of_their_own():
    asdu = bytes((163, 1, 5, 1, 0, 0, 9, 16, 0, 0, 0)) + bytes.fromhex(
        "1E080A031A 0000 01 04 1A".replace(" ", "")
    )
    (demand,) = told(0x28, asdu)["points"]
    assert (demand["part"], demand["value"], demand["at"]) == ("demand", "16", "2026-03-10T08:30:00")
    tariffs = told(0x28, bytes((160, 1, 5, 1, 0, 0, 1)) + bytes(26) + bytes.fromhex("000001041A"))["points"]
    assert [one["part"] for one in tariffs] == [
        "total",
        "tariff1",
        "tariff2",
        "tariff3",
        "tariff4",
        "tariff5",
    ]


def test_what_is_not_known_is_kept():
    strange = told(0x28, bytes((99, 1, 5, 1, 0, 0)) + b"AB")
    assert (strange["ok"], strange["data"]["body"], strange["points"]) == (True, "4142", [])
    misfit = told(0x28, bytes((2, 1, 5, 1, 0, 0)) + b"AB")
    assert (misfit["data"]["tail"], misfit["points"]) == ("4142", [])
    assert "take 7 bytes" in misfit["data"]["why"]
    short = told(0x28, b"\x02\x01")
    assert (short["ok"], short["error"]) == (False, {"kind": "length"})


@given(st.binary(max_size=120))
def test_any_bytes_can_be_told(raw):
    splitter = Splitter()
    for stream in (raw, b"\x68\x20\x20\x68" + raw, b"\x68\x20\x20\x68"):
        for frame in splitter.feed(stream) + splitter.flush():
            json.dumps(explain(frame, stream))


@given(st.binary(min_size=0, max_size=100), st.sampled_from([0x28, 0x53]))
def test_any_application_data_can_be_told(asdu, control):
    frame = Frame(control, 1, asdu)
    json.dumps(explain(frame, encode(frame)))
