"""Data units by the tables of Q/GDW 1376.1: every layout's length, tags, curves, fill, parameters."""

from datetime import datetime
from decimal import Decimal

import pytest

from protocols.gdw1376_1.body import decode_body
from protocols.gdw1376_1.catalogue import lookup, size_of, where
from protocols.gdw1376_1.layout import BadData, Reader, parse
from protocols.gdw1376_1.parameters import MeterEntry, decode_f10, encode_f10, request_f10
from tests.protocols.gdw1376_1.frames import asked, explained, unit

READ = "26 14 01 08 10"
DAY = "15 01 14"


def body(afn, text, *, up=True):
    """Decoded to the end."""
    found = decode_body(afn, bytes.fromhex(text), up=up)
    assert (found.error, found.tail) == ("", b"")
    return found.units


def one(afn, fn, text, pn=1, **more):
    (found,) = body(afn, unit(pn, fn).hex() + text, **more)
    assert (found.pn, found.fn) == (pn, fn)
    return found


def values(found):
    return [None if item.value is None else str(item.value) for item in found.items]


# Bytes of one measuring point with four tariffs, without identifier and tag, by clauses 5.11 to 5.14.
SIZES = {
    0x0C: {
        2: 6, 3: 31, 4: 1, 7: 2, 8: 8, 9: 2, 10: 8, 17: 2, 18: 2, 19: 21, 22: 21, 23: 4, 25: 67, 26: 57, 27: 60,
        28: 33, 29: 15, 30: 15, 31: 59, 32: 59, 33: 91, 34: 91, 35: 76, 36: 76, 37: 91, 38: 91, 39: 76, 40: 76, 41: 21,
        48: 21, 49: 12, 129: 31, 130: 26, 131: 31, 132: 26, 133: 26, 136: 26, 137: 31, 138: 26, 144: 26, 145: 41,
        148: 41, 149: 41, 152: 41, 161: 16, 165: 19, 166: 19, 167: 41, 168: 31, 170: 18,
    },
    0x0D: {
        1: 91, 2: 91, 3: 76, 4: 76, 5: 21, 8: 21, 9: 91, 10: 91, 11: 76, 12: 76, 17: 91, 20: 76, 21: 21, 24: 21, 25: 32,
        26: 24, 27: 66, 28: 14, 29: 38, 30: 4, 31: 10, 32: 57, 33: 32, 34: 24, 35: 66, 36: 14, 37: 38, 38: 4, 39: 10,
        43: 6, 44: 6, 45: 10, 46: 10, 49: 4, 51: 4, 53: 4, 54: 4, 73: 2, 74: 2, 75: 4, 76: 4, 81: 3, 84: 3, 85: 3,
        88: 3, 89: 2, 91: 2, 92: 3, 95: 3, 96: 2, 97: 4, 100: 4, 101: 4, 104: 4, 105: 2, 108: 2, 109: 6, 110: 6,
        145: 4, 148: 4, 153: 20, 154: 17, 157: 20, 160: 17, 161: 31, 162: 26, 163: 31, 164: 26, 165: 26, 168: 26,
        169: 31, 176: 26, 177: 31, 184: 26, 185: 41, 188: 41, 189: 41, 192: 41, 193: 41, 196: 41, 209: 16, 213: 19,
        214: 19, 215: 41, 216: 31,
    },
    0x0A: {1: 6, 3: 28, 4: 16, 5: 3, 6: 16, 8: 8, 9: 16, 12: 2, 25: 11, 26: 57, 29: 12, 30: 1, 36: 4, 67: 1},
    0x09: {1: 41},
}  # fmt: skip


@pytest.mark.parametrize(("afn", "fn"), [(afn, fn) for afn, rows in SIZES.items() for fn in rows])
def test_lengths(afn, fn):
    assert size_of(afn, fn) == SIZES[afn][fn]


