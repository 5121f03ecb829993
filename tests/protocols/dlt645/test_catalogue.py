"""The catalogue against the tables of both standards, row by row, and beyond them."""

import csv
import gzip
from pathlib import Path

import pytest

from protocols import points
from protocols.dlt645.catalogue import Entry, identifiers, lookup, own_name

DATA = Path(__file__).parent / "data"
COLUMNS = (
    "name_en",
    "name_zh",
    "format",
    "length_bytes",
    "scale",
    "unit",
    "signed",
    "category",
    "rw",
    "origin",
)
NOT_OURS = "tariffs run 01..3F; only 1..4 expanded here"


def rows(standard: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"di_{standard}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_row(entry: Entry) -> tuple[str, ...]:
    scale = "" if entry.scale is None else format(entry.scale, "f")
    texts = (entry.name, entry.name_zh, entry.format, str(entry.length), scale, entry.unit)
    return (*texts, str(int(entry.signed)), entry.category, entry.rw, entry.origin)


@pytest.mark.parametrize(("standard", "count"), [("2007", 5666), ("1997", 885)])
def test_every_row_of_the_tables(standard, count):
    table = rows(standard)
    assert len(table) == count
    wrong = []
    for row in table:
        entry = lookup(standard, row["di"])
        if entry is None:
            wrong.append((row["di"], None))
        elif as_row(entry) != tuple(row[c] for c in COLUMNS) or entry.notes != row["notes"].replace(
            NOT_OURS, ""
        ):
            wrong.append((row["di"], as_row(entry), entry.notes))
    assert wrong == []


def test_the_data_stays_small():
    folder = Path(__file__).parents[3] / "protocols" / "dlt645" / "data"
    sizes = {path.name: path.stat().st_size for path in folder.glob("*.toml")}
    assert sum(sizes.values()) < 80_000
    assert max(sizes.values()) < 20_000


@pytest.mark.parametrize(
    ("standard", "di", "name", "point"),
    [
        ("2007", "00013F0C", "(settlement -12) forward active energy, tariff 63", "1-0:1.8.63*12"),
        ("2007", "0101053F", None, None),
        ("2007", "01010500", "(current) forward active max demand + time, tariff 5", "1-0:1.6.5"),
        ("2007", "000105FF", "forward active energy tariff 5, current + 12 settlement days", None),
        ("2007", "06100103", "phase C voltage curve", None),
        ("2007", "04040150", "auto-scroll screen 80 item", None),
        ("2007", "05063E10", None, None),
        ("2007", "0506033E", "daily freeze -62: combined reactive 1 energy", None),
        ("1997", "901E", "(current) forward active energy, tariff 14", "1-0:1.8.14"),
        ("1997", "9860", None, None),
        ("1997", "9950", "(month before last) quadrant II reactive energy, total", "1-0:6.8.0*2"),
    ],
)
def test_identifiers_beyond_the_tables(standard, di, name, point):
    entry = lookup(standard, di)
    assert (entry and entry.name) == name
    assert (entry and entry.point) == point


@pytest.mark.parametrize(
    "di", ["", "0001", "000100000", "FF010000", "0001FFFF", "0x010000", "00014000", "zzzzzzzz", "00010O00"]
)
def test_unknown_identifiers(di):
    assert lookup("2007", di) is None


def test_lower_case_is_the_same_identifier():
    assert lookup("2007", "0001ff00") == lookup("2007", "0001FF00")


@pytest.mark.parametrize(
    ("standard", "di", "first", "count"),
    [
        ("2007", "0001FF00", "00010000", 64),
        ("2007", "000102FF", "00010200", 13),
        ("2007", "0201FF00", "02010100", 3),
        ("2007", "0203FF00", "02030000", 4),
        ("2007", "040005FF", "04000501", 7),
        ("1997", "901F", "9010", 15),
        ("1997", "91FF", "9110", 90),
        ("1997", "B61F", "B611", 3),
    ],
)
def test_members_of_blocks(standard, di, first, count):
    entry = lookup(standard, di)
    assert entry is not None
    assert entry.members[0] == first
    assert len(entry.members) == count


def test_quadrants_of_1997_stand_in_their_own_order():
    found = [lookup("1997", f"91{q}0").point for q in range(1, 7)]
    assert found == [None, None, "1-0:5.8.0", "1-0:8.8.0", "1-0:6.8.0", "1-0:7.8.0"]


def test_a_frozen_register_is_the_register():
    frozen = lookup("2007", "05060112")
    assert [lookup("2007", di).point for di in frozen.live[:3]] == ["1-0:1.8.0", "1-0:1.8.1", "1-0:1.8.2"]


def test_combined_energy_has_only_its_own_name():
    entry = lookup("2007", "00000001")
    assert entry.point is None
    assert entry.own == "dlt645-2007:00000000*1"
    assert own_name("1997", "9110") == "dlt645-1997:9110"


@pytest.mark.parametrize("standard", ["2007", "1997"])
def test_every_point_of_the_catalogue_is_in_the_table_of_points(standard):
    wrong = []
    for row in rows(standard):
        entry = lookup(standard, row["di"])
        point = points.find(entry.point) if entry.point else None
        if entry.point and (point is None or (point.unit != entry.unit and point.kind != "clock")):
            wrong.append((entry.id, entry.point, entry.unit, point))
    assert wrong == []


def test_every_identifier_of_1997_is_found_under_itself():
    everything = list(identifiers("1997"))
    assert len(everything) == len(set(everything))
    assert all(lookup("1997", di).id == di for di in everything)


def test_families_of_2007_do_not_hide_each_other():
    everything = [di for di in identifiers("2007") if not di.startswith(("00", "01"))]
    assert len(everything) == len(set(everything))
