"""Months as the rules see them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.energy.loss import Part
from gateway.energy.period import Span, period_of
from gateway.energy.record import Aggregate, Computed, Loss, LossState
from gateway.master.process.codes import micros
from gateway.master.process.energies import Kept
from gateway.master.process.feeds import monthly
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.feeds.monthly import MonthEnergies, MonthEstimates, MonthLosses
from gateway.master.process.history import month_before
from gateway.master.process.nodes import Balance
from gateway.master.process.roll import Entry, Roll

MAY = period_of(datetime(2026, 5, 1, tzinfo=UTC), Span.MONTH)


def start(back: int) -> int:
    return micros(month_before(MAY, back).start)


def entry(
    number: int = 7, asset: str = "A", *, status: str = "in service", since: str | None = None
) -> Entry:
    return Entry(
        number,
        asset,
        ["", status, "", "", 6, 2, "1", "1", 0, "", since, None, "", None, None, None, "", None],
    )


def customers(energy: int | None, past, monkeypatch, *, computed: str = "read", **known):
    monkeypatch.setattr(monthly, "monthly", lambda *given: past)
    monkeypatch.setattr(monthly, "exchanges_in", lambda *given: [])
    one = Kept(energy, 0, energy, (0, 0, 0, "1", computed, "FREEZE", "", "PASSED"))
    value = None if energy is None else Decimal(energy)
    part = Customers(Roll({7: entry(**known)}), {7: value}, 1, {(7, 1): one})
    return MonthEnergies().customers(Around(None, MAY, {}), part).get(7)


def test_the_same_month_of_last_year_goes_before_the_last_three(monkeypatch):
    past = {
        7: {start(1): (Decimal(30), "read"), start(2): (Decimal(62), "read"), start(5): (Decimal(9), "read")}
    }
    assert customers(310, past, monkeypatch) == {"month_daily": 10.0, "usual": 1.5}
    past[7][start(12)] = (Decimal(155), "read")
    assert customers(310, past, monkeypatch) == {"month_daily": 10.0, "usual": 5.0}


def test_estimates_are_neither_judged_nor_a_measure(monkeypatch):
    past = {7: {start(1): (Decimal(30), "estimated"), start(2): (Decimal(62), "read")}}
    assert customers(310, past, monkeypatch, computed="estimated") == {"month_daily": None, "usual": 2.0}


def test_a_meter_is_measured_by_the_days_on_which_it_was_there(monkeypatch):
    past = {7: {start(1): (Decimal(50), "read")}}
    assert customers(310, past, monkeypatch, since="2026-04-21") == {"month_daily": 10.0, "usual": 5.0}


def test_a_point_out_of_service_is_not_judged(monkeypatch):
    assert customers(310, {}, monkeypatch, status="suspended") is None


class Past:
    """One month of the node."""

    def __init__(self, *rows) -> None:
        self.rows = rows

    def ask(self, name, rows, **more):
        assert (name, rows) == ("losses_monthly", [5])
        return self.rows


def side(share: str, name: str) -> Aggregate:
    return Aggregate(
        node_kind="transformer", node="T1", side=name, span=Span.MONTH, start=MAY.start, end=MAY.end,
        energy=Decimal(100), due=1, present=1, estimated_share=Decimal(share),
    )  # fmt: skip


def balance(rate: str | None = "0.04", parts=(), entries=None) -> Balance:
    loss = Loss(
        node_kind="transformer", node="T1", span=Span.MONTH, start=MAY.start, end=MAY.end,
        supply=Decimal(3100), sale=Decimal(2976), loss=Decimal(124), rate=None if rate is None else Decimal(rate),
        state=LossState.NORMAL, due=4, present=3,
    )  # fmt: skip
    sides = side("0", "supply"), side("0.25", "sale")
    return Balance(5, ("transformer", "T1"), sides, loss, list(parts), entries or {})


def test_a_month_of_a_node_stands_beside_the_months_before():
    rows = [(5, start(1), 50_000, 600_000, 2), (5, start(17), 30_000, None, 2)]
    got = MonthLosses().nodes(Around(Past(*rows), MAY, {}), [balance()])[5]
    assert (got["month_daily"], got["usual"], got["estimated_share"]) == (100.0, 200.0, 0.25)
    assert got["rates"] == (0.03, *[None] * 15, 0.05, 0.04)
    assert (got["rate"], got["coverage_count"]) == (0.04, 0.75)


def test_supply_without_a_loss_may_lack_members_and_is_not_judged():
    got = MonthLosses().nodes(Around(Past((5, start(1), None, 600_000, 2)), MAY, {}), [balance(None)])[5]
    assert (got["month_daily"], got["usual"]) == (None, None)


class Points:
    def known(self, name, wanted):
        return {"1-0:1.8.0": 1}


@pytest.mark.parametrize(("read", "share"), [(24, 0.2), (0, 1.0), (40, 0.0)])
def test_what_days_that_were_read_do_not_make_of_an_estimated_month_is_its_estimated_share(
    monkeypatch, read, share
):
    days = {7: {1: (Decimal(read), "read"), 2: (Decimal(5), "estimated")}}
    monkeypatch.setattr(monthly, "daily", lambda *given: days)
    parts = [
        Part(meter="A", side="sale", energy=Decimal(30), computed=Computed.ESTIMATED),
        Part(meter="B", side="sale", energy=Decimal(30)),
    ]
    found = MonthEstimates().members(
        Around(Points(), MAY, {}), [balance(parts=parts, entries={"A": entry(), "B": entry(8, "B")})]
    )
    assert found == {"A": {"estimated_share": pytest.approx(share)}}


def test_months_are_counted_over_the_turn_of_a_year():
    assert month_before(MAY, 5).start.date() == date(2025, 12, 1)
    assert month_before(MAY, 17).start.date() == date(2024, 12, 1)