@pytest.mark.parametrize("fn", range(81, 117))
def test_an_hour_s_values(fn):
    width = {81: 2, 82: 2, 83: 4, 84: 4}.get(fn) or (
        3 if fn <= 96 else 2 if fn <= 99 else 3 if fn <= 103 else 4 if fn <= 112 else 2
    )
    known = lookup(0x0C, fn)
    if known is None:
        assert fn in (85, 86, 87, 88, 104)
        return
    found = one(0x0C, fn, "13 01" + "01" * width * 4)
    assert found.data == {"hour": 13, "density": 1, "n": 4}
    assert len(found.items) == 4
    assert len(one(0x0C, fn, "13 FE" + "01" * width * 12).items) == 12


def test_powers_voltages_currents_as_a_terminal_gave_them():
    found = one(
        0x0C,
        25,
        READ + "73 11 01 25 37 00 25 37 00 24 37 00" + "00 01 00" + "EF" * 9 + "99 09" + "EF" * 6
        + "90 21 00 22 90 21" + "00 17 00 90 16 00 90 16 00 EF EF EF" + "EF" * 12,
        pn=5,
    )  # fmt: skip
    by = {item.point: item for item in found.items}
    assert found.data["read_time"] == "2010-08-01T14:26"
    shown = {name: str(by[name].value) for name in by if by[name].value is not None}
    assert shown == {
        "1-0:16.7.0": "1.1173", "1-0:36.7.0": "0.3725", "1-0:56.7.0": "0.3725", "1-0:76.7.0": "0.3724",
        "1-0:131.7.0": "0.0100", "1-0:13.7.0": "0.999", "1-0:32.7.0": "219.0", "1-0:52.7.0": "220.0",
        "1-0:72.7.0": "219.0", "1-0:31.7.0": "1.700", "1-0:51.7.0": "1.690", "1-0:71.7.0": "1.690",
    }  # fmt: skip


def test_a_daily_freeze_holds_at_the_midnight_that_ends_its_day():
    found = one(0x0D, 161, DAY + READ + "00 78 56 34 12 00")
    (item,) = found.items
    assert (item.point, item.value, item.at) == ("1-0:1.8.0", Decimal("1234.5678"), datetime(2014, 1, 16))
    other = decode_body(
        0x0D, bytes.fromhex(unit(1, 161).hex() + DAY + READ + "00 78 56 34 12 00"), up=True, freeze_offset=0
    )
    assert other.units[0].items[0].at == datetime(2014, 1, 15)
    month = one(0x0D, 177, "02 24" + READ + "00 78 56 34 12 00")
    assert month.items[0].at == datetime(2024, 3, 1)


def test_one_tag_for_an_identifier_or_one_for_each_value():
    row = READ + "00 78 56 34 12 00"
    for text in (DAY + row * 4, (DAY + row) * 4):
        units = body(0x0D, "03 01 05 14" + text)
        assert [(u.pn, u.fn) for u in units] == [(1, 161), (1, 163), (2, 161), (2, 163)]
        assert {u.data["Td_d"] for u in units} == {"2014-01-15"}
    units = body(0x0D, "03 01 05 14" + DAY + row * 4 + unit(9, 162).hex() + DAY + READ + "00 01 00 00 00")
    assert [u.pn for u in units][-1] == 9


def test_demand_and_when_it_occurred():
    together = one(0x0D, 185, DAY + READ + "01" + "34 12 00 30 09 14 01" + "34 02 00 EE EE EE EE")
    assert [(str(i.value), i.at) for i in together.items] == [
        ("0.1234", datetime(2014, 1, 14, 9, 30)),
        ("0.0234", datetime(2014, 1, 16)),
    ]
    apart = one(0x0C, 35, READ + "00" + "34 12 00" + "30 09 31 07" + "02 00 00" + "00 00 00 00")
    assert [(str(i.value), i.at) for i in apart.items] == [
        ("0.1234", datetime(2010, 7, 31, 9, 30)),
        ("0.0002", None),
    ]


