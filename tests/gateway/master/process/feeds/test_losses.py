"""A balance as the rules see it."""

from datetime import UTC, datetime
from decimal import Decimal

from gateway.energy.period import Span, period_of
from gateway.energy.record import Loss, LossState
from gateway.master.process.feeds.feed import Around
from gateway.master.process.feeds.losses import Losses
from gateway.master.process.nodes import Balance

PERIOD = period_of(datetime(2026, 10, 31, tzinfo=UTC), Span.DAY)
YESTERDAY = int(datetime(2026, 10, 30, tzinfo=UTC).timestamp()) * 1_000_000


class Past:
    def ask(self, name, rows, **more):
        assert (name, rows) == ("losses_daily", [5])
        return [(5, YESTERDAY, 50_000, 20_000, 19_000, 2)]


def balance(**known) -> Balance:
    loss = Loss(
        node_kind="transformer",
        node="T1",
        span=PERIOD.span,
        start=PERIOD.start,
        end=PERIOD.end,
        supply=Decimal(100),
        sale=Decimal(96),
        loss=Decimal(4),
        rate=Decimal("0.04"),
        state=LossState.NORMAL,
        bound=Decimal(2),
        coverage=Decimal("0.99"),
        due=4,
        present=3,
        skew_seconds=30,
        **known,
    )
    return Balance(5, ("transformer", "T1"), (None, None), loss)


def test_the_day_stands_beside_the_days_before():
    got = Losses().nodes(Around(Past(), PERIOD, {}), [balance()])[5]
    assert got["daily"][-2:] == (200.0, 100.0)
    assert got["daily"][:-2] == (None,) * 29
    assert got["sale_daily"][-2:] == (190.0, 96.0)
    assert got["rates"][-2:] == (0.05, 0.04)
    assert (got["rate"], got["bound"], got["coverage_count"]) == (0.04, 0.02, 0.75)
