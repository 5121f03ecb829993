"""The archive's tables together (config.assemble)."""

from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.archive import Archive
from config.assemble import load_archive, odd_tables

METERS = "asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\n"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """`read(meters=..., nodes=...)`: the archive and its problems."""
    monkeypatch.setenv("METERD_LANG", "en")

    def archive(**tables):
        for name, content in ({"meters": METERS} | tables).items():
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / f"{name}.csv").write_bytes(raw)
        problems = []
        return load_archive(tmp_path, problems), problems

    return archive


def test_chinese_headers_and_values_in_gb18030(read):
    headers = "资产编号,通信地址,规约,采集点,状态,CT变比,启用日期,接线方式\n"
    text = headers + "A1,12,dlt645-2007,线3,运行,300/5,2026年5月1日,三相四线\n"
    archive, problems = read(meters=text.encode("gb18030"))
    assert not problems
    (meter,) = archive.meters
    assert (meter.address, meter.status, meter.ct) == ("000000000012", "in service", Decimal(60))
    assert (meter.valid_from, meter.wiring) == (date(2026, 5, 1), "3P4W")


def test_no_meters_table(tmp_path):
    problems = []
    assert load_archive(tmp_path, problems).meters == ()
    assert problems[0].key == "meters"


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("M2,1,dlt645-2007,line3", "address"),
        ("M1,2,dlt645-2007,line3", "asset_no"),
        ("M2,12345678901X,dlt645-2007,line3", "address"),
        ("M2,1234567890123,dlt645-2007,line3", "address"),
        ("M2,\uff11\uff12,dlt645-2007,line3", "address"),
        ("M2,,dlt645-2007,line3", "address"),
        ("M2,2,dlt645-2007,line3,5", "row"),
    ],
)
def test_a_bad_row_has_its_number(read, row, key):
    _, problems = read(meters=METERS + row + "\n")
    assert [(p.line, p.key) for p in problems] == [(3, key)]


def test_a_removed_meter_gives_its_address_free(read):
    text = "asset_no,address,protocol,target,status\nM1,1,p,t,removed\nM2,1,p,t,\nM3,1,p,t,拆除\n"
    archive, problems = read(meters=text)
    assert not problems
    assert len(archive.meters) == 3


def test_a_short_row_is_filled(read):
    archive, problems = read(meters="asset_no,address,protocol,target,name\nM1,1,p,t\nM2,2,p,t,x\n")
    assert not problems
    assert [meter.name for meter in archive.meters] == ["", "x"]


def test_relations_name_meters_and_nodes(read):
    _, problems = read(
        relations="meter,node_kind,node,side,sign\nM1,line,L1,supply,1\nM9,台区,T1,售,-1\nM1,line,L1,both,2\n",
        nodes="kind,code,voltage\nline,L1,10000\n",
    )
    assert [(p.line, p.key) for p in problems] == [(4, "side"), (4, "sign"), (3, "meter"), (3, "node")]


def test_a_row_with_a_mistake_is_still_there_for_other_tables(read):
    _, problems = read(
        meters="asset_no,address,protocol,target\nM1,1a,p,t\nM2,2,p,t\n",
        relations="meter,node_kind,node,side\nM1,line,L1,supply\n",
        nodes="kind,code,voltage\nline,L1,high\n",
    )
    assert [(p.file.rpartition("/")[2], p.line, p.key) for p in problems] == [
        ("meters.csv", 2, "address"),
        ("nodes.csv", 2, "voltage"),
    ]


def test_a_period_ends_after_it_begins(read):
    text = "asset_no,address,protocol,target,valid_from,valid_to\nM1,1,p,t,2026-05-02,2026/5/1\n"
    _, problems = read(meters=text)
    assert [(p.line, p.key) for p in problems] == [(2, "valid_to")]


EXCHANGES = "计量点,旧表,新表,换表时间,old:1-0:1.8.0,新:1-0:1.8.0\n"


