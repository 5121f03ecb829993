"""Values out of data and back."""

import csv
import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645 import value
from protocols.dlt645.catalogue import lookup
from protocols.dlt645.items import Items

GOLDEN = [
    # standard, identifier, data, what real meters' authors say it is
    ("1997", "B611", "0001", "100"),
    ("1997", "9000", "38000000", "0.38"),
    ("1997", "9010", "15000000", "0.15"),
    ("1997", "9010", "27000000", "0.27"),
    ("1997", "9110", "00000000", "0.00"),
    ("1997", "9020", "00000000", "0.00"),
    ("1997", "B611", "2602", "226"),
    ("1997", "9010", "79261400", "1426.79"),
    ("1997", "C011", "042222", "22:22:04"),
    ("1997", "9010", "03000000", "0.03"),
    ("1997", "C010", "06060719", "2019-07-06"),
    ("1997", "901F", "0300000000000000030000000000000000000000", "0.03 0.00 0.03 0.00 0.00"),
    ("2007", "02010300", "6222", "226.2"),
    ("2007", "0001FF00", "8903000000000000000000008903000000000000", "3.89 0.00 0.00 3.89 0.00"),
    ("2007", "00010000", "07812100", "2181.07"),
    ("2007", "06100101", "00132508223022", "223.0"),
    ("2007", "00000000", "0000000003", "0.00"),
    ("2007", "02010100", "0110", "100.1"),
    ("2007", "02040000", "314300", "0.4331"),
    ("2007", "02050000", "065000", "0.5006"),
    ("2007", "02020100", "994900", "4.999"),
    ("2007", "00010000", "26000000", "0.26"),
    ("2007", "04000503", "5000", "0x0050"),
    ("2007", "02010100", "0000", "0.0"),
    ("2007", "00010000", "86010000", "1.86"),
    ("2007", "00010000", "00000000", "0.00"),
    ("2007", "00000000", "81890100", "189.81"),
    ("2007", "00000000", "14920000", "92.14"),
    ("2007", "04000102", "325318", "18:53:32"),
    ("2007", "04000409", "001200", "1200"),
    ("2007", "00010100", "00000000", "0.00"),
    ("2007", "04000407", "00302E32", "2.0"),
    ("2007", "04000404", "56302E303232", "220.0V"),
    ("2007", "04000405", "000041302E35", "5.0A"),
    ("2007", "0400010C", "22061205311025", "2025-10-31T12:06:22"),
    ("2007", "0400010C", "24061205311025", "2025-10-31T12:06:24"),
    ("2007", "0400010C", "26061205311025", "2025-10-31T12:06:26"),
    ("2007", "00000000", "64027500", "7502.64"),
    ("1997", "9010", "75660000", "66.75"),
    ("1997", "9010", "64930000", "93.64"),
    ("1997", "9010", "00000100", "100.00"),
    ("1997", "9010", "00080000", "8.00"),
    ("1997", "9010", "09000000", "0.09"),
    ("1997", "9010", "00000000", "0.00"),
    ("1997", "9010", "48632400", "2463.48"),
    ("1997", "9010", "00880000", "88.00"),
    ("1997", "9010", "48621000", "1062.48"),
    ("2007", "0001FF00", "3429000066070000150600008004000071100000", "29.34 7.66 6.15 4.80 10.71"),
    ("2007", "03300D00", "270000", "27"),
    ("2007", "04000102", "555321", "21:53:55"),
    ("2007", "00010000", "56341200", "1234.56"),
    ("2007", "00010000", "78563412", "123456.78"),
    ("2007", "00010000", "06000000", "0.06"),
    ("2007", "00010000", "00000E00", "bcd"),
    ("2007", "0201FF00", "142300000000", "231.4 0.0 0.0"),
    ("2007", "00010000", "02000000", "0.02"),
    ("2007", "0001FF00", "7901000025000000620000006600000025000000", "1.79 0.25 0.62 0.66 0.25"),
    ("2007", "00010000", "75438400", "8443.75"),
    ("2007", "02800002", "0350", "50.03"),
    ("2007", "04000404", "000056303232", "220V"),
    ("2007", "0001FF00", "9414020004530000745300000354000011540000", "214.94 53.04 53.74 54.03 54.11"),
    ("2007", "02010100", "9722", "229.7"),
    ("1997", "B611", "2002", "220"),
    ("2007", "02020100", "001580", "-1.500"),
    ("2007", "00000000", "34120080", "-12.34"),
    ("2007", "03110001", "000010030524301512030524", "2024-05-03T10:00:00 2024-05-03T12:15:30"),
    ("2007", "03010000", "150000120000250000240000340000300000", "15 12 25 24 34 30"),
    (
        "2007",
        "0101FF00",
        "50070034120504235007003412050423500700341205042350070034120504235007003412050423",
        "0.0750 0.0750 0.0750 0.0750 0.0750",
    ),
    ("2007", "00010000", "16681668", "681668.16"),
]


