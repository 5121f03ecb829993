"""What the data of a frame says (protocols.dlt645.body)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.body import describe
from protocols.dlt645.frame import Frame

ADDRESS = "123456789012"


def say(standard, control, data):
    return describe(standard, Frame(ADDRESS, control, bytes.fromhex(data)))


def values(body):
    return [None if item.value is None else str(item.value) for item in body.items]


def test_a_read_request_names_its_identifier():
    body = say("2007", 0x11, "00000100")
    assert (body.di, body.items, body.data, body.error) == ("00010000", None, {}, None)


def test_a_request_for_load_records_carries_blocks_and_a_time():
    assert say("2007", 0x11, "0000000608").data == {"blocks": 8}
    body = say("2007", 0x11, "01000006" + "02" + "3012010526")
    assert body.data == {"blocks": 2, "time": {"mm": "30", "hh": "12", "DD": "01", "MM": "05", "YY": "26"}}


def test_what_follows_an_identifier_that_takes_nothing_is_kept():
    assert say("2007", 0x11, "00000100AB").data == {"extra_hex": "AB"}


def test_a_reply_with_its_value():
    body = say("2007", 0x91, "0000010056341200")
    assert (body.di, values(body)) == ("00010000", ["1234.56"])


def test_more_bytes_than_the_table_says_are_shown():
    body = say("2007", 0x91, "0000010056341200AB")
    assert values(body) == ["1234.56"]
    assert body.data == {"trailing_hex": "AB", "length_mismatch": "table 4, frame 5"}


def test_an_identifier_nobody_knows_keeps_its_payload():
    body = say("2007", 0x91, "EEEEEEEE0102")
    assert (body.di, body.items, body.data) == ("EEEEEEEE", [], {"payload_hex": "0102"})


def test_an_abnormal_reply_names_its_bits():
    body = say("2007", 0xD1, "02")
    assert (body.error, body.data) == (("no requested data",), {"error_byte": "02"})
    assert say("1997", 0xC1, "02").error == ("wrong data identifier",)


def test_a_longer_abnormal_reply_is_shown_as_it_was_sent():
    body = say("2007", 0xD1, "0102")
    assert (body.error, body.data) == ((), {"error_raw": "3435"})


def test_a_part_of_a_longer_answer():
    assert say("2007", 0x12, "00FF010003").data == {"seq": 3}
    body = say("2007", 0xB2, "00FF0100" + "78563412" + "03")
    assert body.data["seq"] == 3
    assert values(body) == ["123456.78"]
    assert body.items[0].point is None  # which member it is stands in the parts before
    assert say("1997", 0xA2, "1F90" + "78563412").data == {"payload_hex": "78563412"}
    last = say("1997", 0x82, "1F90" + "78563412" * 2 + "AA")
    assert [str(item.value) for item in last.items or ()] == ["123456.78"] * 2


def test_addresses():
    assert say("2007", 0x93, "129078563412").data == {"meter_address": ADDRESS}
    assert say("2007", 0x15, "129078563412").data == {"new_address": ADDRESS}


def test_who_asks_for_a_change():
    body = say("2007", 0x14, "01010004" + "02" + "563412" + "78563412" + "03130526")
    assert body.di == "04000101"
    assert {k: body.data[k] for k in ("password_level", "password", "operator")} == {
        "password_level": "02",
        "password": "123456",
        "operator": "12345678",
    }
    assert len(body.items) == 1


def test_trip_and_its_deadline():
    body = say("2007", 0x1C, "02563412" + "78563412" + "1A00" + "595923010526")
    assert body.data["command"] == "1A trip"
    assert body.data["deadline"]["hh"] == "23"


def test_clears():
    who = "02563412" + "78563412"
    assert say("2007", 0x1A, who).data["operator"] == "12345678"
    assert say("2007", 0x1B, who + "FFFFFFFF").data["event_di"] == "FFFFFFFF"
    assert say("1997", 0x10, "").data == {}


def test_speeds_and_outputs():
    assert say("2007", 0x17, "08").data == {"baud_word": "08", "baud": 2400}
    assert say("2007", 0x97, "03").data["baud"] is None
    assert say("2007", 0x1D, "01").data == {"terminal_output": "demand period"}


def test_passwords():
    body = say("2007", 0x18, "01000C04" + "02111111" + "02222222")
    assert (body.di, body.data["old"], body.data["new"]) == ("040C0001", "02111111", "02222222")
    assert say("2007", 0x98, "02222222").data == {"payload_hex": "02222222", "new": "02222222"}
    assert say("1997", 0x0F, "0011111100222222").data == {"payload_hex": "0011111100222222"}


def test_time_and_freeze():
    assert say("2007", 0x08, "595923010526").data["time"]["DD"] == "01"
    assert say("2007", 0x16, "00009999").data["time"] == {"mm": "00", "hh": "00", "DD": "99", "MM": "99"}


@pytest.mark.parametrize("standard", ["1997", "2007"])
@given(control=st.integers(0, 255), data=st.binary(max_size=64))
def test_any_data_is_described(standard, control, data):
    body = describe(standard, Frame(ADDRESS, control, data))
    assert body.error is None or isinstance(body.error, tuple)
