"""A customer in the archive of the wrong area, from a month of registers to a finding, over every store."""

from tests.gateway.master.grid import FOUND, LAST, NAMED, by_the_hour, grid, moved, sent, used
from tests.gateway.master.make import batch
from tests.gateway.master.plant import Plant, end
from tests.gateway.master.stores.asking import ask


def test_a_customer_of_the_wrong_area_is_named(store):
    plant = Plant(store, grid())
    plant.send(*sent(used(), moved()))
    plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW"), ("P041", "LOW3")]
    assert [state for state, severity in ask(store, NAMED) if severity == 1]


def test_hours_tell_where_days_are_all_alike(store):
    plant = Plant(store, grid())
    readings, sums = by_the_hour(LAST)
    for first in range(0, len(readings), 400):
        plant.send(*readings[first : first + 400])
    plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW")]
    for first in range(0, len(sums), 200):
        store.write([batch(1_000 + first, *sums[first : first + 200], kind="aggregate")], end(LAST))
    plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW"), ("P041", "LOW3")]