def decode(standard, di, data, overrides=None):
    entry = lookup(standard, di)
    assert entry is not None
    return value.decode(entry, bytes.fromhex(data), overrides)


def texts(items):
    return [item.error or str(item.value) for item in items]


@pytest.mark.parametrize(("standard", "di", "data", "expected"), GOLDEN)
def test_real_answers(standard, di, data, expected):
    assert texts(decode(standard, di, data)) == expected.split()


def test_a_block_becomes_its_members():
    items = decode("2007", "0001FF00", "8903000000000000000000008903000000000000")
    assert [item.id for item in items] == [f"0001{t:02X}00" for t in range(5)]
    assert [item.point for item in items] == [f"1-0:1.8.{t}" for t in range(5)]
    assert {item.unit for item in items} == {"kWh"}


def test_a_block_over_periods():
    items = decode("2007", "000000FF", "34120080" + "00000000" * 12)
    assert texts(items)[0] == "-12.34"
    assert [item.point for item in items][:2] == ["dlt645-2007:00000000", "dlt645-2007:00000000*1"]


def test_a_block_may_be_shorter_than_the_standard_says():
    assert texts(decode("2007", "0201FF00", "1422")) == ["221.4"]
    assert decode("2007", "0201FF00", "") == []


def test_absent_values_are_none():
    items = decode("2007", "0201FF00", "5622FFFFFFFF")
    assert [item.value for item in items] == [Decimal("225.6"), None, None]
    assert {item.error for item in items} == {None}


def test_a_bad_digit_spoils_its_own_item_only():
    items = decode("2007", "0001FF00", "0000000000000E0012000000")
    assert [item.error for item in items] == [None, "bcd", None]
    assert [item.value for item in items] == [Decimal("0.00"), None, Decimal("0.12")]


@pytest.mark.parametrize(
    ("di", "data", "expected"),
    [
        ("02020100", "000080", "0.000"),
        ("00000000", "00000080", "0.00"),
        ("02020100", "0000FA", "bcd"),
        ("02020100", "999999", "-199.999"),
        ("02020100", "9999F9", "-799.999"),
        ("00010000", "00000080", "800000.00"),
        ("02800007", "2581", "-12.5"),
    ],
)
def test_signs(di, data, expected):
    assert texts(decode("2007", di, data)) == [expected]


def test_signs_within_a_block():
    items = decode("2007", "0203FF00", "000001000001010081FFFFFF")
    assert texts(items) == ["1.0000", "1.0000", "-1.0001", "None"]


def test_bytes_too_many_are_counted():
    assert decode("2007", "00000000", "0000000003").trailing == 1
    assert decode("2007", "02010100", "302201").trailing == 1
    assert decode("2007", "0001FF00", "00000000" * 65).trailing == 4
    assert decode("2007", "0001FF00", "00000000" * 64).trailing == 0


def test_bytes_too_few_are_an_error():
    items = decode("2007", "00010000", "0000")
    assert [(item.id, item.value, item.error) for item in items] == [("00010000", None, "length")]


def test_1997_terminators_are_not_a_rest():
    for end in ("AA", "DD", ""):
        items = decode("1997", "901F", "0300000000000000" + end)
        assert texts(items) == ["0.03", "0.00"]
        assert items.trailing == 0
    assert decode("1997", "901F", "0300000055").trailing == 1


def test_1997_blocks_of_blocks():
    forward, reverse = "01000000" * 5, "02000000" * 5
    plain = decode("1997", "90FF", forward + reverse)
    ended = decode("1997", "90FF", forward + "AA" + reverse + "AA")
    assert plain == ended
    assert [item.point for item in plain][4:6] == ["1-0:1.8.4", "1-0:2.8.0"]


def test_demand_carries_its_time():
    items = decode("2007", "01010000", "5007003412050423")
    assert items[0].at == datetime(2023, 4, 5, 12, 34)
    assert decode("2007", "01010000", "0000000000000000")[0].at is None
    assert decode("2007", "01010000", "FFFFFFFFFFFFFFFF")[0][2:] == (None, "kW", None, None, "")


def test_a_freeze_names_the_live_register():
    items = decode("2007", "05060103", "0100000002000000")
    assert [(item.id, item.point) for item in items] == [("05060103", "1-0:1.8.0"), ("05060103", "1-0:1.8.1")]
    combined = decode("2007", "05060301", "01000080")
    assert (combined[0].point, str(combined[0].value)) == ("dlt645-2007:00030000", "-0.01")
    variables = decode("2007", "05061001", "010000" * 8)
    assert [item.point for item in variables][3:5] == ["1-0:76.7.0", "1-0:131.7.0"]
    assert [item.unit for item in variables][3:5] == ["kW", "kvar"]


