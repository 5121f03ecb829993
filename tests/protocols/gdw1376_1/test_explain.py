"""What `meterd decode --json` prints of frames of Q/GDW 1376.1."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gdw1376_1.explain import explain
from protocols.gdw1376_1.frame import BadFrame, Frame, Splitter
from protocols.gdw1376_1.frame import encode as encode_frame
from tests.protocols.gdw1376_1.frames import OURS, answer, asked, case, explained, unit

KEYS = {
    "protocol", "ok", "direction", "address", "control", "function", "follow", "error", "data", "points", "raw",
    "msa", "afn", "fn", "pn", "seq", "con", "fir", "fin", "acd", "raw_tail", "inner", "group", "identifier", "prm",
}  # fmt: skip
POINT_KEYS = {"id", "obis", "name", "name_zh", "value", "unit", "at", "pn", "fn"}


def numbers(known, name):
    """All of a vector's points or Fn: beside each other, or unit by unit."""
    rows = [known] if name in known else known["data"]["units"]
    return sorted({number for row in rows for number in row[name]})


@pytest.mark.parametrize("row", OURS, ids=case)
def test_every_frame_seen(row):
    raw, known = bytes.fromhex(row["hex"]), row["decoded"]
    said = explained(raw)
    assert said.keys() == KEYS
    assert (said["protocol"], said["ok"], said["direction"]) == ("gdw1376.1", True, row["direction"])
    assert (said["address"], said["msa"]) == ((known["a1"] + known["a2"]).upper(), known["msa"])
    assert (said["afn"], said["fn"], said["pn"]) == (
        known["afn"],
        numbers(known, "Fn"),
        numbers(known, "pn"),
    )
    seq = known["seq"]
    assert (said["seq"], said["con"], said["fir"], said["fin"]) == (
        seq["seq"],
        seq["con"],
        seq["fir"],
        seq["fin"],
    )
    assert said["acd"] == (known["dir"] and known["bit5_acd"])
    assert said["data"].get("ec") == (known.get("ec") or None)
    assert ("tp" in said["data"]) == bool(seq["tpv"])
    assert said["raw"] == row["hex"]
    assert all(point.keys() >= POINT_KEYS for point in said["points"])
    assert json.dumps(said)
    unknown = known["afn"] in ("AA", "0F") or 139 in said["fn"]
    assert bool(said["raw_tail"]) == unknown


def test_values_of_several_points_and_functions_in_one_unit_stand_point_by_point():
    read = "26 14 01 08 10"
    one = f"{read} 00 78 56 34 12 00"
    # DA p1 p2, DT F129 F131: p outside, F inside.
    said = explained(answer(0x0C, "03 01 05 10" + one * 3 + read + "00 EE EE EE EE EE"))
    assert (said["pn"], said["fn"]) == ([1, 2], [129, 131])
    rows = [(p["pn"], p["fn"], p["obis"], p["value"], p["at"]) for p in said["points"]]
    at = "2010-08-01T14:26:00"
    assert rows == [
        (1, 129, "1-0:1.8.0", "1234.5678", at),
        (1, 131, "1-0:2.8.0", "1234.5678", at),
        (2, 129, "1-0:1.8.0", "1234.5678", at),
        (2, 131, "1-0:2.8.0", None, at),
    ]
    assert said["raw_tail"] == ""


def test_a_question_lists_what_it_asks_for():
    said = explained(bytes.fromhex("68420042 00684B01 33650002 0C62FF01 01100102 01107916"))
    assert (said["direction"], said["afn"], said["fn"], said["pn"]) == (
        "down",
        "0C",
        [129],
        list(range(1, 10)),
    )
    assert [(p["pn"], p["id"], p["value"]) for p in said["points"]] == [
        (pn, "0C-F129", None) for pn in range(1, 10)
    ]
    everything = explained(asked(0x0C, "FF 00 01 10"))
    assert (everything["pn"], everything["fn"], everything["data"]) == ([], [129], {"points": "all"})


def test_a_curve_s_question_names_its_points_only():
    said = explained(bytes.fromhex("684E004E 00684B01 33650002 0D640202 100C0000 01052401 600216"))
    assert (said["pn"], said["fn"]) == ([10], [101])
    assert said["data"] == {"ts": "2024-05-01T00:00", "density": 1, "n": 96}
    assert [(p["obis"], p["value"]) for p in said["points"]] == [("1-0:1.8.0", None)]


