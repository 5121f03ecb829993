"""Periods in their order, and what looks back at them."""

from datetime import date

from gateway.energy.period import Span
from gateway.master.process.marks import Work, days_of, months_of
from gateway.master.process.order import Order
from tests.gateway.master.plant import CHINA

LAST = date(2026, 3, 31)


def days(*wanted: int, **work) -> Order:
    return Order(days_of({date(2026, 3, day): Work(**work) for day in wanted}, CHINA), LAST)


def test_what_changed_is_computed_in_the_days_after_it_as_well_and_no_further_than_they_have_closed():
    order, seen = days(29, meters={1}), []
    for period, work in order:
        seen.append((period.day.day, set(work.meters), set(work.nodes)))
        if period.day.day == 29:
            order.add(order.after(period), Work(meters={7}, nodes={3}))
    assert seen == [(29, {1}, set()), (30, {7}, {3}), (31, {7}, {3})]
    assert sorted(day.day for day in order.done) == [29, 30, 31]


def test_a_day_is_looked_back_at_for_thirty_days_and_a_month_for_seventeen_months():
    order = days(1)
    ((first, _),) = order
    assert [len(order.after(first)), order.after(first)[-1].day.day] == [30, 31]
    old = date(2024, 1, 5)
    months = Order(months_of({old: Work(meters={1})}, date(2020, 1, 1), LAST, CHINA), LAST)
    ((month, _),) = months
    assert month.span is Span.MONTH
    assert [one.day.isoformat() for one in months.after(month)][::16] == ["2024-02-01", "2025-06-01"]


def test_days_that_wait_anyway_with_the_whole_gateway_need_nothing_more():
    order = days(30, 31, gateways={1})
    period, work = next(iter(order))
    after = order.after(period)
    assert order.covers(after, work.gateways)
    assert not order.covers(after, {1, 2})
    order.add(after, Work())
    assert [one.meters for _, one in order] == [set()]


def test_one_day_alone_leaves_later_ones_to_the_next_run():
    order = Order(days(29, meters={1}).waiting, LAST, alone=True)
    for period, _ in order:
        order.add(order.after(period), Work(meters={7}, nodes={3}))
    assert [day.day for day in order.done] == [29]
    late = [
        ("2026-03-30", 0, 7, 0),
        ("2026-03-30", 0, 0, 3),
        ("2026-03-31", 0, 7, 0),
        ("2026-03-31", 0, 0, 3),
    ]
    assert order.marks() == late
