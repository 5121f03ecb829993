import csv
import io
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from openpyxl import load_workbook

from config.text import speaking
from gateway.report.rows import LOSS, LossRow
from gateway.report.table import Column, Table, as_csv, as_json, as_xlsx

ROW = LossRow(
    kind="transformer",
    code="=1+2",
    day=date(2026, 5, 20),
    supply_kwh=Decimal("1000.00"),
    sale_kwh=Decimal("953.20"),
    loss_kwh=Decimal("46.80"),
    loss_rate=Decimal("0.0468"),
    state="normal",
)
TABLE = Table("loss", LOSS, [ROW])


def test_people_read_per_cent_and_machines_shares():
    cells = dict(zip([column.key for column in LOSS], next(TABLE.cells()), strict=True))
    assert (cells["loss_rate"], cells["supply_kwh"], cells["loss_rate_low"]) == ("4.68 %", "1000.00", "")
    (row,) = as_json(TABLE)
    assert (row["loss_rate"], row["day"], row["loss_rate_low"]) == ("0.0468", "2026-05-20", None)


def test_a_code_that_looks_like_a_formula_stays_text():
    head, row = csv.reader(io.StringIO(as_csv(TABLE)))
    assert row[head.index("code")] == "'=1+2"
    assert row[head.index("loss_kwh")] == "46.80"
    sheet = load_workbook(io.BytesIO(as_xlsx(TABLE))).active
    cell = sheet.cell(2, 2)
    assert (cell.value, cell.data_type) == ("=1+2", "s")


def test_titles_in_the_readers_language():
    with speaking("zh"):
        sheet = load_workbook(io.BytesIO(as_xlsx(TABLE))).active
    assert [cell.value for cell in sheet[1]][:7] == [
        "类别", "编号", "日期", "供电量 kWh", "售电量 kWh", "损失电量 kWh", "线损率",
    ]  # fmt: skip
    assert sheet.cell(2, 7).number_format == "0.00 %"


def test_words_of_machines_are_named_in_chinese():
    column = Column("state", "state", "状态", words={"normal": "正常"})
    row = SimpleNamespace(state="normal", other=True)
    assert column.shown(row) == "normal"
    with speaking("zh"):
        assert column.shown(row) == "正常"
        assert column.shown(SimpleNamespace(state="new")) == "new"
        assert Column("other", "other", "其他").shown(row) == "是"
    assert as_json(Table("", [column], [row])) == [{"state": "normal"}]
