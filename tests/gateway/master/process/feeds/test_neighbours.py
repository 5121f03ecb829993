"""A customer in the archive of the wrong area, from a month of registers to a finding."""

from config.archive import Relation
from tests.gateway.master.archive.make import archive
from tests.gateway.master.grid import FOUND, LAST, NAMED, grid, moved, sent, used
from tests.gateway.master.plant import Plant
from tests.gateway.master.stores.asking import ask


def test_nobody_is_looked_for_on_another_line(store):
    plant = Plant(store, grid("L2"))
    plant.send(*sent(used(), moved()))
    plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW")]


def test_what_the_archive_sets_right_is_taken_back(store):
    plant = Plant(store, grid())
    plant.send(*sent(used(), moved()))
    plant.run(LAST)
    found = grid()
    relations = [
        one
        if one.meter != "LOW3"
        else Relation(meter="LOW3", node_kind="transformer", node="T-HIGH", side="sale")
        for one in found.relations
    ]
    plant.archive(
        archive(meters=found.meters, relations=tuple(relations), nodes=found.nodes, exchanges=()), LAST
    )
    plant.run(LAST)
    assert ask(store, FOUND) == []
    assert {state for state, _ in ask(store, NAMED)} <= {"closed"}
