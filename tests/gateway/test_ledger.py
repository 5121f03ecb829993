"""Missing slots: oldest first, bounded in memory, refilled from the ledger, let go when too old."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.ledger import LATE, OK, Gap, Gaps
from gateway.schedule import Grid

GRID = Grid("15m", ZoneInfo("Asia/Shanghai"))
NOW = datetime(2026, 5, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def slot(n):
    return NOW - n * QUARTER


def test_the_oldest_slot_whose_turn_it_is_comes_first():
    gaps = Gaps(GRID, ["A", "B"], 62)
    gaps.add(slot(10), ["B"], slot(10))
    gaps.add(slot(20), ["A", "B"], slot(20))
    assert gaps.take(NOW) == Gap(slot(20), ("A", "B"))
    assert gaps.take(NOW) == Gap(slot(10), ("B",))
    assert gaps.take(NOW) is None
    assert gaps.take(NOW + timedelta(hours=1)).slot == slot(20)
    assert (len(gaps), gaps.oldest) == (3, slot(20))


def test_what_came_is_no_longer_missing():
    gaps = Gaps(GRID, ["A", "B"], 62)
    gaps.add(slot(2), ["A", "B"], NOW)
    gaps.settled(slot(2), "A")
    assert gaps.missing(slot(2)) == 1
    gaps.settled(slot(2), "B")
    gaps.settled(slot(2), "B")
    assert (len(gaps), gaps.oldest, gaps.missing(slot(2))) == (0, None, 0)


def test_strangers_and_old_slots_are_not_kept():
    gaps = Gaps(GRID, ["A"], 1)
    gaps.add(slot(2), ["Z"], NOW)
    gaps.add(slot(97), ["A"], NOW)
    assert len(gaps) == 0
    gaps.add(slot(95), ["A"], NOW)
    assert gaps.take(NOW + timedelta(days=1)) is None
    assert (len(gaps), gaps.expired) == (0, 1)


def test_memory_holds_the_oldest_and_the_rest_stays_in_the_ledger():
    gaps = Gaps(GRID, ["A"], 62, held=10)
    for n in range(30, 0, -1):
        gaps.add(slot(n), ["A"], NOW)
    assert len(gaps) == 10
    assert gaps.oldest == slot(30)
    assert gaps.beyond == slot(20)
    assert not gaps.wants_refill()
    for n in range(30, 25, -1):
        gaps.settled(slot(n), "A")
    assert not gaps.wants_refill()
    gaps.settled(slot(25), "A")
    assert gaps.wants_refill()


def test_refill_takes_what_the_ledger_does_not_know_as_present():
    gaps = Gaps(GRID, ["A", "B"], 62)
    marks = {
        slot(3): {"A": OK, "B": OK},
        slot(2): {"A": OK, "B": "timeout"},
        slot(1): {"A": LATE, "B": "refused"},
    }
    gaps.refill(slot(5), slot(1), marks, NOW)
    taken = [gaps.take(NOW) for _ in range(4)]
    assert taken == [Gap(slot(4), ("A", "B")), Gap(slot(2), ("B",)), Gap(slot(1), ("A",)), None]


def test_what_could_not_be_asked_for_is_put_back():
    gaps = Gaps(GRID, ["A"], 62)
    gaps.add(slot(9), ["A"], slot(9))
    assert gaps.take(NOW).slot == slot(9)
    gaps.put_back(slot(9), NOW + timedelta(seconds=30))
    assert gaps.take(NOW) is None
    assert gaps.take(NOW + timedelta(seconds=30)).slot == slot(9)