def test_a_unit_that_is_not_known_keeps_the_rest_and_says_so():
    good = unit(1, 129) + bytes.fromhex("2614010810 00 7856341200")
    rest = unit(3, 200) + b"\x01\x02\x03"
    said = explained(answer(0x0C, good + rest))
    assert (said["ok"], said["raw_tail"]) == (True, rest.hex().upper())
    assert "F200" in said["data"]["why"]
    assert (said["pn"], said["fn"]) == ([1, 3], [129, 200])
    assert [p["value"] for p in said["points"]] == ["1234.5678"]


def test_what_is_no_bcd_spoils_only_its_value():
    said = explained(answer(0x0C, unit(1, 129) + bytes.fromhex("2614010810 01 78563A1200 0100000000")))
    assert [(p["value"], p.get("error")) for p in said["points"]] == [(None, "bcd"), ("0.0001", None)]


def test_what_is_denied():
    assert explained(answer(0x00, unit(0, 2)))["error"] == {"kind": "meter", "bits": ["all denied"]}
    item = explained(answer(0x00, unit(0, 3) + b"\x04" + unit(0, 10) + b"\x02" + unit(1, 25) + b"\x00"))
    assert item["error"] == {"kind": "meter", "bits": ["p0 F10 error 2"]}
    assert explained(answer(0x00, unit(0, 1)))["error"] is None


def test_a_forwarded_frame_is_explained_too():
    carried = "68611001301215681104333334337B16"
    said = explained(asked(0x10, "00000100 1F 6B BC 0A 1000" + carried, password=True))
    assert said["inner"]["address"] == "151230011061"
    assert said["data"]["frame_timeout_s"] == "60"
    assert explained(answer(0x10, "00000100 1F 0000"))["inner"] is None
    two = explained(answer(0x10, "00000100 1F 2000" + carried * 2))
    assert [one["protocol"] for one in two["inner"]] == ["dlt645-2007"] * 2


def test_events_stand_in_the_data():
    said = explained(answer(0x0E, "00000100 01 00 00 01 0E 0A 40 14 31 07 10 31 11 03 08 10"))
    (event,) = said["data"]["events"]
    assert (event["ERC"], event["Le"], event["began"], event["ended"]) == (
        14,
        10,
        "2010-07-31T14:40",
        "2010-08-03T11:31",
    )


def test_frames_of_one_reply_stand_each_for_itself():
    first = answer(0x0C, unit(1, 129) + bytes.fromhex("2614010810 00 7856341200"), seq=0x43)
    said = explained(first)
    assert (said["fir"], said["fin"], said["follow"], said["seq"]) == (True, False, True, 3)


def test_a_frame_with_a_wrong_sum_or_cut_short():
    raw = answer(0x00, unit(0, 1))
    said = explained(raw[:-2] + b"\x00\x16")
    assert said.keys() == KEYS
    assert (said["ok"], said["error"], said["address"]) == (False, {"kind": "checksum"}, "33010065")
    assert explained(raw[:-1])["error"] == {"kind": "length"}


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=120))
def test_no_data_at_all_makes_it_fail(control, afn, seq, body):
    frame = Frame(control=control, address="33010065", afn=afn, seq=seq, body=body)
    raw = encode_frame(frame)
    (found,) = Splitter().feed(raw)
    assert not isinstance(found, BadFrame)
    assert encode_frame(found) == raw
    said = explain(found, raw)
    assert json.dumps(said)
    assert said["pn"] == sorted(set(said["pn"]))


@given(st.sampled_from([0x00, 0x04, 0x0A, 0x0C, 0x0D, 0x0E, 0x10]), st.data())
def test_nor_do_bytes_behind_every_known_function(afn, data):
    fn = data.draw(st.integers(1, 248))
    body = unit(data.draw(st.sampled_from([0, 1, 2040])), fn) + data.draw(st.binary(max_size=200))
    for raw in (answer(afn, body), asked(afn, body, password=afn in (4, 16))):
        assert json.dumps(explained(raw))
