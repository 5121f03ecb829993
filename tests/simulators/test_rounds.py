"""A route list that a simulated technician fills in (simulators.rounds)."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import pytest

from simulators.rounds import Walk, filled

HEAD = "资产编号,示数类型,上次示数,本次示数,抄表时间,抄表标志,异常代码,抄表员\r\n"
ROWS = "".join(
    f"{meter},{kind},{last},,,0,,\r\n"
    for meter in ("0001", "0002", "0003")
    for kind, last in (("正有总", "100.00"), ("峰", "60"), ("谷", ""))
)
WALK = Walk(seed=1, end=datetime(2026, 11, 23, 9))


def walked(walk, encoding="utf-8-sig"):
    raw = filled((HEAD + ROWS).encode(encoding), walk).decode(encoding)
    return list(csv.DictReader(io.StringIO(raw)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_every_register_is_read_and_the_total_is_the_tariffs(encoding):
    rows = walked(WALK, encoding)
    assert [row["资产编号"] for row in rows] == ["0001"] * 3 + ["0002"] * 3 + ["0003"] * 3
    for total, peak, valley in (rows[:3], rows[3:6], rows[6:]):
        moved = [Decimal(row["本次示数"]) - Decimal(row["上次示数"] or 0) for row in (total, peak, valley)]
        assert moved[0] == moved[1] + moved[2] > 0
        assert total["抄表时间"] == peak["抄表时间"] > "2026-11-23 08:50"
    assert {row["抄表标志"] for row in rows} == {"1"}
    assert rows[-1]["抄表时间"] == "2026-11-23 09:00:00"


def test_the_same_seed_walks_alike():
    assert walked(WALK) == walked(WALK)
    assert walked(WALK) != walked(Walk(seed=2, end=WALK.end))


def test_behind_locked_doors_nothing_is_read():
    rows = walked(Walk(end=WALK.end, locked=1.0))
    assert {(row["本次示数"], row["抄表标志"], row["异常代码"], row["抄表时间"]) for row in rows} == {
        ("", "2", "07", "")
    }


@pytest.mark.parametrize("raw", [b"", b"a,b\r\n", b"\xff\xff\xff"])
def test_what_is_no_list(raw):
    with pytest.raises(ValueError, match=r"list|GB18030"):
        filled(raw, WALK)
