"""IEC 61968-9 MeterReadings."""

from decimal import Decimal

import pytest

from config.profiles import load_profile
from protocols.dumps import cim
from protocols.dumps.record import Status
from tests.protocols.dumps.toy import parse

FORWARD = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0"
QUARTER = "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0"


def reading(value="150.33", at="2024-05-01T08:30:00+08:00", code=FORWARD, quality="3.0.0", name="Readings"):
    said = f'<ReadingQualities><ReadingQualityType ref="{quality}"/></ReadingQualities>' if quality else ""
    kind = f'<ReadingType ref="{code}"/>' if code else ""
    return f"<{name}><timeStamp>{at}</timeStamp><value>{value}</value>{said}{kind}</{name}>"


def document(*inside, meter="<Meter><Names><name>M1</name></Names></Meter>", year=2011):
    space = f"http://iec.ch/TC57/{year}/MeterReadings#"
    one = f"<MeterReading>{''.join(inside)}{meter}</MeterReading>"
    return f'<MeterReadings xmlns="{space}">{one}</MeterReadings>'.encode()


def test_registers_and_intervals_before_the_meters_name():
    block = "".join(
        reading(str(n), f"2024-05-01T00:{15 * n:02}:00Z", "", "", "IntervalReadings") for n in (1, 2)
    )
    raw = document(f'<IntervalBlocks><ReadingType ref="{QUARTER}"/>{block}</IntervalBlocks>', reading())
    rows, bad, notes = parse(cim, raw, "cim")
    assert not bad
    assert [(row.asset_no, row.point, row.this_read, row.interval) for row in rows] == [
        ("M1", "1-0:1.29.0", Decimal("0.001"), 15),
        ("M1", "1-0:1.29.0", Decimal("0.002"), 15),
        ("M1", "1-0:1.8.0", Decimal("150.33"), None),
    ]
    assert raw[rows[2].offset :].startswith(b"<Readings>")
    assert (notes.records, notes.encoding, notes.refusals) == (3, "utf-8", [])


@pytest.mark.parametrize("year", [2009, 2011, 2016])
def test_any_year(year):
    assert len(parse(cim, document(reading(), year=year), "cim")[0]) == 1


@pytest.mark.parametrize(
    ("code", "point", "value"),
    [
        ("0.0.0.1.19.1.12.0.0.0.0.0.0.0.0.3.72.0", "1-0:2.8.0", "5"),
        ("0.0.0.1.1.1.12.0.0.0.0.2.0.0.0.3.72.0", "1-0:1.8.2", "5"),
        ("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.0.72.0", "1-0:1.8.0", "0.005"),
        ("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.6.72.0", "1-0:1.8.0", "5000"),
        ("0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.73.0", "1-0:3.8.0", "5"),
        ("0.0.0.6.1.1.8.0.0.0.0.0.0.0.0.3.38.0", "1-0:1.6.0", "5"),
        ("2.6.7.1.0.12.0.0.0.3.72", "1-0:1.8.0", "5"),
    ],
)
def test_codes(code, point, value):
    rows, bad, _ = parse(cim, document(reading("5", code=code)), "cim")
    assert not bad
    assert (rows[0].point, rows[0].this_read) == (point, Decimal(value))


@pytest.mark.parametrize(
    "code",
    [
        "",
        "1.2.3",
        "0.0.0.1.1.1.54.0.0.0.0.0.0.0.0.0.29.0",
        "x" * 18,
        "0.0.0.1.1.1.12.0.0.0.0.99.0.0.0.3.72.0",
    ],
)
def test_codes_that_are_no_energy(code):
    assert cim.reading_type(code, load_profile("cim")) is None
    rows, bad, notes = parse(cim, document(reading(code=code), reading()), "cim")
    assert (len(rows), bad) == (1, [])
    assert notes.remarks[0][0] == "rows_not_energy"


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], (False, False, False)),
        (["1.0.0"], (False, False, False)),
        (["3.8.0"], (False, True, False)),
        (["3.7.0"], (False, True, False)),
        (["3.5.258"], (False, False, True)),
        (["3.6.0"], (False, False, True)),
        (["3.5.259"], (True, False, False)),
        (["1.4.131", "3.0.0"], (False, False, False)),
        (["nonsense"], (False, False, False)),
    ],
)
def test_qualities(codes, expected):
    assert cim.quality_of(codes) == expected


def test_missing_and_estimated_values():
    rows, _, _ = parse(
        cim, document(reading(quality="3.5.259"), reading("", quality=""), reading(quality="3.8.1")), "cim"
    )
    assert [row.status for row in rows] == [Status.UNREAD, Status.UNREAD, Status.READ]
    assert rows[2].estimated


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"value": "12x"}, "number"), ({"at": "yesterday"}, "time"), ({"at": ""}, "time_missing")],
)
def test_bad_values(given, reason):
    rows, bad, _ = parse(cim, document(reading(), reading(**given)), "cim")
    assert len(rows) == 1
    assert [one.reason for one in bad] == [reason]


@pytest.mark.parametrize(
    ("meter", "asset", "cons"),
    [
        (
            "<Meter><mRID>m</mRID><Names><name>N</name><NameType><name>T</name></NameType></Names></Meter>",
            "N",
            "",
        ),
        ("<Meter><mRID>m</mRID></Meter>", "m", ""),
        ("<Meter><Names><name>N</name></Names><Names><name>O</name></Names></Meter>", "N", ""),
        ("<UsagePoint><Names><name>U</name></Names></UsagePoint>", "", "U"),
        ("<UsagePoint><mRID>u</mRID></UsagePoint><Meter><Names><name>N</name></Names></Meter>", "N", "u"),
    ],
)
def test_names(meter, asset, cons):
    rows, bad, _ = parse(cim, document(reading(), meter=meter), "cim")
    assert not bad
    assert (rows[0].asset_no, rows[0].cons_no) == (asset, cons)


def test_nobodys_values():
    _, bad, _ = parse(cim, document(reading(), meter=""), "cim")
    assert [one.reason for one in bad] == ["identity_missing"]
    _, _, notes = parse(cim, b"<html/>", "cim")
    assert notes.refusals == [("header", "html")]
