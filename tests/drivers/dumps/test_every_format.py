"""Every layout, written by the simulator, read back value by value: both must mean the same format."""

from collections import Counter
from decimal import Decimal

import pytest

from config.profiles import profiles
from drivers.dumps.files import opened
from drivers.dumps.formats import FORMATS, choose, rows
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row, Status
from protocols.dumps.spec import FORMATS as NAMES
from simulators import dumps
from simulators.dumps import FORMATS as WRITTEN
from simulators.dumps import Style, values
from tests.protocols.dumps.toy import TZ

ALL = tuple(profiles())
REGISTERS = tuple(form for form in WRITTEN if form not in {"nem12", "espi"})


def read(path):
    notes = Notes()
    with opened(path) as file:
        items = list(rows(file, choose(file, ALL), TZ, notes))
    return items, notes


def told(form, found):
    """What the values should be: read-outs and NEM files hold numbers without leading zeros."""
    bare = form in {"iec62056-21", "nem13"}
    return Counter(
        (v.asset.lstrip("0") if bare else v.asset, v.point, v.this, v.at.replace(tzinfo=TZ))
        for v in found
        if v.this is not None
    )


def test_every_layout_is_written_and_read():
    assert set(FORMATS) == set(NAMES) == set(WRITTEN)


@pytest.mark.parametrize("form", REGISTERS)
def test_registers_come_back(tmp_path, form):
    found = list(values(120, 7, tariffs=4, unread=0.1))
    path = tmp_path / "dump.bin"
    dumps.write(path, form, found, Style(encoding="utf-8"))
    items, notes = read(path)
    assert not [item for item in items if isinstance(item, Bad)]
    assert not notes.refusals
    current = [
        row for row in items if row.status is Status.READ and "*" not in row.point and ".6." not in row.point
    ]
    zone = {"nem13": 2}.get(form, 0)
    got = Counter((row.asset_no, row.point, row.this_read, row.read_time) for row in current)
    if zone:
        assert {key[:3] for key in got} == {key[:3] for key in told(form, found)}
        assert current[0].read_time.utcoffset().total_seconds() in (8 * 3600, 10 * 3600)
    else:
        assert got == told(form, found)
    if form not in {"iec62056-21"}:
        assert sum(row.status is not Status.READ for row in items) == sum(v.this is None for v in found)


@pytest.mark.parametrize("minutes", [5, 15, 30])
def test_intervals_of_a_day(tmp_path, minutes):
    found = list(values(4, 7, unread=0.5))
    dumps.write(tmp_path / "a", "nem12", found, Style(encoding="utf-8", minutes=minutes))
    items, notes = read(tmp_path / "a")
    count = 1440 // minutes
    assert len(items) == 4 * count
    assert notes.records == 4
    first = items[:count]
    assert all(row.interval == minutes for row in first)
    assert (first[0].read_time.hour * 60 + first[0].read_time.minute) == minutes
    assert (first[-1].read_time - first[0].read_time).total_seconds() == (1440 - minutes) * 60
    for v, day in zip(found, (items[i : i + count] for i in range(0, len(items), count)), strict=True):
        estimated = [row.estimated for row in day]
        assert estimated == (
            [False] * count if v.this is not None else [False] * (count // 2) + [True] * (count // 2)
        )
        step = ((v.this or v.last) - v.last) / count
        assert [row.this_read for row in day] == [
            Decimal(f"{step + Decimal(i % 7) / 1000:.3f}") for i in range(count)
        ]


def test_green_button_intervals(tmp_path):
    found = list(values(5, 7))
    dumps.write(tmp_path / "a", "espi", found)
    items, _ = read(tmp_path / "a")
    assert [row.asset_no for row in items[::4]] == [v.asset for v in found]
    assert [row.this_read for row in items[:4]] == [Decimal(n).scaleb(-3) for n in (250, 251, 252, 253)]
    assert {row.interval for row in items} == {15}
    begun = int(found[0].at.timestamp()) // 900 * 900
    assert int(items[0].read_time.timestamp()) == begun + 900
    assert items[0].point == "1-0:1.29.0"


@pytest.mark.parametrize("form", [form for form in WRITTEN if form not in {"sqlite", "xlsx"}])
def test_offsets_lead_into_the_file(tmp_path, form):
    path = tmp_path / "dump.bin"
    dumps.write(path, form, values(40, 3, tariffs=1), Style(encoding="gb18030"))
    raw = path.read_bytes()
    items, _ = read(path)
    starts = {
        "delimited": b"00", "fixed": b"D", "jsonl": b"{", "nem12": b"300,", "nem13": b"250,", "dbf": b" ",
        "cim": b"<m:Readings", "espi": b"<IntervalReading",
    }  # fmt: skip
    for row in items:
        if form == "iec62056-21":
            assert raw[row.offset :].startswith(row.point.removeprefix("1-0:").partition("*")[0].encode())
        else:
            assert raw[row.offset :].startswith(starts[form])


@pytest.mark.parametrize("form", WRITTEN)
def test_padding_of_xmodem_is_harmless(tmp_path, form):
    path = tmp_path / "dump.bin"
    found = list(values(40, 3))
    dumps.write(path, form, found, Style(encoding="utf-8"), "padded")
    items, notes = read(path)
    assert not notes.refusals
    assert all(isinstance(item, Row) for item in items)


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("seed", range(6))
def test_a_file_cut_short_is_never_taken(tmp_path, form, seed):
    path = tmp_path / "dump.bin"
    dumps.write(path, form, values(60, 3), Style(encoding="utf-8"))
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * (seed + 2) // 9 + 11])
    try:
        _, notes = read(path)
    except DumpError:
        return
    free = {"delimited", "jsonl"}  # their profiles ask for no trailer, so a missing one proves nothing
    assert notes.refusals or form in free
