"""A register that stands at zero at a day's start, over every store: what gateways and the master make of it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.roster import Roster
from gateway.energy.period import Span, period_of
from gateway.energy.record import FORWARD
from gateway.energy.registers import energy_of
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import CHINA, FIRST, Plant, end, registers
from tests.gateway.master.stores.asking import ask

HOME = meter("HOME1")
HOMES = archive(meters=(HOME,), relations=(), exchanges=(), nodes=(), by_asset={"HOME1": HOME})
SPANS = {span: period_of(end(FIRST) - timedelta(hours=12), span) for span in (Span.DAY, Span.MONTH)}
TOLD = (
    "SELECT energy_kwh, computed, reason FROM energy_daily"
    " WHERE meter = 'HOME1' AND day = '2026-03-01' ORDER BY version DESC LIMIT 1"
)
MONTHLY = """SELECT q.computed, q.reason FROM energy_row e JOIN energy_quality q ON q.id = e.quality
    WHERE e.variant & 3 = 3"""
AS_DECREASE = (None, "not_computable", "decrease")


def at_the_master(store, values, last=FIRST):
    """Energy of the first day; the values stand from eight days before it on."""
    plant = Plant(store, HOMES)
    plant.send(*registers("HOME1", values, first=FIRST - timedelta(days=8)))
    plant.run(last)
    return ask(store, TOLD)[0]


def at_the_gateway(values, span=Span.DAY):
    held, period = Boundaries(CHINA), SPANS[span]
    place = Roster(HOMES, CHINA).place("HOME1", period.end)
    for one in registers("HOME1", values, first=FIRST - timedelta(days=8)):
        held.take(one)
    known = {"HOME1": held.registers("HOME1", FORWARD, period.start, period.end, 2)}
    found = energy_of(place, FORWARD, period, known)
    return None if found.energy is None else str(found.energy), str(found.computed), found.reason


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["800", *[None] * 7, "0", "808"], AS_DECREASE),  # the day before is missing
        ([*[None] * 7, "807", "0", "808"], AS_DECREASE),
        ([*[None] * 8, "0", "12345.67"], AS_DECREASE),  # more than any meter counts in a day
        ([*[None] * 8, "0", "3.20"], ("3.20", "read", "")),  # a new meter
        (["0", *[None] * 7, "0", "3.20"], ("3.20", "read", "")),
    ],
)
def test_a_zero_that_was_never_the_register_gives_no_energy(store, values, told):
    found = at_the_master(store, values)
    energy = None if found[0] is None else str(Decimal(found[0]).quantize(Decimal("0.01")))
    assert (energy, *found[1:]) == at_the_gateway(values) == told


def test_so_it_is_with_a_month(store):
    values = ["800", *[None] * 7, "0", *[None] * 30, "850"]
    at_the_master(store, values, date(2026, 3, 31))
    (month,) = set(ask(store, MONTHLY))
    assert (None, *month) == at_the_gateway(values, Span.MONTH) == AS_DECREASE
