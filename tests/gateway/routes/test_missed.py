"""Who was missed for days (gateway.routes.missed)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.routes.missed import missed
from tests.gateway.dumps.toy import archive, meter

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 5, 10, 2, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 9, 16, tzinfo=UTC)
"""Local midnight between the 9th and the 10th: the slot of data day 9."""


def days(*outcomes, until=MIDNIGHT):
    """Daily slots, the last one at `until`; each a mapping of meters to outcomes."""
    count = len(outcomes)
    return [(until - timedelta(days=count - 1 - n), told) for n, told in enumerate(outcomes)]


def assets(slots, known=None, wanted=3, now=NOW):
    known = known or archive(meter("M1"), meter("M2"))
    return [one.meter.asset_no for one in missed(slots, known, now, ZONE, wanted)]


def test_three_days_without_anything():
    slots = days(*[{"M1": "timeout", "M2": "ok"}] * 3)
    assert assets(slots) == ["M1"]
    assert assets(slots[1:]) == []


def test_one_value_of_any_task_is_enough():
    slots = days(*[{"M1": "timeout"}] * 3)
    noon = datetime(2026, 5, 8, 4, tzinfo=UTC)
    assert assets([*slots, (noon, {"M1": "partial"})]) == []
    assert assets([*slots, (noon, {"M1": "refused"})]) == ["M1"]


def test_a_value_fetched_late_counts():
    assert assets(days({"M1": "timeout"}, {"M1": "backfilled"}, {"M1": "timeout"})) == []


def test_a_value_of_today_takes_it_off():
    slots = days(*[{"M1": "timeout"}] * 3)
    assert assets([*slots, (NOW - timedelta(minutes=15), {"M1": "ok"})]) == []


def test_since_when():
    slots = days({"M1": "ok"}, *[{"M1": "timeout"}] * 5)
    (one,) = missed(slots, archive(meter("M1")), NOW, ZONE, 3)
    assert (one.last, one.days) == (date(2026, 5, 4), 5)


def test_the_midnight_belongs_to_the_day_that_ends():
    early = datetime(2026, 5, 9, 17, tzinfo=UTC)  # an hour after that midnight
    assert assets(days(*[{"M1": "timeout"}] * 3), now=early) == ["M1"]


def test_meters_out_of_service_or_unknown_are_left_out():
    known = archive(meter("M1", status="suspended"), meter("M2", status="removed"), meter("M3"))
    slots = days(*[{"M1": "timeout", "M2": "timeout", "M3": "timeout", "M4": "timeout"}] * 3)
    assert assets(slots, known) == ["M3"]


def test_in_the_order_of_the_walk():
    known = archive(
        meter("M1", route="0002", sequence=1),
        meter("M2", route="0001", sequence=10),
        meter("M3", route="0001", sequence=9),
    )
    assert assets(days(*[dict.fromkeys(["M1", "M2", "M3"], "timeout")] * 3), known) == ["M3", "M2", "M1"]
