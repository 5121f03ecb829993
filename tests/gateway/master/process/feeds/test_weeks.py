"""Eight weeks of customers beside their area, from every store."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from config.second import Second
from gateway.archived import tables_of
from gateway.energy.period import Span, period_of
from gateway.master.archive.keep import keep
from gateway.master.process.feeds.daily import DailyEnergies
from gateway.master.process.feeds.feed import Around, Customers
from gateway.master.process.feeds.weeks import turn_of
from gateway.master.process.history import History
from gateway.master.process.hits import Hits
from gateway.master.process.roll import Roll
from gateway.review.view import Hit
from gateway.second.judge import judge
from gateway.second.view import Case, Subject
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import NOW

SAID = (2, 2, 0, "1", "read", "FREEZE", "", "PASSED")
FALLEN = 20


def day_of(asset):
    """A day on which it is this meter's turn."""
    first = date(2026, 3, 1)
    return next(day for n in range(7) if turn_of(asset) == (day := first + timedelta(days=n)).toordinal() % 7)


def filled(store, day):
    """Sixty days before a day: two homes of an area, one of which shows a third since twenty days."""
    keep(store, "so-001", "one", tables_of(archive()), NOW)
    start = datetime.combine(day, datetime.min.time(), store.zone)
    period = period_of(start + timedelta(hours=12), Span.DAY)
    around = Around(store, period, {})
    around.days = History(store, period).before(30)
    store.reload(["HOME1", "HOME2"])
    ids = {name: store.ids["meters"][name] for name in ("HOME1", "HOME2")}
    point = store.known("points", ["1-0:1.8.0"])["1-0:1.8.0"]
    quality = store.known("energy_qualities", [SAID])[SAID]
    node = store.known("nodes", [("transformer", "T1")])["transformer", "T1"]
    rows, losses = [], []
    for back, at in enumerate(reversed(History(store, period).before(60)), 1):
        energies = {"HOME1": 300 if back <= FALLEN else 900, "HOME2": 1_000 + back % 7}
        rows += [
            (at, energy, 0, energy, ids[name], quality, 0, point, 6) for name, energy in energies.items()
        ]
        key = (at, node, 2, 1, at + 86_400_000_000, 2)
        losses.append(
            (
                *key,
                2_100,
                300 * (back <= FALLEN) + 900 * (back > FALLEN) + 1_000,
                50,
                8,
                0,
                0,
                0,
                1_000_000,
                2,
                2,
                0,
                0,
                "normal",
                "",
            )
        )
    rows.sort()
    with store.transaction():
        store.put_energy(rows)
        store.ask("losses_new", losses)
    roll = Roll()
    roll.add(store.ask("meters_listed", sorted(ids.values())))
    part = Customers(roll, {ids["HOME1"]: Decimal("3.00"), ids["HOME2"]: Decimal("10.00")}, point)
    return around, part, ids


@pytest.fixture
def day():
    return day_of("HOME1")


def test_whose_turn_it_is_is_held_against_its_area(store, day):
    around, part, ids = filled(store, day)
    fields = DailyEnergies().customers(around, part)[ids["HOME1"]]
    assert len(fields["daily"]) == len(fields["peers"]) == 57
    assert (fields["daily"][0], fields["daily"][-2:]) == (9.0, (3.0, 3.0))
    assert (fields["peers"][0], fields["peers"][-2:]) == (10.0, (10.0, None))
    hit = judge(Case(object="HOME1", subject=Subject.CUSTOMER, day=day, **fields)).hits["P003"]
    assert (hit.severity, hit.value.endswith("/ area")) == (1, True)


def test_on_other_days_only_those_that_the_rule_hit_yesterday(store, day):
    around, part, ids = filled(store, day + timedelta(days=1))
    assert {len(found["daily"]) for found in DailyEnergies().customers(around, part).values()} == {31}
    around._known.clear()
    Hits(store, day, day).keep(["HOME1"], {("HOME1", "P003"): Hit(1, "-67 %", "-30 %", sure=True)})
    found = DailyEnergies().customers(around, part)
    assert (len(found[ids["HOME1"]]["daily"]), len(found[ids["HOME2"]]["daily"])) == (57, 31)


def test_nobody_looks_so_far_back_where_the_rule_is_off_or_days_are_missing(store, day):
    around, part, _ = filled(store, day)
    around.limits = {"default": Second(fall=0)}
    assert {len(found["daily"]) for found in DailyEnergies().customers(around, part).values()} == {31}
    around.limits, around.days = {}, around.days[-20:]
    assert {len(found["daily"]) for found in DailyEnergies().customers(around, part).values()} == {21}


def test_the_turn_is_that_of_the_asset_number_and_neighbouring_numbers_have_it_together():
    assert turn_of("000012345001") == turn_of("000012345999")
    assert len({turn_of(f"0000{n}001") for n in range(50)}) == 7
