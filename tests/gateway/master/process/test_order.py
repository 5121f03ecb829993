"""Periods in their order, and what looks back at them."""

from datetime import date

from gateway.energy.period import Span
from gateway.master.process.marks import Work, days_of
from gateway.master.process.order import Order
from tests.gateway.master.plant import CHINA

LAST = date(2026, 3, 31)


def days(*wanted: int, **work) -> Order:
    return Order(days_of({date(2026, 3, day): Work(**work) for day in wanted}, CHINA), LAST, date(2026, 4, 1))


def test_what_changed_is_computed_in_the_days_after_it_as_well_and_no_further_than_they_have_closed():
    order, seen = days(29, meters={1}), []
    for period, work in order:
        seen.append((period.day.day, set(work.meters), set(work.nodes)))
        if period.day.day == 29:
            order.add(order.after(period), Work(meters={7}, nodes={3}))
    assert seen == [(29, {1}, set()), (30, {7}, {3}), (31, {7}, {3})]


def test_a_day_is_looked_back_at_for_eight_weeks_and_a_month_for_seventeen_months():
    order = days(1)
    order.last = date(2026, 6, 30)
    ((first, _),) = order
    assert [len(order.after(first)), order.after(first)[-1].day.isoformat()] == [56, "2026-04-26"]
    months = Order(days_of({date(2024, 1, 5): Work(meters={1})}, CHINA), LAST)
    _, (month, _) = months
    assert month.span is Span.MONTH
    assert [one.day.isoformat() for one in months.after(month)][::16] == ["2024-02-01", "2025-06-01"]


def test_a_month_is_computed_when_its_days_are_and_before_those_that_follow():
    work = {
        date(2026, 3, 31): Work(meters={1}),
        date(2026, 4, 1): Work(meters={2}),
        date(2026, 3, 1): Work({5}),
    }
    last = date(2026, 4, 1)
    found = [(one.span, one.day.isoformat(), work) for one, work in Order(days_of(work, CHINA), last)]
    assert [one[:2] for one in found] == [
        (Span.DAY, "2026-03-01"),
        (Span.DAY, "2026-03-31"),
        (Span.MONTH, "2026-03-01"),
        (Span.DAY, "2026-04-01"),
    ]
    assert found[2][2] == Work({5}, {1})
    late = Order(days_of(work, CHINA), last, date(2026, 3, 2))
    assert {one.span for one, _ in late} == {Span.DAY}


def test_what_waits_from_the_beginning_is_fresh_and_what_is_added_is_not():
    order, seen = days(29, meters={1}), {}
    for period, _ in order:
        seen[period.day.day] = order.is_fresh(period)
        order.add(order.after(period)[:1], Work(nodes={3}))
    assert seen == {29: True, 30: False, 31: False}


def test_days_that_wait_anyway_with_the_whole_gateway_need_nothing_more():
    order = days(30, 31, gateways={1})
    period, work = next(iter(order))
    after = order.after(period)
    assert order.covers(after, work.gateways)
    assert not order.covers(after, {1, 2})
    order.add(after, Work())
    assert [one.meters for _, one in order] == [set()]


def test_one_day_alone_leaves_later_ones_to_the_next_run():
    order = Order(days(29, meters={1}).waiting, LAST, date(2026, 3, 1), alone=True)
    seen = []
    for period, _ in order:
        seen.append((period.span, period.day.day))
        order.add(order.after(period), Work(meters={7}, nodes={3}))
    assert seen == [(Span.DAY, 29), (Span.MONTH, 1)]
    late = [
        ("2026-03-30", 0, 7, 0),
        ("2026-03-30", 0, 0, 3),
        ("2026-03-31", 0, 7, 0),
        ("2026-03-31", 0, 0, 3),
    ]
    assert order.marks() == late