def test_exchanges_carry_finals_and_initials(read):
    archive, problems = read(exchanges=EXCHANGES + "P1,M0,M1,2026-05-01T10:30:00+08:00,1234.56,0.02\n")
    assert not problems
    (exchange,) = archive.exchanges
    assert exchange.old_finals == {"1-0:1.8.0": Decimal("1234.56")}
    assert exchange.new_initials == {"1-0:1.8.0": Decimal("0.02")}


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("P1,M0,M1,2026-05-01T10:30:00,1,0", "at"),
        ("P1,M0,M1,2026-05-01T10:30:00+08:00,many,0", "old:1-0:1.8.0"),
        ("P1,M0,M1,2026-05-01T10:30:00+08:00,1,NaN", "new:1-0:1.8.0"),
    ],
)
def test_bad_exchanges(read, row, key):
    _, problems = read(exchanges=EXCHANGES + row + "\n")
    assert [(p.line, p.key) for p in problems] == [(2, key)]


def test_an_exchange_column_names_a_register(read):
    text = "mp_no,old_asset,new_asset,at,old:1-0:1.8.x\nP1,M0,M1,2026-05-01T10:30:00+08:00,1\n"
    _, problems = read(exchanges=text)
    (problem,) = problems
    assert (problem.line, problem.key) == (1, "old:1-0:1.8.x")
    assert problem.nearest.startswith("1-0:1.8.")


_CELL = st.text(max_size=8) | st.sampled_from(
    ["M1", "1", "300/5", "2026-05-01", "1/0", "NaN", "1e999999", "-"]
)
_fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_fuzz
@given(raw=st.binary(max_size=120))
def test_any_bytes_are_an_archive_or_problems(read, raw):
    archive, problems = read(meters=raw)
    assert isinstance(archive, Archive)
    assert problems


@_fuzz
@given(cells=st.lists(_CELL, min_size=12, max_size=12))
def test_any_cells(read, cells):
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    header = "asset_no,address,protocol,target,ct,valid_from,digits,lat,sequence,status,baud,capacity_kva\n"
    archive, problems = read(meters=(header + row + "\n").encode("utf-8", "replace"))
    assert len(archive.meters) == 1 or problems or not any(cell.strip() for cell in cells)


@_fuzz
@given(raw=st.binary(max_size=200))
def test_any_bytes_as_a_workbook(tmp_path, raw):
    (tmp_path / "meters.xlsx").write_bytes(b"PK\x03\x04" + raw)
    problems = []
    load_archive(tmp_path, problems)
    assert problems


def test_files_that_look_like_a_table_and_are_not_read(read, tmp_path):
    read()
    for name in ("relation.csv", "Nodes.csv", "meters.xlsx", "exchanges.xls", "notes.csv", "meters.bak"):
        (tmp_path / name).write_text("")
    found = {problem.file.rpartition("/")[2]: problem.expected for problem in odd_tables(tmp_path)}
    assert set(found) == {"relation.csv", "Nodes.csv", "meters.xlsx", "exchanges.xls"}
    assert "relations.csv" in found["relation.csv"]
    assert odd_tables(tmp_path / "none") == []


def test_a_meters_table_of_another_name_is_the_nearest(read, tmp_path):
    problems = []
    (tmp_path / "nodes.csv").write_text("")
    load_archive(tmp_path, problems)
    assert problems[0].nearest == ""
    (tmp_path / "meter.csv").write_text(METERS)
    load_archive(tmp_path, problems := [])
    assert problems[0].nearest == "meter.csv"


def test_a_problem_has_the_header_of_the_table_itself(read):
    _, problems = read(meters="资产编号,表号,规约,采集点\nM1,1a,p,t\n")
    assert (problems[0].key, problems[0].written) == ("address", "表号")
    assert "address (表号)" in str(problems[0])


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_columns_that_are_separated_by_something_else(read, separator):
    _, problems = read(meters=METERS.replace(",", separator))
    assert [(problem.line, problem.expected) for problem in problems] == [(1, "commas")]


def test_a_workbook_that_is_called_csv(read):
    _, problems = read(meters=b"PK\x03\x04whatever")
    assert problems[0].expected == "meters.xlsx"


def test_a_number_that_a_spreadsheet_has_rounded(tmp_path, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    book = openpyxl.Workbook()
    book.active.append(["资产编号", "address", "protocol", "target"])
    book.active.append([1234567890123456789012, 1, "p", "t"])
    book.save(tmp_path / "meters.xlsx")
    problems = []
    load_archive(tmp_path, problems)
    assert [(problem.line, problem.key) for problem in problems] == [(2, "asset_no")]
    assert "format the column as text" in problems[0].message
