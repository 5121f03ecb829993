"""Lines and transformers that lost all their members, over every store."""

from dataclasses import replace
from datetime import timedelta

from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.balanced import balanced
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive
from tests.gateway.master.plant import FIRST, Plant, end, morning, registers
from tests.gateway.master.stores.asking import ask

SECOND = FIRST + timedelta(days=1)
LOSSES = "SELECT day, state, reason, due, loss_kwh FROM transformer_loss WHERE span = '1d' ORDER BY day"
SUMS = "SELECT side, energy_kwh, due FROM transformer_energy WHERE span = '1d' AND day = '{}' ORDER BY side"
FINDINGS = """SELECT state, ended IS NOT NULL AND ended = began FROM finding
    WHERE meter = 'transformer:T1' AND rule = 'P031'"""


def plant_of_two_days(store) -> Plant:
    """An area that loses 40 % of what it is given."""
    plant = Plant(store, archive(exchanges=()))
    for asset, step in (("TOTAL", "2"), ("HOME1", "40"), ("HOME2", "56")):
        plant.send(*registers(asset, [str(100 + n * int(step)) for n in range(4)]))
    for asset in ("TOTAL", "HOME2"):
        plant.send(*registers(asset, ["5.00"] * 4, point="1-0:2.8.0"))
    plant.run(SECOND)
    return plant


def without_area(*relations):
    """The archive when T1 has no member any more but by these relations."""
    kept = tuple(one for one in archive().relations if one.node != "T1")
    return archive(relations=(*kept, *relations), exchanges=())


def test_days_that_are_computed_again_say_that_nobody_is_there(store):
    plant = plant_of_two_days(store)
    assert [row[1] for row in ask(store, LOSSES)] == ["high", "high"]
    assert ask(store, FINDINGS) == [("confirmed", False)]
    keep(store, "so-001", "two", tables_of(without_area()), end(SECOND))
    plant.run(SECOND)
    assert [row[1:] for row in ask(store, LOSSES)] == [("not_computable", "no_members", 0, None)] * 2
    assert {row[2] for row in ask(store, SUMS.format(SECOND))} == {0}
    assert set(ask(store, FINDINGS)) == {("closed", True)}
    assert balanced(store, "transformer", "T1", SECOND) is None
    before = ask(store, "SELECT count(*) FROM loss_row")
    Processor(store, morning(SECOND)).again(SECOND)
    assert ask(store, "SELECT count(*) FROM loss_row") == before  # said once
    third = SECOND + timedelta(days=1)
    plant.run(third)
    assert len(ask(store, LOSSES)) == 2  # a day on which it never had anybody has no loss


def test_members_that_come_back_are_counted_again(store):
    plant = plant_of_two_days(store)
    keep(store, "so-001", "two", tables_of(without_area()), end(SECOND))
    plant.run(SECOND)
    late = tuple(replace(one, valid_from=SECOND) for one in archive().relations if one.node == "T1")
    keep(store, "so-001", "three", tables_of(without_area(*late)), end(SECOND))
    plant.run(SECOND)
    assert [row[1:3] for row in ask(store, LOSSES)] == [("not_computable", "no_members"), ("high", "")]
