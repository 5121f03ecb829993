"""Registers to read, and profiles to write them in."""

import tomllib
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from config.profiles.form import made
from protocols.dumps.record import Row, Status
from protocols.dumps.sheet import Sheet, Words

TZ = timezone(timedelta(hours=8))
COMMON = {
    "columns": {
        name: [chinese]
        for name, chinese in {
            "batch_id": "批次号", "route": "册号", "seq": "序号", "cons_name": "户名", "asset_no": "资产编号",
            "read_type": "示数类型", "last_read": "上次示数", "this_read": "本次示数", "last_time": "上次抄表时间",
            "read_time": "抄表时间", "status": "抄表标志", "remark": "备注",
        }.items()
    },
    "values": {"read_type": {"1-0:1.8.0": ["正有总", "11"], "1-0:1.8.2": ["峰", "13"]}, "status": {"unread": ["0"]}},
}  # fmt: skip
FACTS = {"batch_id": "L261123-AB12", "created": "20261123173000"}
FIXED = """
length = 60
[[record]]
prefix = "H"
kind = "header"
fields = [{ field = "batch_id", start = 2, length = 20 }, { field = "created", start = 22, length = 14 }]
[[record]]
prefix = "D"
fields = [
  { field = "asset_no", start = 2, length = 12 },
  { field = "read_type", start = 14, length = 2 },
  { field = "last_read", start = 16, length = 10, decimals = 2 },
  { field = "last_time", start = 26, length = 14 },
  { field = "cons_name", start = 40, length = 5 },
  { field = "this_read", start = 45, length = 10, decimals = 2 },
]
[[record]]
prefix = "T"
kind = "trailer"
fields = [{ field = "count", start = 2, length = 6 }, { field = "total", start = 8, length = 12, decimals = 2 }]
"""
WIDE = """
[registers]
"1-0:1.8.0" = ["FLA", "总"]
"1-0:1.8.2" = ["FLC"]
[last_registers]
"1-0:1.8.0" = ["LASTA"]
"""


def spec(layout="delimited", text=""):
    text = f'title = "x"\ntitle_zh = "x"\nformat = "{layout}"\n{text}'
    return made("own", text, tomllib.loads(text), COMMON)


def row(**fields):
    plain = Row(
        line=0,
        offset=None,
        point="1-0:1.8.0",
        unit="kWh",
        status=Status.UNREAD,
        asset_no="000123456789",
        route="R17",
        seq="3",
        last_read=Decimal("150.34"),
        last_time=datetime(2026, 10, 1, tzinfo=TZ),
    )
    return replace(plain, **fields)


def sheet(*rows):
    return Sheet(rows=rows or (row(),), facts=FACTS)


def words(profile, *, chinese=False, compact=False):
    return Words(profile, TZ, chinese=chinese, compact=compact)
