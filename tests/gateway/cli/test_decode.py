"""`meterd decode --json` says of every real frame what its source says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli import _build
from tests.protocols.dlt645.frames import ALL, INVALID, STREAMS, VALID, by_id

NAMES = ("seq", "time", "password_level", "operator", "command", "deadline", "baud", "blocks", "baud_word",
         "payload_hex", "old", "new", "event_di", "terminal_output", "extra_hex", "error_raw", "trailing_hex",
         "length_mismatch", "meter_address", "error_byte", "di")  # fmt: skip


def run(*arguments: str, stdin: str | None = None):
    return CliRunner().invoke(_build(["decode"]), ["decode", *arguments], input=stdin)


def objects(result) -> list[dict]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def as_text(value):
    """A vector's value in the form of the command line."""
    if isinstance(value, dict):
        return None
    if not isinstance(value, str) or not re.match(r"(YY|MM|hh)=", value):
        return str(value)
    parts = dict(part.split("=") for part in value.split("-"))
    day = f"20{parts['YY']}-{parts['MM']}-{parts['DD']}" if "YY" in parts else ""
    clock = ":".join(parts[name] for name in ("hh", "mm", "ss") if name in parts)
    return day + ("T" if day and clock else "") + clock


def flat(values):
    for value in values:
        yield from value if isinstance(value, list) else [value]


@pytest.mark.parametrize("row", VALID, ids=by_id)
def test_every_valid_frame(row):
    result = run("--json", row["hex"])
    (found,) = objects(result)
    assert result.exit_code == 0
    assert found["ok"]
    assert (found["line"], found["protocol"]) == (1, f"dlt645-{row['standard']}")
    assert (found["address"], found["control"], found["function"]) == (
        row["address"],
        row["control"],
        row["function"],
    )
    assert found["direction"] == ("up" if row["direction"] == "meter_to_master" else "down")
    assert found["follow"] == row["follow"]
    assert found["raw"] == row["hex"].lstrip("FE") or found["raw"] in row["hex"]
    if row["abnormal"] and "error_bits" in row:
        assert found["error"] == {"kind": "meter", "bits": row["error_bits"]}
    for name in NAMES:
        if name in row:
            assert found["data"][name] == row[name], name
    if "password" in row:
        assert found["data"]["password"] == row["password"].upper()
    if "di" in row and row["direction"] == "master_to_meter" and "values" not in row:
        assert [p["value"] for p in found["points"]] in ([None], [])
    if "di_name" in row and found["points"] and found["points"][0]["id"] == row["di"]:
        assert found["points"][0]["name"] == row["di_name"]
        assert found["points"][0]["name_zh"] == row["di_name_zh"]
    if "values" in row:
        got = []
        for point in found["points"]:
            got.append(point["value"])
            if point["at"] and "demand" in point["name"]:
                got.append(point["at"][:16])
        assert got == [as_text(value) for value in flat(row["values"])]
        if row["unit"] not in ("mixed", "times,min"):
            assert {p["unit"] for p in found["points"]} == {row["unit"]}


@pytest.mark.parametrize("row", INVALID, ids=by_id)
def test_a_frame_that_is_not_valid_says_why_and_has_no_value(row):
    result = run("--json", row["hex"])
    (found,) = objects(result)
    assert result.exit_code == 1
    assert (found["ok"], found["error"]["kind"], found["points"]) == (False, "checksum", [])


@pytest.mark.parametrize("row", STREAMS, ids=by_id)
def test_streams(row):
    found = objects(run("--json", row["hex"]))
    assert sum(bool(one.get("ok")) for one in found) == row["expected_valid_frames"]


def test_noise_is_one_last_object_and_wake_up_bytes_are_none():
    found = objects(run("--json", "FEFE68010044235200689106333634359555DD16", "0102FE03"))
    assert [one.get("noise") for one in found] == [None, 4]
    assert objects(run("--json", "FEFE68010044235200689106333634359555DD16"))[-1].get("noise") is None


def test_a_part_that_is_not_bcd_spoils_only_its_point():
    (found,) = objects(run("--json", next(row["hex"] for row in VALID if row["id"] == "V259")))
    assert found["ok"]
    assert (found["points"][0]["value"], found["points"][0]["error"]) == (None, "bcd")


def test_a_stream_a_line_from_stdin_through_the_real_command():
    text = "\n".join(row["hex"] for row in ALL)
    meterd = Path(sys.executable).with_name("meterd")
    result = subprocess.run(
        [meterd, "decode", "--json"], input=text, capture_output=True, text=True, check=False
    )
    found = [json.loads(line) for line in result.stdout.splitlines()]
    good = [one for one in found if one.get("ok")]
    assert len(good) == len(VALID) + sum(row["expected_valid_frames"] for row in STREAMS)
    assert [one["line"] for one in good[:3]] == [1, 2, 3]
    assert result.returncode == 1


@pytest.mark.parametrize(("text", "place"), [("68 0G", "4"), ("68 1", "3")])
def test_bad_hex_names_its_place(text, place):
    result = run(text)
    assert result.exit_code == 2
    assert place in result.stderr


def test_an_unknown_protocol_names_the_known_ones():
    result = run("--protocol", "dlt646", "68")
    assert result.exit_code == 2
    assert "dlt645-1997" in result.stderr


def test_nothing_found_is_a_failure():
    assert run("--json", "0102").exit_code == 1


def test_a_generation_can_be_forced():
    hex_ = "68010000000000680301007A16"
    assert objects(run("--json", "--protocol", "dlt645-1997", hex_))[0]["protocol"] == "dlt645-1997"


@given(st.binary(max_size=120))
def test_any_bytes_are_explained_or_counted(data):
    result = run("--json", data.hex() or "00")
    assert result.exit_code in (0, 1)
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)


@given(st.sampled_from(VALID), st.integers(0, 2000), st.integers(1, 255))
def test_a_corrupted_frame_never_gives_a_value(row, at, change):
    raw = bytearray.fromhex(row["hex"]).lstrip(b"\xfe")
    raw[at % len(raw)] ^= change
    found = objects(run("--json", bytes(raw).hex()))
    assert not any(one.get("ok") for one in found)


QUESTION, ANSWER = "01040000000271CB", "010404436633341B38"


@pytest.mark.parametrize("protocol", ["auto", "modbus-rtu"])
def test_modbus_on_a_serial_line(protocol):
    result = run("--json", "--protocol", protocol, QUESTION, ANSWER)
    asked, answered = objects(result)
    assert result.exit_code == 0
    assert (asked["direction"], asked["unit"], asked["function"], asked["data"]) == (
        "down",
        1,
        4,
        {"start": 0, "count": 2},
    )
    assert (answered["direction"], answered["registers"]) == ("up", [0x4366, 0x3334])


def test_modbus_is_not_guessed_at():
    assert objects(run("--json", "FF" + QUESTION)) == [{"noise": 9}]
    assert objects(run("--json", QUESTION[:-2] + "00")) == [{"noise": 8}]


def test_modbus_over_tcp_is_asked_for_by_name():
    (found,) = objects(run("--json", "--protocol", "modbus-tcp", "000100000006 1103006B0003"))
    assert (found["unit"], found["function"], found["data"]["transaction"]) == (17, 3, 1)


def test_modbus_in_words():
    shown = run("--protocol", "modbus-rtu", QUESTION, ANSWER).stdout
    assert "read input registers" in shown
    assert "17254 13108" in shown
