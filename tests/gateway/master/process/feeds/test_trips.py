"""P017 over every store: energy of a customer whose meter was tripped, by events and by status words."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.energy.period import Span, period_of
from gateway.master.events import told
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.feeds.trips import Trips
from gateway.master.process.roll import Roll
from protocols.reading import Event
from tests.gateway.master.make import batch, reading
from tests.gateway.master.plant import FIRST, Plant, end
from tests.gateway.master.stores.asking import ask
from tests.gateway.master.stores.test_process import WITHOUT_EXCHANGE

LAST = FIRST + timedelta(days=3)
TRIPPED = end(FIRST) + timedelta(hours=10)
HITS = "SELECT day, value FROM second_hit WHERE object = 'HOME1' AND rule = 'P017' ORDER BY day"


def event(ident, at, *, meter="HOME1", name="", detail=None, ended=None):
    told_ = json.dumps(detail or {})
    return Event(
        meter=meter,
        id=ident,
        name=name or ident,
        began=at,
        ended=ended,
        detail=told_,
        read_at=at,
        source="line1",
    )


@pytest.fixture
def plant(store):
    """Four days of energies: HOME1 takes 40 kWh on each."""
    found = Plant(store, WITHOUT_EXCHANGE)
    found.usual(4)
    return found


def tell(plant, *events):
    plant.store.write([batch(900, *events, kind="event")], end(FIRST))


def hits(plant):
    plant.run(LAST)
    return [(str(day)[:10], value) for day, value in ask(plant.store, HITS)]


def test_energy_of_the_whole_days_after_a_trip(plant):
    tell(plant, event("1D000101", TRIPPED))
    assert hits(plant) == [("2026-03-03", "40 kWh"), ("2026-03-04", "80 kWh")]


@pytest.mark.parametrize(
    "closing",
    [
        event("1E000101", TRIPPED + timedelta(hours=1)),
        event(
            "gdw1376.1:ERC33", TRIPPED + timedelta(hours=1), detail={"change_3": "1000", "status_3": "0000"}
        ),
    ],
    ids=["record", "terminal"],
)
def test_a_meter_that_was_closed_again_may_take_energy(plant, closing):
    tell(plant, event("1D000101", TRIPPED), closing)
    assert hits(plant) == []


def test_a_trip_that_is_told_late_is_judged_for_the_days_since(plant):
    assert hits(plant) == []
    late = replace(event("1D000101", TRIPPED), read_at=end(LAST) + timedelta(hours=3))
    tell(plant, late, replace(late, meter="NOBODY"))
    assert hits(plant) == [("2026-03-03", "40 kWh"), ("2026-03-04", "80 kWh")]


def test_what_a_terminal_saw_and_what_of_it_is_no_trip_of_a_meter(plant):
    other = event("gdw1376.1:ERC33", TRIPPED, meter="HOME2", detail={"change_3": "0800", "status_3": "1800"})
    rounds = event("gdw1376.1:ERC5", TRIPPED, meter="HOME2", detail={"rounds": "01"})
    opened = event("gdw1376.1:ERC33", TRIPPED, detail={"change_3": "1000", "status_3": "1000"})
    tell(plant, other, rounds, opened)
    assert [day for day, _ in hits(plant)] == ["2026-03-03", "2026-03-04"]
    assert ask(plant.store, "SELECT DISTINCT object FROM second_hit WHERE rule = 'P017'") == [("HOME1",)]


def test_changes_of_other_words_are_not_even_read(store):
    began = end(FIRST)
    words = [
        event("gdw1376.1:ERC33", began, meter=f"M{n}", detail={"change_3": bits, "status_3": bits})
        for n, bits in enumerate(("0000", "1000", "0100"))
    ]
    store.write([batch(1, *words, kind="event")], began)
    read = []
    real = store.ask
    store.ask = lambda name, rows, **more: read.append((name, found := real(name, rows, **more))) or found
    (one,) = told(store, {"trip", "close"}, began, began + timedelta(hours=1))
    assert (one.meter, one.kind) == ("M1", "trip")
    assert [len(found) for name, found in read if name == "events_between"] == [2]


def test_a_status_word_that_shows_an_open_relay(plant):
    words = [
        reading(
            str(word), point="0-0:96.5.3", unit="bits", meter="HOME1", at=end(FIRST) + timedelta(hours=hours)
        )
        for hours, word in ((8, 0), (20, 0x50), (32, 0x50), (56, 0x00))
    ]
    plant.send(*words)
    assert hits(plant) == [("2026-03-03", "40 kWh")]


def test_what_was_tripped_is_looked_up_once_for_all_parts(plant):
    tell(plant, event("1D000101", TRIPPED))
    around = Around(plant.store, period_of(TRIPPED, Span.DAY), {})
    part = Customers(Roll(), {}, 1)
    assert (Trips().customers(around, part), Trips().customers(around, part)) == ({}, {})
    assert around.once("trips", lambda _: None) == {"HOME1": TRIPPED}


def test_nothing_is_read_of_events_or_words_where_there_are_none(plant):
    asked = []
    real = plant.store.ask
    plant.store.ask = lambda name, rows, **more: asked.append(name) or real(name, rows, **more)
    tell(plant, event("03110001", TRIPPED))
    plant.run(LAST)
    assert asked.count("event_ids") == 4
    assert {"events_between", "words_between"} & set(asked) == set()


def test_events_of_some_kinds_in_their_order(store):
    began = end(date(2026, 3, 1))
    rows = [
        event("03110001", began, ended=began + timedelta(hours=1)),
        event("gdw1376.2:06-F5", began - timedelta(hours=2), name="power off"),
        event("gdw1376.2:06-F5", began + timedelta(hours=2), name="power on"),
        event("1D000101", began),
    ]
    store.write([batch(1, *rows, kind="event")], began)
    found = told(store, {"outage"}, began - timedelta(days=1), began + timedelta(days=1))
    assert [(one.kind, one.began, one.ended) for one in found] == [
        ("outage", began - timedelta(hours=2), None),
        ("outage", began, began + timedelta(hours=1)),
    ]
    assert told(store, {"outage"}, began, began) == []
    assert len(told(store, {"outage", "power_on"}, began, began + timedelta(hours=3))) == 2
