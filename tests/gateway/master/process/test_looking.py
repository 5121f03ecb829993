"""What a day or month asks of those after it."""

from datetime import date

from gateway.energy.period import Span
from gateway.master.process.codes import micros
from gateway.master.process.looking import Looking
from gateway.master.process.marks import Work, days_of
from gateway.master.process.order import Order
from tests.gateway.master.plant import CHINA, Plant, end, registers
from tests.gateway.master.stores.asking import ask


def begun(store, day: date, last: date, **work):
    """The first period of an order of one day, or its month where `last` lets it close."""
    order = Order(days_of({day: Work(**work)}, CHINA), last)
    period, found = list(order)[-1]
    return order, Looking(store, period, order, found)


def test_what_changed_is_noted_where_later_days_do_not_wait_anyway(store):
    Plant(store)
    order, looking = begun(store, date(2026, 3, 2), date(2026, 3, 4), gateways={1})
    looking.note(Work(gateways={1}), [7])
    looking.add([], {})
    assert [(period.day.day, work.meters) for period, work in order] == [(3, {7}), (4, {7})]
    order, looking = begun(store, date(2026, 3, 2), date(2026, 3, 2), gateways={1})
    looking.note(Work(gateways={1}), [7])
    assert looking.changed.meters == set()


def test_what_is_carried_on_reaches_the_next_day_alone(store):
    Plant(store)
    order, looking = begun(store, date(2026, 3, 2), date(2026, 3, 4), meters={7})
    looking.carried = {7}
    looking.add([], {})
    assert [(period.day.day, work.meters) for period, work in order] == [(3, {7})]


def test_what_a_feed_wants_judged_later_is(store):
    Plant(store)
    order, looking = begun(store, date(2026, 3, 2), date(2026, 3, 5), meters={7})
    looking.add([], {micros(end(date(2026, 3, 3))): {7, 8}, micros(end(date(2026, 3, 9))): {9}})
    assert [(period.day.day, work.meters) for period, work in order] == [(4, {7, 8})]


def test_days_that_were_estimated_are_estimated_again_by_a_month_that_changed(store):
    plant = Plant(store)
    plant.usual(2)
    plant.send(*registers("HOME1", ["0", "40"], first=date(2026, 5, 1)))
    plant.run(date(2026, 5, 3))
    rows = ask(
        store,
        "SELECT DISTINCT CAST(day AS TEXT) FROM energy_daily WHERE meter = 'HOME1' AND computed <> 'read'",
    )
    unread = {date.fromisoformat(day) for (day,) in rows if day >= "2026-04-01"}
    assert date(2026, 5, 1) not in unread
    meter = store.ids["meters"]["HOME1"]
    order, looking = begun(store, date(2026, 3, 31), date(2026, 5, 3), meters={meter})
    assert looking.period.span is Span.MONTH
    looking.note(Work(meters={meter}), [meter])
    looking.add([], {})
    assert (
        {period.day for period in order.waiting if period.span is Span.DAY}
        == {day for day in unread if day.month == 4}
        != set()
    )
