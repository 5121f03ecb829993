"""Which areas and customers are judged again by what changed before."""

from datetime import date, timedelta

from gateway.energy.period import Span, days
from gateway.master.process.culprits import Culprits
from gateway.master.process.feeds.feed import Change
from gateway.master.process.feeds.looking import hit_on
from gateway.master.process.feeds.members import Members
from gateway.master.process.feeds.neighbours import Neighbours
from gateway.master.process.feeds.weeks import Weeks, turn_of
from gateway.master.process.hits import Hits
from gateway.review.view import Hit
from tests.gateway.master.grid import HOMES, grid
from tests.gateway.master.plant import CHINA, Plant

DAY = date(2026, 3, 20)
AFTER = list(days(DAY + timedelta(days=1), DAY + timedelta(days=10), CHINA))


def hit(store, what: str, rule: str, day: int, span: Span = Span.DAY) -> None:
    on = date(2026, 3, day)
    Hits(store, on, on, span).keep([what], {(what, rule): Hit(2, "9 %", "7 %", sure=True)})


def nodes_of(store) -> dict[str, int]:
    return {
        code: number for (_, code), number in store.known("nodes", [("transformer", "T-LOW")]).items()
    } | {code: number for (_, code), number in store.known("nodes", [("transformer", "T-HIGH")]).items()}


def change(nodes, *, changed=(), awaited=()) -> Change:
    return Change(AFTER, set(nodes), set(changed), set(awaited))


def test_hits_are_found_by_object_rule_and_day(store):
    Plant(store, grid())
    for day in (20, 22, 31):
        hit(store, "transformer:T-LOW", "P033", day)
    hit(store, "transformer:T-LOW", "P034", 23)
    hit(store, "transformer:T-LOW", "P033", 24, Span.MONTH)
    found = hit_on(store, {"P033"}, ["transformer:T-LOW", "transformer:T-HIGH"], AFTER)
    assert [(what, period.day.day) for what, period in found] == [("transformer:T-LOW", 22)]
    assert hit_on(store, {"P033"}, [], AFTER) == hit_on(store, {"P033"}, ["transformer:T-LOW"], []) == []


def test_an_area_is_searched_again_for_its_own_hours_and_for_its_neighbours_days(store):
    Plant(store, grid())
    nodes = nodes_of(store)
    hit(store, "transformer:T-LOW", "P034", 25)
    for looker, beside in ((Culprits(), False), (Neighbours(), True)):
        own = list(looker.again(store, change([nodes["T-LOW"]])))
        other = list(looker.again(store, change([nodes["T-HIGH"]])))
        found, nothing = (other, own) if beside else (own, other)
        assert [(period.day.day, work.nodes) for period, work in found] == [(25, {nodes["T-LOW"]})]
        assert nothing == []


def test_nobody_beside_is_searched_again_on_another_line(store):
    Plant(store, grid("L2"))
    hit(store, "transformer:T-LOW", "P034", 25)
    assert list(Neighbours().again(store, change([nodes_of(store)["T-HIGH"]]))) == []


def test_who_answers_is_asked_again_for_two_days(store):
    found = list(Members().again(store, change([5])))
    assert [(period.day.day, work.nodes) for period, work in found] == [(21, {5}), (22, {5})]


def test_customers_of_an_area_that_was_sold_something_else_have_their_turn_again(store):
    Plant(store, grid())
    nodes, ids = nodes_of(store), store.ids["meters"]
    homes = {ids[home] for home in HOMES["LOW"]}
    hit(store, HOMES["LOW"][2], "P003", 24)
    found: dict[int, set[int]] = {}
    for period, work in Weeks().again(store, change([], changed=[nodes["T-LOW"]])):
        found.setdefault(period.day.toordinal(), set()).update(work.meters)
    turns = {n for n in found if n % 7 == turn_of(HOMES["LOW"][0])}
    assert turns
    assert all(found[n] == homes for n in turns)
    lasting = {date(2026, 3, day).toordinal() for day in (24, 25)} - turns
    assert lasting
    assert all(found[n] == {ids[HOMES["LOW"][2]]} for n in lasting)
    assert not any(found[n] for n in found.keys() - turns - lasting)
    owner = store.owners[HOMES["LOW"][0]]
    again = Weeks().again(store, change([], changed=[nodes["T-LOW"]], awaited=[owner]))
    assert not any(work.meters for _, work in again)
