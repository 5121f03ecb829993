"""Load records and freeze blocks."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import record, value
from protocols.dlt645.catalogue import lookup

AT = datetime(2024, 8, 7, 13, 45)
STAMP = "4513070824"
ONE = "0522072209223412003512003612000050"
TWO = "503200101000201100201100010200000100500000510000"


def load_record(*groups: str, stamp: str = STAMP, mark: str = "A0A0") -> bytes:
    """A record of six groups as a meter writes it (Annex B)."""
    inner = bytes.fromhex(stamp + "".join(group + "AA" for group in groups))
    body = bytes.fromhex(mark) + bytes((len(inner),)) + inner
    return body + bytes((sum(body) & 0xFF, 0xE5))


def decode(di: str, data: bytes, overrides=None):
    return value.decode(lookup("2007", di), data, overrides)


def test_groups_carry_live_identifiers_and_the_record_s_time():
    items = decode("06000001", load_record(ONE, TWO, "", "", "", ""))
    assert [str(item.value) for item in items[:8]] == [
        "220.5", "220.7", "220.9", "1.234", "1.235", "1.236", "50.00", "0.3250",
    ]  # fmt: skip
    assert [item.point for item in items[:8:7]] == ["1-0:32.7.0", "1-0:16.7.0"]
    assert items[7].id == "02030000"
    assert {item.at for item in items} == {AT}
    assert len(items) == 15


def test_a_group_alone_and_several_records():
    four = "01000000020000000300008004000000"
    data = load_record("", "", "", four, "", "") + load_record("", "", "", four, "", "", stamp="0014070824")
    items = decode("06040001", data)
    assert [item.value for item in items[:4]] == [Decimal(n).scaleb(-2) for n in (1, 2, -3, 4)]
    assert items[2].point == "dlt645-2007:00030000"
    assert items[4].at == datetime(2024, 8, 7, 14, 0)
    assert items.trailing == 0


def test_no_matching_record_gives_nothing():
    assert decode("06000001", b"") == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (load_record(ONE, "", "", "", "", "", mark="E0E0"), "invalid"),
        (load_record(ONE, "", "", "", "", "")[:-2] + b"\x00\xe5", "checksum"),
        (load_record(ONE, "", "", "", "", "", stamp="4513320824"), "time"),
    ],
)
def test_a_record_that_is_not_right_gives_no_value(data, error):
    items = decode("06000001", data)
    assert len(items) == 7
    assert {(item.value, item.error) for item in items} == {(None, error)}


def test_a_record_cut_short_keeps_the_whole_ones():
    whole = load_record(ONE, "", "", "", "", "")
    items = decode("06000001", whole + whole[:20])
    assert len(items) == 7
    assert items.trailing == 20


def test_a_freeze_block_needs_the_mode_word():
    data = bytes.fromhex("0000010524") + bytes.fromhex("01000000") * 2 + bytes.fromhex("010000") * 8
    unknown = decode("0506FF01", data)
    assert unknown[0].value == "2024-05-01T00:00"
    assert unknown[1].error == "mode"
    known = decode("0506FF01", data, {"0506FF01": {"mode": 0x81, "tariffs": 1}})
    assert [item.point for item in known[1:4]] == ["1-0:1.8.0", "1-0:1.8.1", "1-0:16.7.0"]
    assert {item.at for item in known} == {datetime(2024, 5, 1)}
    assert known.trailing == 0


@pytest.mark.parametrize(
    ("di", "first", "last", "unit"),
    [
        ("03010101", "start", "C.ampere_hours", "Ah"),
        ("03300D01", "start", "after.QIV", "kvarh"),
        ("03300201", "time", "C.QIV_at", ""),
        ("03350001", "start", "after.reverse", "kWh"),
        ("03300401", "operator", "after", ""),
        ("03120101", "start", "demand_at", "kW"),
        ("03100000", "minutes", "lowest_at", ""),
        ("03300501", "time", "224", ""),
    ],
)
def test_parts_have_names_and_units(di, first, last, unit):
    entry = lookup("2007", di)
    items = decode(di, bytes(int(entry.length)))
    assert (items[0].part, items[-1].part) == (first, last)
    assert items[-1].unit == unit
    assert len({item.part for item in items}) == len(items)


def test_the_length_of_a_record_is_foreseen():
    everything = load_record(*("00" * size for size in (17, 24, 8, 16, 16, 6)))
    assert record.group_bytes(range(1, 7)) == len(everything)


@given(st.binary(max_size=250))
def test_any_bytes_whatever_are_no_exception(data):
    for di in ("06000001", "0506FF01"):
        items = decode(di, data)
        assert all(item.value is None or item.error in {None, "record", "mode"} for item in items)


@given(st.integers(0, 60), st.integers(0, 7))
def test_no_value_from_a_damaged_record(position, bit):
    data = bytearray(load_record(ONE, TWO, "", "", "", ""))
    data[position % len(data)] ^= 1 << bit
    good = {(item.point, item.value) for item in decode("06000001", load_record(ONE, TWO, "", "", "", ""))}
    for item in decode("06000001", bytes(data)):
        assert item.value is None or item.error == "record" or (item.point, item.value) in good
