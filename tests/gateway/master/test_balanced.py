"""Why the loss of one day is what it is, on demand."""

from datetime import timedelta
from decimal import Decimal

from gateway.master.balanced import balanced, causes
from tests.gateway.master.plant import FIRST, Plant, registers
from tests.gateway.master.stores.test_process import WITHOUT_EXCHANGE


def test_members_that_take_the_same_every_day_changed_nothing(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(3)
    plant.run(FIRST + timedelta(days=2))
    day, rows = causes(store, "transformer", "T1")
    assert day == FIRST + timedelta(days=2)
    assert {row.meter for row in rows} == {"TOTAL", "HOME1", "HOME2"}
    assert all(row.change_kwh == 0 for row in rows)


def test_a_change_is_told_with_what_it_does_to_the_loss(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(2)
    plant.send(*registers("HOME1", ["190"], first=FIRST + timedelta(days=3)))
    for meter, value in (("TOTAL", "103.75"), ("HOME2", "268")):
        plant.send(*registers(meter, [value], first=FIRST + timedelta(days=3)))
    for meter, value in (("TOTAL", "7.00"), ("HOME2", "5.00")):
        plant.send(*registers(meter, [value], first=FIRST + timedelta(days=3), point="1-0:2.8.0"))
    plant.run(FIRST + timedelta(days=2))
    _, (first, *rest) = causes(store, "transformer", "T1")
    assert (first.meter, first.energy_kwh, first.usual_kwh) == ("HOME1", Decimal(10), Decimal(40))
    assert (first.change_kwh, first.loss_kwh) == (-30, 30)
    assert all(row.change_kwh == 0 for row in rest)


def test_a_node_or_day_that_is_not_there_is_none(store):
    assert balanced(store, "transformer", "T9") is None
    assert causes(store, "transformer", "T1", FIRST) is None
