from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.review.view import Hit
from gateway.second.runs import findings

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 5, 1)


def hits(*days, severity=1):
    return {FIRST + timedelta(days=day): Hit(severity, f"on {day}", "limit") for day in days}


def found(days, horizon):
    return findings("P031", "transformer:T1", hits(*days), FIRST + timedelta(days=horizon), SHANGHAI)


def test_one_run_is_one_finding_that_lasts():
    (one,) = found([0, 1, 3], 3)
    assert (one.state, one.count, one.ended) == ("confirmed", 3, None)
    assert one.began == datetime(2026, 5, 1, tzinfo=SHANGHAI)
    assert one.value == "on 3"
    assert (one.meter, one.rule) == ("transformer:T1", "P031")


def test_its_life():
    assert [found([0], horizon)[0].state for horizon in (0, 1, 2, 3)] == ["open", "open", "cleared", "closed"]
    assert found([0], 2)[0].ended == datetime(2026, 5, 2, tzinfo=SHANGHAI)


def test_a_cause_that_comes_back_later_is_another_finding():
    before, after = found([0, 1, 6], 6)
    assert (before.state, before.count) == ("closed", 2)
    assert (after.state, after.count) == ("open", 1)


@given(st.sets(st.integers(0, 40), min_size=1), st.randoms(use_true_random=False))
def test_the_order_of_arrival_makes_no_difference(days, random):
    horizon = FIRST + timedelta(days=41)
    given_days = sorted(days)
    random.shuffle(given_days)
    assert findings("P031", "x", hits(*given_days), horizon, SHANGHAI) == findings(
        "P031", "x", hits(*sorted(days)), horizon, SHANGHAI
    )
    assert sum(one.count for one in findings("P031", "x", hits(*days), horizon, SHANGHAI)) == len(days)
