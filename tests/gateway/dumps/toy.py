"""A small archive and files to import."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from config.archive import Archive, Meter
from config.profiles import profiles
from gateway.dumps.check import Judging, Shape, check

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2024, 5, 2, tzinfo=UTC)
SHAPE = Shape(profiles=tuple(profiles()), tz=ZONE)
HEAD = "资产编号,示数类型,倍率,上次示数,本次示数,抄表时间,抄表员,抄表方式,异常代码,经度,纬度"


def meter(asset, address="", **given):
    common = {"protocol": "dlt645-2007", "target": "line", "wiring": "1P", "rated_voltage": Decimal(220)}
    common |= {"max_current": Decimal(60), "lat": Decimal("22.512345"), "lon": Decimal("113.123456")}
    return Meter(asset_no=asset, address=(address or asset).zfill(12)[-12:], **(common | given))


def archive(*meters, **given):
    by_asset = {one.asset_no: one for one in meters}
    return Archive(meters=meters, by_asset=by_asset, by_target={"line": meters}, **given)


def line(asset="1001", **given):
    cells = {"type": "总", "factor": "1", "last": "100.12", "this": "150.33", "at": "2024-05-01 08:30:00"}
    cells |= {"reader": "R001", "mode": "1", "code": "00", "lon": "113.123456", "lat": "22.512345"} | given
    return ",".join([asset, *cells.values()])


def dump(tmp_path, *rows, head=HEAD, name="dump.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes("\r\n".join([head, *rows, ""]).encode(encoding))
    return path


def checked(path, arch=None, wanted=None, **given):
    shape = replace(SHAPE, wanted=wanted)
    return check(path, shape, Judging(**({"now": NOW, "archive": arch} | given)))
