from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.report.success import Due, cutoffs, data_day, missing, success

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 5, 20)
MIDNIGHT = datetime(2026, 5, 21, tzinfo=SHANGHAI)


def due(meter, after=None, outcome="ok", **fields):
    arrived = None if after is None else MIDNIGHT + timedelta(hours=after)
    return Due(
        meter=meter, task="daily", target="jzq1", slot=MIDNIGHT, arrived=arrived, outcome=outcome, **fields
    )


def test_the_value_of_midnight_is_of_the_day_that_ends():
    assert data_day(MIDNIGHT, SHANGHAI) == DAY
    assert data_day(MIDNIGHT + timedelta(minutes=15), SHANGHAI) == date(2026, 5, 21)


def test_three_cut_offs():
    assert [str(at)[:16] for at in cutoffs(DAY, SHANGHAI)] == [
        "2026-05-21 07:00",
        "2026-05-22 00:00",
        "2026-05-28 00:00",
    ]


def test_by_count_and_by_energy():
    found = success(
        [due("M1", 1), due("M2", 7.5), due("M3", 48), due("M4", None, "timeout")],
        {"M1": 10.0, "M2": 20.0, "M3": 30.0, "M4": 40.0},
        SHANGHAI,
        ["task"],
    )
    (row,) = found
    assert (row.group, row.key, row.day, row.due) == ("task", "daily", DAY, 4)
    assert (row.first_run, row.headline, row.after_rereads) == (0.25, 0.5, 0.75)
    assert (row.first_run_energy, row.headline_energy) == (pytest.approx(0.1), pytest.approx(0.3))
    assert row.after_rereads_energy == pytest.approx(0.6)


def test_what_is_exactly_at_the_cut_off_counts():
    (row,) = success([due("M1", 7)], {}, SHANGHAI, ["task"])
    assert (row.first_run, row.first_run_energy) == (1.0, None)


def test_by_every_grouping_that_a_meter_has():
    rows = success(
        [due("M1", 1, transformer="T1", line="L1"), due("M2", None, "timeout", line="L1")], {}, SHANGHAI
    )
    assert [(row.group, row.key, row.headline) for row in rows] == [
        ("task", "daily", 0.5),
        ("target", "jzq1", 0.5),
        ("transformer", "T1", 1.0),
        ("line", "L1", 0.5),
    ]


def test_why_a_value_is_missing():
    rows = list(missing([due("M1", 1), due("M2", None, "timeout"), due("M3", None, "ok")], SHANGHAI))
    assert [(row.meter, row.reason) for row in rows] == [("M2", "timeout"), ("M3", "not_accepted")]
