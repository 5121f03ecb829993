from datetime import date, timedelta
from decimal import Decimal as D

from gateway.energy.loss import LossLimits
from gateway.report.ranking import Counted, ranking
from gateway.report.rows import LossRow

LAST = date(2026, 5, 10)


def row(code, rate, back=0, state="normal", supply="100", hours=24.0):
    loss = None if rate is None else D(supply) * D(rate)
    return LossRow(
        kind="transformer", code=code, day=LAST - timedelta(days=back), supply_kwh=D(supply), sale_kwh=D(0),
        loss_kwh=loss, loss_rate=None if rate is None else D(rate), state=state, hours=hours,
    )  # fmt: skip


def test_the_highest_first_with_the_days_that_it_has_been_so():
    days = [row("T1", "0.2", back, "high") for back in range(3)] + [
        row("T1", "0.05", 3),
        row("T1", "0.2", 4, "high"),
    ]
    found = ranking([*days, row("T2", "-0.05", 0, "negative"), row("T3", "0.04")])
    assert [(one.rank, one.code, one.days) for one in found.rows] == [
        (1, "T1", 3),
        (2, "T3", 1),
        (3, "T2", 1),
    ]
    assert found.rows[0].day == LAST


def test_counters_have_every_node_once_and_every_state():
    rows = [
        row("T1", "0.2", 0, "high"),
        row("T1", "0.04", 1),
        row("T2", None, 0, "not_computable"),
        row("T3", "0.04"),
    ]
    found = ranking(rows)
    assert [one.code for one in found.rows] == ["T1", "T3"]
    assert found.counts == (
        Counted("normal", 1),
        Counted("high", 1),
        Counted("negative", 0),
        Counted("not_computable", 1),
    )


def test_a_node_below_the_floor_of_its_period_is_not_ranked():
    rows = [
        row("T1", "0.9", supply="19"),
        row("T2", "0.05", supply="300", hours=31 * 24),
        row("T3", "0.05", supply="20"),
    ]
    found = ranking(rows)
    assert ([one.code for one in found.rows], found.below) == (["T3"], ("T1", "T2"))
    assert ranking(rows, LossLimits(floor=D(5))).below == ()


def test_of_nothing_there_is_nothing():
    assert (ranking([]).rows, ranking([]).below) == ((), ())
