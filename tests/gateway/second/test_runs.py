from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.energy.period import Span
from gateway.review.view import Hit
from gateway.second.runs import findings, key_of, span_of

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


def months(*firsts, horizon):
    hits = {date(2026, month, 1): Hit(2, f"0.{month}", "0.5..2", sure=False) for month in firsts}
    return findings("P001", "M1", hits, date(2026, horizon, 1), SHANGHAI, Span.MONTH)


def test_a_finding_of_months_goes_on_while_they_follow_each_other_and_says_which():
    (one,) = months(3, 4, horizon=4)
    assert (one.key, one.state, one.count, one.value) == ("P001:M1:1mo", "confirmed", 2, "2026-04: 0.4")
    assert months(3, horizon=3)[0].state == "open"


def test_a_month_that_passed_ends_it():
    (cleared,) = months(3, horizon=4)
    assert (cleared.state, cleared.ended) == ("cleared", datetime(2026, 4, 1, tzinfo=SHANGHAI))
    assert months(3, horizon=5)[0].state == "closed"
    assert [one.count for one in months(3, 5, horizon=5)] == [1, 1]


def test_months_run_over_the_end_of_a_year():
    hits = {date(2025, 12, 1): Hit(1, "a", "b"), date(2026, 1, 1): Hit(1, "c", "d")}
    (one,) = findings("P031", "x", hits, date(2026, 1, 1), SHANGHAI, Span.MONTH)
    assert (one.began.date(), one.count) == (date(2025, 12, 1), 2)


def test_a_key_says_whether_it_is_of_days_or_of_months():
    assert span_of(key_of("P001", "M1")) is Span.DAY
    assert span_of(key_of("P001", "M1", Span.MONTH)) is Span.MONTH
    assert span_of("P001:M1:1-0:1.8.0") is Span.DAY
