"""Green Button feeds."""

from decimal import Decimal

import pytest

from protocols.dumps import espi
from protocols.dumps.record import Status
from tests.protocols.dumps.toy import parse

BASE = "https://x/espi/1_1/resource"


def entry(itself, content, *links):
    tags = f'<link rel="self" href="{BASE}{itself}"/>' + "".join(
        f'<link rel="{r}" href="{BASE}{h}"/>' for r, h in links
    )
    return f"<entry>{tags}<title>t</title><content>{content}</content></entry>"


def kind(number=1, uom=72, power=0, behaviour=4, direction=1):
    fields = f"<accumulationBehaviour>{behaviour}</accumulationBehaviour><flowDirection>{direction}</flowDirection>"
    fields += f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom>"
    return entry(f"/ReadingType/{number}", f"<ReadingType>{fields}</ReadingType>")


def block(point="7", number=1, values=((1_714_521_600, 900, 250, None),)):
    inside = "".join(
        f"<IntervalReading>{f'<ReadingQuality><quality>{q}</quality></ReadingQuality>' if q is not None else ''}"
        f"<timePeriod><duration>{d}</duration><start>{s}</start></timePeriod><value>{v}</value></IntervalReading>"
        for s, d, v, q in values
    )
    way = f"/UsagePoint/{point}/MeterReading/{number}"
    span = "<interval><duration>86400</duration><start>1714521600</start></interval>"
    return entry(
        f"{way}/IntervalBlock/1",
        f"<IntervalBlock>{span}{inside}</IntervalBlock>",
        ("up", f"{way}/IntervalBlock"),
    )


def reading(point="7", number=1, type_=1):
    return entry(
        f"/UsagePoint/{point}/MeterReading/{number}", "<MeterReading/>", ("related", f"/ReadingType/{type_}")
    )


def feed(*entries):
    return ('<feed xmlns="http://www.w3.org/2005/Atom">' + "".join(entries) + "</feed>").encode()


def test_links_in_any_order():
    parts = [
        kind(1),
        kind(2, direction=19, power=3),
        reading("7", 1, 1),
        reading("7", 2, 2),
        block("7", 1),
        block("7", 2),
    ]
    for entries in (parts, parts[::-1]):
        raw = feed(*entries)
        rows, bad, notes = parse(espi, raw, "espi")
        assert not bad
        found = sorted((row.asset_no, row.point, row.this_read, row.interval) for row in rows)
        assert found == [("7", "1-0:1.29.0", Decimal("0.250"), 15), ("7", "1-0:2.29.0", Decimal(250), 15)]
        assert rows[0].read_time.isoformat() == "2024-05-01T00:15:00+00:00"
        assert raw[rows[0].offset :].startswith(b"<IntervalReading>")
        assert notes.records == 2


def test_registers():
    rows, _, _ = parse(
        espi, feed(kind(behaviour=1), reading(), block(values=((1_714_521_600, 0, 5000, 17),))), "espi"
    )
    assert [(row.point, row.this_read, row.interval, row.quality) for row in rows] == [
        ("1-0:1.8.0", 5, None, "17")
    ]


def test_qualities():
    values = tuple((1_714_521_600 + 900 * n, 900, 1, q) for n, q in enumerate((0, 8, 10, 14, 16)))
    rows, _, _ = parse(espi, feed(kind(), reading(), block(values=values)), "espi")
    assert [(row.estimated, row.doubted) for row in rows] == [
        (False, False), (True, False), (False, True), (False, False), (True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ((1_714_521_600, 900, "1x", None), "number"),
        (("x", 900, 1, None), "number"),
        ((10**12 - 1, 900, 1, None), "time"),
        ((1_714_521_600, "x", 1, None), "number"),
    ],
)
def test_bad_values(value, reason):
    good = (1_714_521_600, 900, 1, None)
    rows, bad, _ = parse(espi, feed(kind(), reading(), block(values=(good, value))), "espi")
    assert (len(rows), [one.reason for one in bad]) == (1, [reason])


def test_empty_values_are_missing():
    rows, bad, _ = parse(
        espi, feed(kind(), reading(), block(values=((1_714_521_600, 900, "", None),))), "espi"
    )
    assert (rows[0].status, bad) == (Status.UNREAD, [])


@pytest.mark.parametrize("odd", [kind(uom=169), kind(behaviour=12), kind(uom="x"), kind(direction=4)])
def test_what_is_no_energy(odd):
    rows, bad, notes = parse(espi, feed(odd, reading(), block()), "espi")
    assert (rows, bad) == ([], [])
    assert notes.remarks[0][0] == "rows_not_energy"


def test_without_links():
    span = "<timePeriod><duration>900</duration><start>1714521600</start></timePeriod>"
    inside = f"<IntervalBlock><IntervalReading>{span}"
    raw = feed(
        kind(),
        f"<entry><content>{inside}<value>1</value></IntervalReading></IntervalBlock></content></entry>",
    )
    _, bad, _ = parse(espi, raw, "espi")
    assert [one.reason for one in bad] == ["identity_missing"]
    named = feed(
        kind(),
        entry("/UsagePoint", "<UsagePoint/>"),
        raw.decode().partition("</entry>")[2].removesuffix("</feed>"),
    )
    rows, bad, _ = parse(espi, named, "espi")
    assert (rows[0].asset_no, bad) == ("t", [])
