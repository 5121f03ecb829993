from datetime import datetime
from zoneinfo import ZoneInfo

from simulators import walked
from simulators.week import week

ZONE = ZoneInfo("Asia/Shanghai")


def test_a_row_a_register_with_local_times_and_a_trailer(tmp_path):
    found = week(datetime(2026, 3, 1, tzinfo=ZONE), seed=3)
    walked.write(found, tmp_path / "dump.txt", ZONE)
    head, *rows, trailer = (tmp_path / "dump.txt").read_text("gb18030").splitlines()
    assert head.startswith("册号,序号,户号,户名,资产编号")
    cells = [row.split(",") for row in rows]
    assert {row[4] for row in cells} == set(found.truth["hand_held_filled"].split())
    assert {row[9] for row in cells} == {"2026-03-10 00:00:00"}
    assert {row[5] for row in cells} == {"正有总", "反有总"}
    assert trailer.split(",")[:2] == ["T", str(len(rows))]
