"""Sums that gateways send, in every store: kept with their versions, merged where only gateways have them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from gateway.master import partial
from gateway.master.process import sums
from tests.gateway.master.make import MIDNIGHT, NOW, batch, raw
from tests.gateway.master.stores.asking import ask

assert partial
assert sums

HOUR = Aggregate(
    node_kind="line",
    node="L1",
    side="sale",
    span=Span.HOUR,
    start=MIDNIGHT,
    end=MIDNIGHT + timedelta(hours=1),
    energy=Decimal("12.50"),
    due=3,
    present=2,
    estimated=1,
    estimated_share=Decimal("0.25"),
    skew_seconds=10,
)
ROWS = """SELECT g.name, a.version, a.energy, a.scale, a.due, a.present, a.estimated_share FROM aggregate_row a
    JOIN gateway g ON g.id = a.gateway ORDER BY g.name, a.version"""


def send(store, number: int, *records, gateway: str):
    return store.write([batch(number, *records, kind="aggregate", gateway=gateway)], NOW)


def test_sums_of_several_gateways_are_merged_in_any_order(store):
    other = replace(HOUR, energy=Decimal("7.5"), due=1, present=1, estimated=0, estimated_share=Decimal(0))
    send(store, 1, HOUR, gateway="so-001")
    assert ask(store, ROWS)[0] == ("", 1, 1250, 2, 3, 2, 250_000)
    send(store, 1, other, gateway="so-002")
    assert ask(store, ROWS) == [
        ("", 1, 1250, 2, 3, 2, 250_000),
        ("", 2, 2000, 2, 4, 3, 156_250),
        ("so-001", 1, 1250, 2, 3, 2, 250_000),
        ("so-002", 1, 75, 1, 1, 1, 0),
    ]


def test_a_new_version_takes_the_place_of_the_old_and_the_same_again_changes_nothing(store):
    send(store, 1, HOUR, gateway="so-001")
    send(store, 2, replace(HOUR, energy=Decimal(20), version=2), gateway="so-001")
    send(store, 3, HOUR, replace(HOUR, energy=Decimal(20), version=2), gateway="so-001")
    assert [row[:3] for row in ask(store, ROWS)] == [
        ("", 1, 1250),
        ("", 2, 20),
        ("so-001", 1, 1250),
        ("so-001", 2, 20),
    ]


def test_days_and_months_are_kept_and_not_merged(store):
    send(store, 1, replace(HOUR, span=Span.DAY, end=MIDNIGHT + timedelta(days=1)), gateway="so-001")
    assert [row[0] for row in ask(store, ROWS)] == ["so-001"]


BAD = [
    (0, "meter"), (1, ""), (2, "both"), (3, "1w"), (4, "yesterday"), (5, MIDNIGHT.isoformat()), (6, "1e5"),
    (8, -1), (9, 9), (11, "2"), (11, "x"), (12, "FINE"), (13, -1), (15, 0),
]  # fmt: skip
"""A cell that makes no sense, and where it stands."""


def test_sums_that_make_no_sense_are_set_aside(store):
    good = batch(1, HOUR, kind="aggregate").rows[0]
    bad = [[cell if n == place else value for n, value in enumerate(good)] for place, cell in BAD]
    outcome = store.write([raw(1, [*bad, good], kind="aggregate")], NOW)
    assert outcome.aside == len(BAD)
    assert len(ask(store, ROWS)) == 2
