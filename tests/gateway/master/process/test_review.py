"""The second review of one run: how much of it is searched at once."""

from gateway.master.process import review
from tests.gateway.master.grid import FOUND, LAST, grid, moved, sent, used
from tests.gateway.master.plant import Plant
from tests.gateway.master.stores.asking import ask


def test_areas_for_which_a_run_has_no_time_are_searched_by_the_next(store, monkeypatch):
    plant = Plant(store, grid())
    plant.send(*sent(used(), moved()))
    with monkeypatch.context() as short:
        short.setattr(review, "_MOST_AREAS", 0)
        plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW")]
    plant.run(LAST)
    assert ask(store, FOUND) == [("P033", "transformer:T-LOW"), ("P041", "LOW3")]
    assert ask(store, "SELECT count(*) FROM stale WHERE node > 0") == [(0,)]
