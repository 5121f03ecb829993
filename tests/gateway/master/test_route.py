"""What goes to which database: by the relations of meters, by kind, by the names of sums and findings."""

from contextlib import closing
from dataclasses import replace

import pytest

from config.schema import Route
from gateway.archived import tables_of
from gateway.master.archive.keep import keep
from gateway.master.prepare import prepare
from gateway.master.route import Router, shares_of
from gateway.master.stores import store_of
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import NOW, audit, batch, event, finding, reading
from tests.gateway.master.stores.test_sums import HOUR

TO_TRANSFORMERS = Route(database="sqlite:///t.db", keys=("transformer",))


@pytest.fixture
def stores(tmp_path):
    """That of the lines, then that of the transformers, both with the archive."""
    found = [store_of(f"sqlite:///{tmp_path}/{name}.db") for name in ("lines", "transformers")]
    for store in found:
        store.connect()
        keep(store, "so-001", "one", tables_of(archive()), NOW)
    with closing(found[0]), closing(found[1]):
        yield found


def divided(router: Router, stores, *batches):
    parts = router.divide([prepare(one) for one in batches], stores)
    for store, part in zip(stores, parts, strict=True):
        store.commit(part, NOW)
    return parts


def meters(store) -> list[str]:
    return sorted({row[0] for row in store.stored()})


def test_readings_follow_the_relations_of_their_meter(stores):
    sent = [reading(meter=asset) for asset in ("TOTAL", "HOME1", "BIG", "STRANGER")]
    divided(Router(shares_of([TO_TRANSFORMERS])), stores, batch(1, *sent))
    assert meters(stores[0]) == ["BIG", "STRANGER", "TOTAL"]
    assert meters(stores[1]) == ["HOME1", "STRANGER", "TOTAL"]


def test_every_database_remembers_the_batch_and_acknowledges_by_itself(stores):
    router = Router(shares_of([TO_TRANSFORMERS]))
    parts = router.divide([prepare(batch(1, reading(meter="HOME1")))], stores)
    outcomes = [store.commit(part, NOW) for store, part in zip(stores, parts, strict=True)]
    assert [(outcome.rows, outcome.acks["so-001", "e1"].upto) for outcome in outcomes] == [(0, 1), (1, 1)]


def test_what_one_database_knows_already_the_other_gets_whole(stores):
    """Between two deliveries a meter moved from the transformer to the line: its row must not be lost."""
    router = Router(shares_of([TO_TRANSFORMERS]))
    one = batch(1, reading(meter="HOME1"))
    stores[0].commit(router.divide([prepare(one)], stores)[0], NOW)
    moved = [
        replace(row, node_kind="line", node="L1") if row.meter == "HOME1" else row
        for row in archive().relations
    ]
    for store in stores:
        keep(store, "so-001", "two", tables_of(archive(relations=tuple(moved))), NOW)
    router.forget()
    divided(router, stores, one)
    assert [meters(store) for store in stores] == [[], ["HOME1"]]


def test_sums_and_findings_go_by_the_key_in_their_name(stores):
    area = replace(HOUR, node_kind="transformer", node="T1")
    found = [
        finding(meter=name, key=f"X:{name}:") for name in ("HOME1", "BIG", "line:L1", "transformer:T1", "NEW")
    ]
    divided(
        Router(shares_of([TO_TRANSFORMERS])), stores,
        batch(1, HOUR, area, kind="aggregate"), batch(2, *found, kind="finding"),
        batch(3, event(), kind="event"), batch(4, audit(), kind="audit"),
    )  # fmt: skip
    asked = "SELECT meter FROM finding ORDER BY meter", "SELECT DISTINCT node FROM aggregate ORDER BY node"
    answers = [[[row[0] for row in store._open.execute(query)] for query in asked] for store in stores]
    assert answers == [[["BIG", "NEW", "line:L1"], ["L1"]], [["HOME1", "NEW", "transformer:T1"], ["T1"]]]
    for table in ("event_row", "audit_row"):
        assert [store._open.execute(f"SELECT count(*) FROM {table}").fetchone() for store in stores] == [
            (1,),
            (1,),
        ]


def test_a_route_of_some_kinds_leaves_the_others_where_they_were(stores):
    route = Route(database="sqlite:///t.db", keys=("transformer",), kinds=("aggregate",))
    area = replace(HOUR, node_kind="transformer", node="T1")
    divided(
        Router(shares_of([route])), stores, batch(1, reading(meter="HOME1")), batch(2, area, kind="aggregate")
    )
    assert [meters(store) for store in stores] == [["HOME1"], []]
    counts = [store._open.execute("SELECT count(*) FROM aggregate_row").fetchone()[0] for store in stores]
    assert counts == [0, 2]


def test_without_routes_everything_goes_everywhere(stores):
    ready = [prepare(batch(1, reading(meter="HOME1")))]
    assert Router().divide(ready, stores) == [ready, ready]
