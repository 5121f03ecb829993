"""What is known around energies that were not read."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.energy.loss import Part
from gateway.energy.period import Span, period_of
from gateway.energy.record import Computed, Loss, LossState
from gateway.master.process import gaps
from gateway.master.process.codes import micros
from gateway.master.process.fill import Known
from gateway.master.process.gaps import Gaps, balanced, beside, returned
from gateway.master.process.history import month_before
from tests.gateway.master.process.feeds.entries import entry

DAY = period_of(datetime(2026, 6, 8, tzinfo=UTC), Span.DAY)


def start(back: int) -> int:
    return micros(month_before(DAY, back).start)


def part(number: int, energy: int | None = 10, **known) -> Part:
    return Part(meter=f"M{number}", side="sale", energy=None if energy is None else Decimal(energy), **known)


@pytest.mark.parametrize(
    ("months", "wanted"),
    [
        ({12: 300, 13: 310, 1: 620}, (Decimal(10), Decimal(2))),
        ({12: 300}, (Decimal(10), Decimal(1))),
        ({12: 300, 13: 31, 1: 620}, (Decimal(10), Decimal(1))),
        ({13: 310, 1: 620}, (None, Decimal(2))),
    ],
    ids=["grown", "no trend", "a trend beyond measure", "no month"],
)
def test_last_year_and_the_trend_since(monkeypatch, months, wanted):
    past = {7: {start(back): (Decimal(value), "read") for back, value in months.items()}}
    monkeypatch.setattr(gaps, "monthly", lambda *given: past)
    assert Gaps(None, DAY, 1)._years([7])[7] == wanted


def test_an_estimated_month_is_no_measure(monkeypatch):
    monkeypatch.setattr(gaps, "monthly", lambda *given: {7: {start(12): (Decimal(300), "estimated")}})
    assert Gaps(None, DAY, 1)._years([7])[7] == (None, Decimal(1))


def test_a_class_speaks_with_five_of_its_members():
    entries = {f"M{n}": entry(n, customer_class="shop" if n == 9 else "") for n in range(10)}
    parts = [part(n, 10 + n) for n in range(1, 6)] + [part(9, 500)]
    assert beside(Known(), part(0, None), parts, entries, DAY).class_daily == 13
    assert beside(Known(), part(0, None), parts[1:], entries, DAY).class_daily is None


def loss() -> Loss:
    return Loss(
        node_kind="transformer", node="T1", span=Span.DAY, start=DAY.start, end=DAY.end,
        supply=Decimal(100), sale=Decimal(85), loss=None, rate=None, state=LossState.NORMAL,
    )  # fmt: skip


def test_a_balance_speaks_only_for_the_one_that_was_not_read():
    one, norm = part(0, None, computed=Computed.MISSING), Decimal("0.05")
    alone = balanced(Known(), one, [one, part(1)], loss(), norm)
    assert (alone.supply, alone.loss_rate, alone.others) == (100, norm, 85)
    two = [one, part(1, computed=Computed.ESTIMATED)]
    assert balanced(Known(), one, two, loss(), norm) == Known()
    assert balanced(Known(), one, [one], loss(), None) == Known()


class Losses:
    def __init__(self, *rates) -> None:
        self.rates = rates

    def ask(self, name, rows, **more):
        assert (name, rows) == ("losses_daily", [5])
        return [(5, n, rate, 1, 1, 0) for n, rate in enumerate(self.rates)]


def test_the_usual_loss_is_the_median_of_at_least_five_days():
    assert Gaps(Losses(50_000, 40_000, None, 60_000, 900_000, 50_000), DAY, 1).norm(5) == Decimal("0.05")
    assert Gaps(Losses(50_000, 40_000, None, 60_000), DAY, 1).norm(5) is None


def test_days_estimated_in_a_row_come_again_when_the_meter_does(monkeypatch):
    at = {back: micros(datetime(2026, 6, 8 - back, tzinfo=UTC)) for back in range(1, 6)}
    known = {
        at[1]: (Decimal(1), "estimated"),
        at[2]: (Decimal(1), "estimated"),
        at[4]: (Decimal(1), "estimated"),
    }
    monkeypatch.setattr(gaps, "daily", lambda *given: {7: known})
    assert returned(None, DAY, [7], 1) == [(date(2026, 6, 7), 7), (date(2026, 6, 6), 7)]