def test_the_stamp_of_a_freeze():
    assert texts(decode("2007", "05060001", "0000010524")) == ["2024-05-01T00:00"]


def test_an_hourly_block_carries_its_stamp():
    items = decode("2007", "0504FF01", "0013010524" + "01000000" + "02000000")
    assert [item.point for item in items] == ["1-0:1.8.0", "1-0:2.8.0"]
    assert {item.at for item in items} == {datetime(2024, 5, 1, 13)}


def test_a_curve_with_and_without_stamps():
    stamped = decode("2007", "06100101", "00132508223022" + "15132508223122")
    assert [(item.at, str(item.value)) for item in stamped] == [
        (datetime(2022, 8, 25, 13), "223.0"),
        (datetime(2022, 8, 25, 13, 15), "223.1"),
    ]
    assert stamped[0].point == "1-0:32.7.0"
    assert decode("2007", "06100101", "3022")[0].at is None


def test_event_records_have_named_parts():
    items = decode("2007", "03110001", "000010030524301512030524")
    assert [(item.part, item.value) for item in items] == [
        ("start", "2024-05-03T10:00:00"),
        ("end", "2024-05-03T12:15:30"),
    ]
    counts = decode("2007", "03010000", "150000120000" * 3)
    assert [item.part for item in counts][:3] == ["A.count", "A.minutes", "B.count"]


@pytest.mark.parametrize("length", [131, 115])
def test_a_phase_failure_record_of_either_length(length):
    items = decode("2007", "03040101", "00" * length)
    assert items.trailing == 0
    assert items[-1].part == ("C.ampere_hours" if length == 131 else "C.factor")


@pytest.mark.parametrize(
    ("di", "data", "expected"),
    [
        ("04000101", "02300224", "time"),
        ("04000102", "006018", "time"),
        ("04000102", "FFFFFF", "None"),
        ("04000B01", "9999", "None"),
        ("0400010C", "00000000000000", "None"),
        ("04010001", "020030" + "FFFFFF" * 13, "time"),
        ("04000401", "0A0000000000", "bcd"),
        ("04000501", "FFFF", "0xFFFF"),
    ],
)
def test_times_and_words_out_of_range(di, data, expected):
    assert texts(decode("2007", di, data))[0] == expected


def test_a_model_may_have_its_own_formats():
    tenths = {"B611": {"format": "XXX.X"}}
    assert texts(decode("1997", "B611", "2322", tenths)) == ["222.3"]
    assert texts(decode("1997", "B61F", "232224222522", tenths)) == ["222.3", "222.4", "222.5"]
    assert texts(decode("1997", "B611", "2322", {"B611": {"scale": "0.1"}})) == ["222.3"]
    assert texts(
        decode("2007", "00010000", "0102030405", {"00010000": {"length": 5, "scale": "0.0001"}})
    ) == ["50403.0201"]
    assert texts(decode("2007", "00010000", "01000000", tenths)) == ["0.01"]


ALL_B6 = "2302" * 3 + "0105" * 3 + "003412" * 4 + "0001" * 4 + "0010" * 4 + "0050" + "0012" * 4 + "004512" * 4


@pytest.mark.parametrize("end", ["", "AA", "DD"])
def test_all_momentary_values_of_1997_at_once(end):
    items = decode("1997", "B6FF", ALL_B6 + end)
    assert (len(items), items.trailing) == (27, 0)
    told = {item.id: (item.point, str(item.value), item.unit) for item in items}
    assert told["B612"] == ("1-0:52.7.0", "223", "V")
    assert told["B623"] == ("1-0:71.7.0", "5.01", "A")
    assert told["B630"] == ("1-0:16.7.0", "12.3400", "kW")
    assert told["B643"] == ("1-0:191.7.0", "1.00", "kvar")
    assert told["B650"] == ("1-0:13.7.0", "1.000", "")
    assert told["B660"] == ("1-0:14.7.0", "50.00", "Hz")
    assert told["B683"] == ("1-0:69.7.0", "12.4500", "kVA")


def test_a_mixed_block_of_another_length_is_not_guessed_at():
    (item,) = decode("1997", "B6FF", ALL_B6[:-6])
    assert (item.point, item.value, item.error) == (None, ALL_B6[:-6], "length")
    assert decode("1997", "C01F", "")[0].error == "length"


def test_a_mixed_block_has_a_models_own_formats():
    items = decode("1997", "B6FF", ALL_B6, {"B611": {"format": "XXX.X"}, "B612": {"scale": "0.1"}})
    assert texts(items)[:3] == ["22.3", "22.3", "223"]
    wide = decode("1997", "C01F", "0606071904222200", {"C011": {"format": "hhmmss+NN"}})
    assert [(item.id, item.value) for item in wide][:2] == [("C010", "2019-07-06"), ("C011", "22:22:04")]