@pytest.mark.parametrize(("density", "minutes"), [(1, 15), (2, 30), (3, 60), (254, 5), (255, 1)])
def test_curves(density, minutes):
    found = one(0x0D, 101, f"00 00 01 05 24 {density:02X} 03" + "78 56 34 12" + "EE" * 4 + "FF" * 4)
    assert values(found) == ["123456.78", None, None]
    assert [item.at.hour * 60 + item.at.minute for item in found.items] == [0, minutes, 2 * minutes]
    assert found.data == {"ts": "2024-05-01T00:00", "density": density, "n": 3}


def test_a_whole_day_s_curve_and_one_without_points():
    assert len(one(0x0D, 101, "15 00 01 05 24 01 60" + "00 00 00 01" * 96).items) == 96
    assert one(0x0D, 101, "15 00 01 05 24 01 00").items == ()
    units = body(
        0x0D, unit(1, 81).hex() + "00 00 01 05 24 01 00" + unit(2, 89).hex() + "00 00 01 05 24 01 01 00 22"
    )
    assert [len(found.items) for found in units] == [0, 1]


def test_reactive_quadrants_stand_in_the_order_1_4_2_3():
    assert [lookup(0x0D, fn).layout.fields[0] for fn in (145, 146, 147, 148)] == [
        "1-0:5.8.0", "1-0:8.8.0", "1-0:6.8.0", "1-0:7.8.0",
    ]  # fmt: skip


def test_fill_is_no_value_and_a_fill_for_the_tariffs_means_four():
    found = one(0x0C, 129, READ + "EE" + "EE" * 25)
    assert values(found) == [None] * 5
    assert one(0x0C, 129, "EE" * 5 + "00" + "01" * 5).data["read_time"] is None


def test_sign_and_power_of_ten():
    assert values(one(0x0C, 17, "23 01")) == ["1230000"]
    assert values(one(0x0C, 17, "23 B1")) == ["-12.3"]
    assert values(one(0x0C, 17, "23 E1")) == ["0.123"]
    assert values(one(0x0C, 23, "56 34 12 57")) == ["-7123456000"]


def test_control_state_has_a_row_for_every_group_that_is_flagged():
    found = one(0x0C, 6, "01 00 05" + "23 81 10 0102030405" + "23 81 90 0102030405", pn=0)
    assert [item.part for item in found.items][2:] == [
        "setpoint_1", "float_1", "control_1", "setpoint_3", "float_3", "control_3",
    ]  # fmt: skip
    assert values(found)[2:4] == ["123", "10"]


PARAMETERS = {
    3: ("C0A80001 E803 0A000001 E903 434D4E4554" + "00" * 11,
        {"main_ip": "192.168.0.1", "main_port": "1000", "apn": "CMNET"}),
    9: ("0100000000000080" + "00" * 8, {"valid": "0100000000000080"}),
    14: ("01 01 02 00 C2", {"group_1": "1: +p1 -p3 reverse"}),
    25: ("6400 3C00 0022 50 000300 02", {"voltage_ratio": "100", "current_ratio": "60", "rated_voltage": "220.0"}),
    33: (
        "01 1F 0100 FFFFFF7F 3000 3C 000201 02 00000006 00120018",
        {"schedule_1": "port 31, control 0001, days 7FFFFFFF, at 00:30, every 60 min, clocks set on day 01 at 02:00, "
                       "00:00-06:00, 12:00-18:00"},
    ),
    35: ("02 0100 0200", {"serial_1": "1", "serial_2": "2"}),
    38: ("05 01 01 02 FF00", {"major": "5", "minor_1": "1: FF00"}),
    65: ("C1 000000011224 01 01 01010114", {"unit_1": "p1 F161", "base": "2024-12-01T00:00:00"}),
    66: ("C1 000000016124 01 01 00000102", {"unit_1": "p0 F17"}),
    67: ("55", {"switch": "55"}),
}  # fmt: skip


