"""The second review of one run: how much of it is searched at once, and what it asks of the next day."""

from datetime import timedelta

from gateway.master.process import review
from gateway.master.process.hits import Hits
from gateway.master.process.run import Processor
from gateway.review.view import Hit
from tests.gateway.master.archive.make import archive
from tests.gateway.master.grid import FOUND, LAST, grid, moved, sent, used
from tests.gateway.master.plant import FIRST, Plant, morning
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


def test_whom_a_rule_no_longer_hits_is_judged_again_on_the_day_that_went_on_from_it(store):
    plant, second = Plant(store, archive(exchanges=())), FIRST + timedelta(days=1)
    plant.usual(4)
    plant.run(FIRST + timedelta(days=3))
    Hits(store, second, second).keep(["HOME1"], {("HOME1", "P003"): Hit(1, "-67 %", "-30 %", sure=True)})
    Processor(store, morning(FIRST + timedelta(days=3))).again(second)
    marks = ask(
        store,
        f"SELECT CAST(day AS TEXT), meter FROM stale WHERE meter > 0 AND day <= '{FIRST + timedelta(days=3)}'",
    )
    assert marks == [(str(FIRST + timedelta(days=2)), store.ids["meters"]["HOME1"])]