def test_blocks_of_parameters_of_1997():
    assert texts(decode("1997", "C01F", "06060719042222")) == ["2019-07-06", "22:22:04"]
    assert texts(decode("1997", "C02F", "140141AA")) == ["0x14", "0x01", "0x41"]
    assert texts(decode("1997", "B21F", "30120105" * 2 + "0100" + "0200" + "030000")) == [
        "05-01T12:30", "05-01T12:30", "1", "2", "3",
    ]  # fmt: skip
    assert texts(decode("1997", "C31F", "0208040501")) == ["2", "8", "4", "5", "1"]
    numbers = decode("1997", "C03F", "001600" * 2 + "123456789012" * 3)
    assert [(item.id, str(item.value)) for item in numbers][1:3] == [
        ("C031", "1600"),
        ("C032", "129078563412"),
    ]


def test_vendor_identifiers():
    own = {"04DFDFDB": {"format": "XX.XX"}}
    assert texts(value.decode_any("2007", "04DFDFDB", b"\x12\x34", own)) == ["34.12"]
    plain = value.decode_any("2007", "04DFDFDB", b"\x12\x34")
    assert [(item.point, item.value) for item in plain] == [("dlt645-2007:04DFDFDB", "1234")]


def table(standard):
    with gzip.open(Path(__file__).parent / "data" / f"di_{standard}.csv.gz", "rt", encoding="utf-8") as file:
        return [lookup(standard, row["di"]) for row in csv.DictReader(file)]


ENTRIES = table("2007") + table("1997")
NUMBERS = [e for e in ENTRIES if e.scale is not None and e.format.strip("XN.") in {"", "{n}"} and not e.live]


@given(st.data())
def test_numbers_survive_the_way_there_and_back(data):
    entry = data.draw(st.sampled_from(NUMBERS))
    single = lookup(entry.standard, entry.members[0]) if entry.members else entry
    places = -single.scale.as_tuple().exponent
    limit = 10 ** (2 * single.length)
    low, high = (1 - limit * 8 // 10, limit * 8 // 10 - 1) if entry.signed else (0, limit - 1)
    number = st.integers(low, high).map(lambda n: Decimal(n).scaleb(-places))
    most = min(len(entry.members), 46) or 1
    values = data.draw(st.lists(st.none() | number, min_size=1, max_size=most))
    items = value.decode(entry, value.encode(entry, values))
    assert [item.value for item in items] == values
    assert items.trailing == 0
    assert all(str(item.value)[:2] != "-0" or item.value for item in items)


@given(st.sampled_from(ENTRIES), st.binary(max_size=220))
def test_any_data_whatever_decodes_or_says_why(entry, data):
    items = value.decode(entry, data)
    assert isinstance(items, Items)
    assert all(
        item.value is None or item.error is None or item.error in {"mode", "record", "length"}
        for item in items
    )
    assert 0 <= items.trailing <= len(data)


@given(st.sampled_from([e for e in NUMBERS if not e.members]), st.binary(min_size=4, max_size=4))
def test_the_fast_way_is_the_slow_way(entry, data):
    """One value more makes the decoder take its general way."""
    data = (data * 2)[: entry.length]
    fast, slow = value.decode(entry, data), value.decode(entry, data + b"\x55")
    assert list(fast) == list(slow)
    assert (fast.trailing, slow.trailing) == (0, 1)


def test_encoding_what_is_not_numbers():
    clock = lookup("2007", "0400010C")
    data = value.encode(clock, [datetime(2025, 10, 31, 12, 6, 22)])
    assert data.hex() == "22061205311025"
    assert value.decode(clock, data)[0].value == "2025-10-31T12:06:22"
    assert value.encode(clock, ["2025-10-31T12:06:22"]) == data
    text = lookup("2007", "04000404")
    assert value.decode(text, value.encode(text, ["220.0V"]))[0].value == "220.0V"
    word = lookup("2007", "04000503")
    assert value.encode(word, ["0x0050"]) == b"\x50\x00"
    demand = lookup("2007", "0101FF00")
    cells = [Decimal("0.075"), datetime(2023, 4, 5, 12, 34)] * 2
    assert value.encode(demand, cells).hex() == "5007003412050423" * 2


@pytest.mark.parametrize(
    "values", [["1234567.00"], ["-1"], ["0.001"], [], ["1", "2"], [datetime(2024, 1, 1)]]
)
def test_what_does_not_fit_is_refused(values):
    with pytest.raises(ValueError, match=r"fit|take"):
        value.encode(lookup("2007", "00010000"), values)