@pytest.mark.parametrize("fn", PARAMETERS)
def test_parameters_are_queried_and_set_in_one_layout(fn):
    text, known = PARAMETERS[fn]
    for afn, up in ((0x0A, True), (0x04, False)):
        found = one(afn, fn, text, pn=0, up=up)
        told = {item.part: None if item.value is None else str(item.value) for item in found.items}
        assert known.items() <= told.items()


def test_the_meter_archive():
    raw = bytes.fromhex(
        "68E600E6 00684A01 33650002 04770000 02010100 02000200 7F1E1290 78563412 000000000000 040A 000000000000 51"
        + "00" * 16 + "1A16"
    )  # fmt: skip
    (entry,) = explained(raw)["data"]["entries"]
    assert {name: entry[name] for name in ("serial", "point", "port", "baud", "protocol", "address")} == {
        "serial": 2, "point": 2, "port": 31, "baud": 3, "protocol": 30, "address": "123456789012",
    }  # fmt: skip
    assert (entry["tariffs"], entry["integer_digits"], entry["decimals"]) == (4, 6, 3)
    assert (entry["major"], entry["minor"]) == (5, 1)
    rows = [MeterEntry(serial=2, point=2, baud=3, address="123456789012", major=5, minor=1, decimals=3)]
    assert encode_f10(rows) == raw[18:47]
    assert decode_f10(encode_f10(rows)) == rows
    question = explained(asked(0x0A, unit(0, 10) + request_f10([1, 500])))
    assert question["data"] == {"serials": [1, 500]}


@pytest.mark.parametrize("raw", [b"", b"\x01", b"\x01\x00" + bytes(26), b"\xff\xff" + bytes(27 * 20)])
def test_an_archive_that_is_cut_short(raw):
    with pytest.raises(BadData):
        decode_f10(raw)


@pytest.mark.parametrize("field", ["port", "baud", "tariffs", "integer_digits", "decimals", "address"])
def test_an_entry_that_cannot_be_said(field):
    wrong = {"port": 32, "baud": 8, "tariffs": 49, "integer_digits": 8, "decimals": 5, "address": "12"}[field]
    with pytest.raises(ValueError, match=r"\d"):
        MeterEntry(**{"serial": 1, "point": 1, "address": "123456789012", field: wrong}).encode()


@pytest.mark.parametrize(
    "text",
    [
        "EEEEEE" + READ + "00 78 56 34 12 00",
        DAY + READ + "31" + "01" * 20,
        DAY + READ,
        DAY + "00" * 2,
    ],
)
def test_what_cannot_be_taken_apart_is_kept_whole(text):
    raw = bytes.fromhex(unit(1, 161).hex() + DAY + READ + "00 78 56 34 12 00" + unit(2, 161).hex() + text)
    found = decode_body(0x0D, raw, up=True)
    assert [u.pn for u in found.units] == [1]
    assert found.tail == raw[18:]
    assert found.error


def test_where_points_are_found():
    assert where("1-0:1.8.0", "freeze")[0] == (0x0D, 161)
    assert (0x0D, 101) in where("1-0:1.8.0", "load_record")
    assert where("1-0:1.6.0", "settlement")
    assert where("gdw1376.1:0C-F25/x", "live") == ((0x0C, 25),)
    assert where("1-0:32.7.0", "freeze") == ()


@pytest.mark.parametrize("text", ["a:A99", "[a:A1", "nonsense", "$RT"])
def test_a_layout_that_is_none(text):
    with pytest.raises((ValueError, KeyError)):
        parse(text)


def test_flags_counts_and_what_repeats_to_the_end():
    cells = parse("b=B1 [f{i}:B1]*b n=B1 [c{i}:B1]*n [z{i}:B2]*z").read(
        Reader(bytes.fromhex("81 01 02 01 03 0400 0500"))
    )
    assert [(cell.name, int(cell.value)) for cell in cells] == [
        ("f1", 1), ("f8", 2), ("c1", 3), ("z1", 4), ("z2", 5),
    ]  # fmt: skip
    with pytest.raises(BadData):
        parse("[z{i}:B2]*z").read(Reader(b"\x01\x02\x03"))
