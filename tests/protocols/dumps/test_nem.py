"""NEM12 and NEM13."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest

from protocols.dumps import nem
from protocols.dumps.record import Bad, Notes, Row, Status
from protocols.dumps.spec import Spec
from tests.protocols.dumps.toy import TZ


def parse(rows, text):
    notes = Notes()
    items = list(rows(io.BytesIO(text.encode()), Spec(name="n", format="nem12"), TZ, notes))
    return [i for i in items if isinstance(i, Row)], [i for i in items if isinstance(i, Bad)], notes


HEAD = "100,NEM12,200405011135,MDA1,Ret1\n"
CHANNEL = "200,VABD000163,E1Q1,1,E1,N1,METSER123,kWh,30,20050610\n"
FLAT = ",".join(["1.111"] * 48)


def day(values=FLAT, quality="A", date="20240501"):
    return f"300,{date},{values},{quality},,,20240502120101,20240502134005\n"


def test_a_day_of_half_hours():
    rows, bad, notes = parse(nem.rows12, HEAD + CHANNEL + day() + "900\n")
    assert not bad
    assert len(rows) == 48
    first, last = rows[0], rows[-1]
    assert (first.point, first.unit, first.asset_no, first.cons_no) == (
        "1-0:1.29.0",
        "kWh",
        "METSER123",
        "VABD000163",
    )
    assert (first.this_read, first.interval, first.status) == (Decimal("1.111"), 30, Status.READ)
    assert first.read_time.isoformat() == "2024-05-01T00:30:00+08:00"
    assert last.read_time.isoformat() == "2024-05-02T00:00:00+08:00"
    assert notes.records == 1
    assert not notes.refusals


@pytest.mark.parametrize(
    ("suffix", "unit", "point", "value"),
    [
        ("B1", "MWh", "1-0:2.29.0", "1111"),
        ("Q1", "kVArh", "1-0:3.29.0", "1.111"),
        ("K1", "varh", "1-0:4.29.0", "0.001111"),
    ],
)
def test_channels(suffix, unit, point, value):
    channel = CHANNEL.replace(",E1,", f",{suffix},").replace("kWh", unit)
    rows, bad, _ = parse(nem.rows12, HEAD + channel + day() + "900")
    assert not bad
    assert (rows[0].point, rows[0].this_read) == (point, Decimal(value))


def test_what_is_no_energy_is_passed_over():
    rows, bad, notes = parse(
        nem.rows12,
        HEAD + CHANNEL.replace("kWh", "V") + day(quality="V") + "400,1,48,A,,\n" + CHANNEL + day() + "900",
    )
    assert (len(rows), bad) == (48, [])
    assert notes.remarks[0][0] == "rows_not_energy"


def test_quality_varies():
    ranges = "400,1,20,A,,\n400,21,24,S14,32,bad\n400,25,30,N,,\n400,31,48,F52,71,\n"
    empty = ",".join(["1.0"] * 24 + [""] * 6 + ["1.0"] * 18)
    rows, bad, _ = parse(
        nem.rows12, HEAD + CHANNEL + day(empty, "V") + ranges + "500,S,RETNSRVCEORD1535,,,\n900\n"
    )
    assert not bad
    assert [row.estimated for row in rows] == [False] * 20 + [True] * 4 + [False] * 6 + [True] * 18
    assert [row.status for row in rows[23:32]] == [Status.READ] + [Status.UNREAD] * 6 + [Status.READ] * 2
    assert rows[22].quality == "S14"


@pytest.mark.parametrize(
    "ranges",
    ["", "400,1,47,A,,\n", "400,1,20,A,,\n400,22,48,A,,\n", "400,1,20,A,,\n400,20,48,A,,\n", "400,1,49,A,,\n",
     "400,1,48,V,,\n", "400,1,48,,,\n", "400,0,48,A,,\n"],
)  # fmt: skip
def test_ranges_that_do_not_cover_the_day(ranges):
    rows, bad, _ = parse(nem.rows12, HEAD + CHANNEL + day(quality="V") + ranges + "900")
    assert not rows
    assert [(one.line, one.reason) for one in bad] == [(3, "quality")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (day(",".join(["1"] * 47)), "quality"),
        (day(",".join(["1"] * 96)), "values_count"),
        (day(date="20240532"), "time"),
        (day(date="240501"), "time"),
        (day(quality="X"), "quality"),
        (day(quality=""), "quality"),
        ("999,what\n", "record_type"),
        ("400,1,x,A,,\n", "quality"),
        ('300,"open\n', "quote"),
    ],
)
def test_bad_records(line, reason):
    text = HEAD + CHANNEL + day(date="20240430") + line + day(date="20240502") + "900\n"
    rows, bad, _ = parse(nem.rows12, text)
    assert [(one.line, one.reason) for one in bad] == [(4, reason)]
    assert text[bad[0].offset :].startswith(line)
    assert len(rows) == 96


@pytest.mark.parametrize(
    ("channel", "reason"),
    [(CHANNEL.replace(",30,", ",20,"), "values_count"), (CHANNEL.replace(",30,", ",x,"), "values_count"),
     ("200,NMI\n", "too_few_cells"), (CHANNEL.replace("METSER123", "<b>"), "identity")],
)  # fmt: skip
def test_bad_channels_take_their_days_with_them(channel, reason):
    rows, bad, _ = parse(nem.rows12, HEAD + channel + day() + CHANNEL + day() + "900")
    assert [one.reason for one in bad] == [reason, "order"]
    assert len(rows) == 48


def test_single_values():
    cells = ["1.0"] * 48
    cells[3], cells[7] = "x", ""
    rows, bad, _ = parse(nem.rows12, HEAD + CHANNEL + day(",".join(cells)) + "900")
    assert [(one.reason, one.field) for one in bad] == [("number", "value 4"), ("value_missing", "value 8")]
    assert len(rows) == 46


def test_without_its_end():
    _, _, notes = parse(nem.rows12, HEAD + CHANNEL + day())
    assert notes.refusals == [("trailer_missing", "900")]
    _, bad, notes = parse(nem.rows12, HEAD + CHANNEL + day() + "900\n" + day())
    assert [one.reason for one in bad] == ["after_trailer"]
    rows, bad, _ = parse(nem.rows12, (HEAD + CHANNEL + day() + "900\n") * 2)
    assert (len(rows), bad) == (96, [])


ROW13 = (
    "250,NEM1201002,1141,01,11,11,METSER66,E,000021.2,20031001103230,A,,,000534.5,20040201100030,E64,77,,343.5,kWh,"
    "20040509,20040202125010,20040203000130"
)


def test_registers():
    text = f"100,NEM13,200405011135,MDA1,Ret1\n{ROW13}\n550,N,,A,\n900\n"
    rows, bad, notes = parse(nem.rows13, text)
    assert not bad
    (row,) = rows
    assert (row.asset_no, row.point) == ("METSER66", "1-0:1.8.0")
    assert (row.this_read, row.last_read) == (Decimal("534.5"), Decimal("21.2"))
    assert (row.estimated, row.quality, row.ex_code) == (True, "E64", "77")
    assert row.read_time - row.last_time == timedelta(days=123) - timedelta(minutes=32)
    assert (notes.records, notes.refusals) == (1, [])


@pytest.mark.parametrize(
    ("old", "new", "point", "value"),
    [
        (",E,0", ",I,0", "1-0:2.8.0", "534.5"),
        ("kWh", "MWh", "1-0:1.8.0", "534500"),
        ("kWh", "kvarh", "1-0:3.8.0", "534.5"),
        (",01,11,", ",01,12,", "1-0:1.8.1", "534.5"),
    ],
)
def test_directions_and_units(old, new, point, value):
    rows, bad, _ = parse(nem.rows13, f"100,NEM13,2,a,b\n{ROW13.replace(old, new, 1)}\n900\n")
    assert not bad
    assert (rows[0].point, rows[0].this_read) == (point, Decimal(value))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",E,0", ",X,0", "read_type"),
        ("kWh", "m3", "unit"),
        ("000534.5", "0005x4.5", "number"),
        ("20040201100030", "20040231100030", "time"),
        ("20040201100030", "", "time_missing"),
        ("E64", "Z", "quality"),
        ("250,", "251,", "record_type"),
        (",E64,77,,343.5,kWh,20040509,20040202125010,20040203000130", "", "too_few_cells"),
    ],
)
def test_bad_registers(old, new, reason):
    rows, bad, _ = parse(nem.rows13, f"100,NEM13,2,a,b\n{ROW13}\n{ROW13.replace(old, new, 1)}\n900\n")
    assert len(rows) == 1
    assert [(one.line, one.reason) for one in bad] == [(3, reason)]


def test_not_read():
    rows, bad, _ = parse(
        nem.rows13, f"100,NEM13,2,a,b\n{ROW13.replace('000534.5', '').replace('E64', 'N')}\n900\n"
    )
    assert (rows[0].status, rows[0].this_read, bad) == (Status.UNREAD, None, [])
