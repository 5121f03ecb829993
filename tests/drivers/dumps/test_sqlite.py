"""SQLite files of strangers."""

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from config.profiles import load_profile
from drivers.dumps import sqlite
from drivers.dumps.files import opened
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Notes
from tests.protocols.dumps.toy import TZ

SPEC = load_profile("sqlite")
TABLE = "CREATE TABLE record (asset_no TEXT, this_read REAL, read_time INTEGER, cons_name TEXT)"
ROW = "INSERT INTO record VALUES ('0012', 150.33, 1714523400000, '弢')"


def made(tmp_path, *statements):
    path = tmp_path / "reader.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def read(path):
    notes = Notes()
    with opened(path) as file:
        assert sqlite.fit(file, SPEC) > 0
        return list(sqlite.rows(file, SPEC, TZ, notes)), notes


def reason(path):
    with opened(path) as file, pytest.raises(DumpError) as error:
        list(sqlite.rows(file, SPEC, TZ, Notes()))
    return error.value.reason


def test_rows(tmp_path):
    meta = "CREATE TABLE META_INFO (version TEXT, machine_no TEXT)"
    other = "CREATE TABLE note (asset_no TEXT)"
    items, notes = read(
        made(tmp_path, other, TABLE, ROW, ROW, meta, "INSERT INTO META_INFO VALUES ('2', 'A1')")
    )
    assert [(row.asset_no, row.this_read, row.cons_name, row.line) for row in items] == [
        ("0012", Decimal("150.33"), "弢", 1),
        ("0012", Decimal("150.33"), "弢", 2),
    ]
    assert items[0].read_time.isoformat() == "2024-05-01T00:30:00+00:00"
    assert notes.facts == {"version": "2", "machine_no": "A1"}
    assert items[0].offset is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW v AS SELECT * FROM record",
        "CREATE TRIGGER t AFTER INSERT ON record BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
    ],
)
def test_schemas_that_do_more_than_hold_rows(tmp_path, statement):
    assert reason(made(tmp_path, TABLE, statement)) == "foreign_schema"


def test_many_tables(tmp_path):
    assert reason(made(tmp_path, *(f"CREATE TABLE t{n} (x)" for n in range(300)))) == "foreign_schema"


def test_hostile_names_and_values(tmp_path):
    table = 'CREATE TABLE "re""cord; DROP" ("asset_no" TEXT, "this_read" TEXT, "read_time" TEXT, "x"" FROM y--" TEXT)'
    row = """INSERT INTO "re""cord; DROP" VALUES ('1''; DROP TABLE x', '1', '20240501', '')"""
    good = """INSERT INTO "re""cord; DROP" VALUES ('1', '2', '20240501', x'00ff')"""
    items, _ = read(made(tmp_path, table, row, good))
    assert items[0].reason == "identity"
    assert items[1].this_read == 2


def test_the_file_is_not_changed(tmp_path):
    path = made(tmp_path, TABLE, ROW)
    before = path.read_bytes()
    read(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["reader.db"]


def test_damaged_files(tmp_path):
    path = made(tmp_path, TABLE, *[ROW] * 500)
    raw = path.read_bytes()
    path.write_bytes(raw[:-4096])
    assert reason(path) == "damaged"
    path.write_bytes(raw[:4096] + b"\xff" * 100 + raw[4196:])
    assert reason(path) == "damaged"
    path.write_bytes(raw[:16] + b"\xff" * 2000)
    assert reason(path) == "damaged"
    path.write_bytes(raw + b"\x1a" * 900)
    assert len(read(path)[0]) == 500


def test_a_cell_beyond_all_measure(tmp_path):
    path = made(tmp_path, TABLE, "INSERT INTO record VALUES (hex(zeroblob(2000000)), 1, 1, '')")
    assert reason(path) in {"damaged", "too_large"}


def test_text_that_is_no_utf8(tmp_path):
    path = made(
        tmp_path,
        TABLE,
        f"INSERT INTO record VALUES ('1', 1, 1714523400000, CAST(x'{'弢'.encode('gbk').hex()}' AS TEXT))",
    )
    assert read(path)[0][0].cons_name == "弢"


def test_without_the_columns(tmp_path):
    assert reason(made(tmp_path, "CREATE TABLE t (a, b)")) == "columns_missing"


def test_patience_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_STEPS", 10)
    monkeypatch.setattr(sqlite, "_MOST_STEPS", 3)
    assert reason(made(tmp_path, TABLE, *[ROW] * 500)) == "too_large"
