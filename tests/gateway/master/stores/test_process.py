"""The processing run over every store."""

import json
import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from config.archive import Relation
from gateway.archived import tables_of
from gateway.energy.period import Span, period_of
from gateway.master.archive.keep import keep
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.orders import make_final
from gateway.master.clerks.queue import queue
from gateway.master.process.lease import Lease
from gateway.master.process.review import Review
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import reading
from tests.gateway.master.plant import (
    FIRST,
    Plant,
    area_with_a_thief,
    daily_area_with_a_thief,
    end,
    morning,
    registers,
)
from tests.gateway.master.stores.asking import ask

assert Review

SECOND = FIRST + timedelta(days=1)
WITHOUT_EXCHANGE = archive(exchanges=())

ENERGY = """SELECT m.asset, p.code, e.energy, q.scale, q.computed, q.reason, e.variant FROM energy_row e
    JOIN meter m ON m.id = e.meter JOIN point p ON p.id = e.point JOIN energy_quality q ON q.id = e.quality
    WHERE e.variant % 4 = 2 ORDER BY e.start, m.asset, p.code, e.variant"""


def energies(store) -> dict:
    """Latest daily energy, how it stands, and version, by meter and point of the last day."""
    found = {}
    for asset, point, energy, scale, computed, reason, variant in ask(store, ENERGY):
        value = None if energy is None else Decimal(energy).scaleb(-scale).normalize()
        found[asset, point[4:]] = (value, computed, reason, variant >> 2)
    return found


def sums(store, span: int = 2) -> dict:
    query = f"""SELECT n.code, a.side, a.energy, a.scale, a.due, a.present, a.version FROM aggregate_row a
        JOIN node n ON n.id = a.node WHERE a.gateway = 0 AND a.span = {span} ORDER BY a.start, a.version"""
    rows = ask(store, query)
    return {(code, side): (Decimal(e).scaleb(-s).normalize(), *rest) for code, side, e, s, *rest in rows}


def losses(store, span: int = 2) -> dict:
    query = f"""SELECT n.code, l.state, l.rate, l.reason, l.version FROM loss_row l
        JOIN node n ON n.id = l.node WHERE l.span = {span} ORDER BY l.start, l.version"""
    return {row[0]: row[1:] for row in ask(store, query)}


def test_a_day_from_registers_to_loss(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    figures = plant.run(FIRST)
    assert energies(store)["TOTAL", "1.8.0"] == (Decimal(100), "read", "", 1)
    assert energies(store)["BIG", "1.8.0"] == (Decimal(60), "read", "", 1)
    assert energies(store)["HOME2", "2.8.0"] == (Decimal(0), "read", "", 1)
    assert sums(store) == {
        ("T1", "supply"): (Decimal(100), 1, 1, 1),
        ("T1", "sale"): (Decimal(96), 2, 2, 1),
        ("L1", "supply"): (Decimal(0), 0, 0, 1),
        ("L1", "sale"): (Decimal(40), 2, 2, 1),
    }
    assert losses(store) == {
        "T1": ("normal", 40_000, "", 1),
        "L1": ("not_computable", None, "no_gateway", 1),
    }
    assert (figures.periods, figures.nodes, figures.aggregates, figures.losses) == (1, 2, 4, 2)


def test_a_total_meter_without_its_reverse_register_is_missing(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    with store.transaction():
        store._open.execute(
            """DELETE FROM reading_row WHERE meter = (SELECT id FROM meter WHERE asset = 'TOTAL')
               AND point = (SELECT id FROM point WHERE code = '1-0:2.8.0')"""
        )
    plant.run(FIRST)
    assert energies(store)["TOTAL", "1.8.0"] == (Decimal(100), "read", "", 1)
    assert sums(store)["T1", "supply"] == (Decimal(0), 1, 0, 1)
    assert losses(store)["T1"][:3] == ("not_computable", None, "gateway_missing")


def test_a_second_run_does_nothing_and_a_forced_one_writes_nothing(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    plant.run(FIRST)
    before = energies(store), sums(store), losses(store)
    assert plant.run(FIRST).periods == 0
    figures = Processor(store, morning(FIRST)).again(FIRST)
    assert (figures.periods, figures.energies, figures.aggregates, figures.losses) == (1, 0, 0, 0)
    assert (energies(store), sums(store), losses(store)) == before


def test_a_late_value_makes_a_new_version_of_what_it_touches_alone(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    with store.transaction():
        store._open.execute(
            "DELETE FROM reading_row WHERE meter = (SELECT id FROM meter WHERE asset = 'HOME1')"
        )
    plant.run(FIRST)
    assert energies(store)["HOME1", "1.8.0"] == (None, "missing", "no_begin", 1)
    assert losses(store)["T1"][:3] == ("not_computable", None, "coverage")
    plant.send(*registers("HOME1", ["100", "140"]))
    figures = plant.run(FIRST)
    assert (figures.meters, figures.energies) == (1, 1)
    assert energies(store)["HOME1", "1.8.0"] == (Decimal(40), "read", "", 2)
    assert energies(store)["HOME2", "1.8.0"] == (Decimal(56), "read", "", 1)
    assert sums(store)["T1", "sale"] == (Decimal(96), 2, 2, 2)
    assert sums(store)["T1", "supply"][3] == 1
    assert losses(store)["T1"] == ("normal", 40_000, "", 2)


@pytest.mark.parametrize("seed", range(2))
def test_any_order_and_any_repetition_give_the_same_results(store, seed):
    chance = random.Random(seed)
    plant = Plant(store, WITHOUT_EXCHANGE)
    sent = [
        one
        for asset, step in (("TOTAL", 2), ("HOME1", 40), ("HOME2", 56), ("BIG", 1))
        for one in registers(asset, [str(100 + n * step) for n in range(4)])
    ]
    sent += [one for asset in ("TOTAL", "HOME2") for one in registers(asset, ["5"] * 4, point="1-0:2.8.0")]
    arriving = sent + chance.choices(sent, k=5)
    chance.shuffle(arriving)
    last = FIRST + timedelta(days=2)
    while arriving:
        plant.send(*arriving[: (count := chance.randrange(1, 9))])
        del arriving[:count]
        plant.run(last)
    latest = {}
    for start, asset, point, energy, _, computed, *_ in ask(
        store, ENERGY.replace("SELECT m.asset", "SELECT e.start, m.asset")
    ):
        if point == "1-0:1.8.0":
            latest[start, asset] = energy, computed
    steps = (("TOTAL", 160), ("HOME1", 40), ("HOME2", 56), ("BIG", 6000))
    assert sorted((key[1], value[0]) for key, value in latest.items() if key[1] != "HOME2X") == sorted(
        steps * 3
    )
    assert losses(store)["T1"][:2] == ("high", 400_000)


@pytest.mark.parametrize("recorded", [True, False])
def test_an_exchange_with_its_record_and_without_its_registers(store, recorded):
    day = date(2026, 3, 5)
    found = archive()
    if not recorded:
        found = archive(exchanges=(replace(found.exchanges[0], old_finals={}, new_initials={}),))
    plant = Plant(store, found)
    plant.send(*registers("HOME2", ["1000.00"], first=day))
    plant.send(*registers("HOME2X", ["5.70"], first=day + timedelta(days=1)))
    plant.run(day)
    expected = (Decimal(16), "read", "") if recorded else (None, "not_computable", "exchange_missing")
    assert energies(store)["HOME2X", "1.8.0"][:3] == expected
    assert ("HOME2", "1.8.0") not in energies(store)


def test_after_an_exchange_the_relation_goes_on_with_the_new_meter(store):
    found = archive()
    meters = [replace(one, status="removed") if one.asset_no == "HOME2" else one for one in found.meters]
    plant = Plant(store, archive(meters=tuple(meters)))
    first = date(2026, 3, 6)
    plant.send(
        *registers("TOTAL", ["1", "2"], first=first),
        *registers("TOTAL", ["1"] * 2, first=first, point="1-0:2.8.0"),
    )
    plant.send(*registers("HOME1", ["0", "40"], first=first), *registers("HOME2X", ["10"], first=first))
    plant.run(first)
    assert sums(store)["T1", "sale"] == (Decimal(40), 2, 1, 1)
    plant.send(*registers("HOME2X", ["46"], first=first + timedelta(days=1)))
    plant.run(first)
    assert sums(store)["T1", "sale"] == (Decimal(76), 2, 2, 2)


def test_a_value_read_after_midnight_is_aligned_and_one_too_late_is_missing(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    at = end(FIRST - timedelta(days=1))
    plant.send(
        reading("0", meter="HOME1", at=at),
        reading("100", meter="HOME1", at=end(FIRST) + timedelta(minutes=20)),
    )
    plant.send(
        reading("0", meter="BIG", at=at), reading("10", meter="BIG", at=end(FIRST) + timedelta(minutes=40))
    )
    plant.run(FIRST)
    assert energies(store)["HOME1", "1.8.0"][:2] == (Decimal("98.63"), "read")
    assert energies(store)["BIG", "1.8.0"][:3] == (None, "missing", "no_finish")
    assert ask(store, "SELECT max(skew) FROM energy_row") == [(1200,)]


def test_a_register_that_fell_is_no_energy(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.send(*registers("HOME1", ["12345.67", "3.20"]))
    plant.run(FIRST)
    assert energies(store)["HOME1", "1.8.0"][:3] == (None, "not_computable", "decrease")


def test_a_month_is_computed_when_it_has_closed(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    last = date(2026, 3, 31)
    plant.usual(31)
    plant.run(date(2026, 3, 30))
    assert sums(store, 3) == {}
    plant.run(last)
    assert sums(store, 3)["T1", "supply"][:3] == (Decimal(3100), 1, 1)
    assert losses(store, 3)["T1"][:2] == ("normal", 40_000)


def test_the_masters_own_archive_goes_before(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    own = replace(
        archive(),
        meters=(meter("HOME1", ct=Decimal(2)),),
        relations=(Relation(meter="HOME1", node_kind="transformer", node="T2", side="sale"),),
        exchanges=(),
    )
    keep(store, "", "own", tables_of(own), end(FIRST))
    plant.run(FIRST)
    assert energies(store)["HOME1", "1.8.0"][0] == Decimal(80)
    assert sums(store)["T1", "sale"][0] == Decimal(56)
    assert sums(store)["T2", "sale"][0] == Decimal(80)


def test_a_change_of_the_archive_computes_its_days_again(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(2)
    plant.run(SECOND)
    meters = [replace(one, ct=Decimal(3)) if one.asset_no == "HOME1" else one for one in archive().meters]
    found = archive(meters=tuple(meters), exchanges=())
    keep(store, "so-001", "two", tables_of(found), end(SECOND))
    figures = plant.run(SECOND)
    assert figures.energies == 2
    assert energies(store)["HOME1", "1.8.0"] == (Decimal(120), "read", "", 2)


def test_meters_without_an_archive_are_not_computed(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.send(*registers("STRANGER", ["1", "2"]))
    plant.run(FIRST)
    assert not [key for key in energies(store) if key[0] == "STRANGER"]


def test_two_workers_do_not_process_at_once(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    clock = morning(FIRST)
    other = Lease(store, "process", "other", clock)
    assert other.take()
    assert plant.run(FIRST).held
    assert energies(store) == {}
    other.give()
    assert not plant.run(FIRST).held
    assert energies(store)


def test_a_lease_that_was_not_renewed_lapses(store):
    clock = morning(FIRST)
    one, other = (Lease(store, "process", name, clock) for name in ("one", "other"))
    assert one.take()
    assert not other.take()
    clock.at += timedelta(minutes=6)
    assert other.take()
    assert not one.take()


def test_a_day_that_has_not_settled_waits(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    clock = morning(FIRST)
    clock.at -= timedelta(hours=6)
    assert Processor(store, clock).run().periods == 0
    assert Processor(store, clock, settle=timedelta(0)).run().periods == 1


def test_the_views_show_the_latest_version_in_the_codes_and_units_of_people(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.send(*registers("BIG", ["0.00", "0.01"]))
    plant.run(FIRST)
    plant.usual(1)
    plant.run(FIRST)
    query = "SELECT meter, day, energy_kwh, multiplier, end_register_kwh, computed, version FROM energy_daily"
    found = {row[0]: row for row in ask(store, f"{query} WHERE point = '1-0:1.8.0'")}
    assert [found["TOTAL"][1], found["TOTAL"][5:]] == ["2026-03-01", ("read", 2)]
    assert [Decimal(cell) for cell in found["TOTAL"][2:5]] == [Decimal(100), Decimal(80), Decimal("101.25")]
    loss = ask(
        store, "SELECT transformer, day, span, supply_kwh, loss_rate, state, version FROM transformer_loss"
    )
    assert [row[:3] + row[5:] for row in loss] == [("T1", "2026-03-01", "1d", "normal", 2)]
    assert [Decimal(cell) for cell in loss[0][3:5]] == [Decimal(100), Decimal("0.04")]
    line = ask(store, "SELECT line, state, reason FROM line_loss")
    assert line == [("L1", "not_computable", "no_gateway")]
    energy = ask(
        store, "SELECT transformer, side, energy_kwh, due, present FROM transformer_energy ORDER BY side"
    )
    assert [(row[1], Decimal(row[2]), *row[3:]) for row in energy] == [
        ("sale", Decimal(96), 2, 2), ("supply", Decimal(100), 1, 1),
    ]  # fmt: skip
    assert ask(store, "SELECT count(*) FROM line_energy") == [(2,)]
    assert ask(store, "SELECT count(*) FROM aggregate WHERE gateway = ''") == [(4,)]
    assert ask(store, "SELECT count(*) FROM loss") == [(2,)]


FINDINGS = "SELECT rule, meter, state, count FROM finding WHERE rule LIKE 'P%' ORDER BY rule, began"


def test_an_abnormal_loss_is_a_finding_that_goes_on_and_ends(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    sold = ["0", "20", "40", "60", "102", "144", "186"]
    plant.send(*registers("TOTAL", [str(n) for n in range(7)]))
    plant.send(
        *registers("TOTAL", ["5"] * 7, point="1-0:2.8.0"), *registers("HOME2", ["5"] * 7, point="1-0:2.8.0")
    )
    plant.send(*registers("HOME1", sold), *registers("HOME2", [str(36 * n) for n in range(7)]))
    plant.run(FIRST)
    assert ("P031", "transformer:T1", "open", 1) in ask(store, FINDINGS)
    plant.run(SECOND)
    assert ("P031", "transformer:T1", "confirmed", 2) in ask(store, FINDINGS)
    plant.run(FIRST + timedelta(days=5))
    assert ("P031", "transformer:T1", "closed", 3) in ask(store, FINDINGS)
    assert ask(store, "SELECT count(*) FROM finding WHERE rule = 'P031'") == [(1,)]


def test_a_hit_that_late_data_explain_is_withdrawn(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    with store.transaction():
        store._open.execute(
            "DELETE FROM reading_row WHERE meter = (SELECT id FROM meter WHERE asset = 'HOME1')"
        )
    plant.run(FIRST)
    assert [row[:3] for row in ask(store, FINDINGS)] == [("P030", "transformer:T1", "confirmed")]
    plant.send(*registers("HOME1", ["100", "140"]))
    plant.run(FIRST)
    assert [row[2] for row in ask(store, FINDINGS)] == ["closed"]
    assert ask(store, "SELECT count(*) FROM second_hit") == [(0,)]


def test_a_customer_beyond_all_measure_is_a_finding(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    values = [str(n) for n in range(7)] + ["4000"]
    plant.send(*registers("BIG", values))
    plant.run(FIRST + timedelta(days=6))
    assert ("P005", "BIG", "open", 1) in ask(store, FINDINGS)


def town(store):
    """Sixty homes behind one total meter."""
    homes = [f"H{n:02}" for n in range(60)]
    meters = (*archive().meters[:1], *(meter(asset) for asset in homes))
    relations = [Relation(meter=asset, node_kind="transformer", node="T1", side="sale") for asset in homes]
    found = archive(meters=meters, relations=(*archive().relations[:1], *relations), exchanges=(), nodes=())
    return Plant(store, found), homes


def test_few_missing_members_are_estimated_and_the_value_itself_takes_their_place(store):
    plant, homes = town(store)
    plant.send(
        *registers("TOTAL", [str(n * 10) for n in range(4)]),
        *registers("TOTAL", ["1"] * 4, point="1-0:2.8.0"),
    )
    for asset in homes:
        values = [str(n * 13) for n in range(4)]
        plant.send(*registers(asset, values[:3] if asset == "H07" else values))
    third = FIRST + timedelta(days=2)
    plant.run(third)
    assert energies(store)["H07", "1.8.0"] == (Decimal(13), "estimated", "no_finish", 2)
    assert sums(store)["T1", "sale"][:3] == (Decimal(780), 60, 59)
    assert losses(store)["T1"][:2] == ("normal", 25_000)
    assert Processor(store, morning(third)).again(third).energies == 0
    plant.send(*registers("H07", ["40"], first=third + timedelta(days=1)))
    plant.run(third)
    assert energies(store)["H07", "1.8.0"] == (Decimal(14), "read", "", 3)
    assert sums(store)["T1", "sale"] == (Decimal(781), 60, 60, 2)


def test_days_estimated_one_after_the_other_are_a_finding(store):
    plant, homes = town(store)
    plant.send(*registers("TOTAL", [str(n * 10) for n in range(6)]))
    for asset in homes:
        values = [str(n * 13) for n in range(6)]
        plant.send(*registers(asset, values[:3] if asset == "H07" else values))
    for day in range(5):
        plant.run(FIRST + timedelta(days=day))
        told = [row for row in ask(store, FINDINGS) if row[1] == "H07" and row[0] == "P015"]
        assert bool(told) == (day == 4)


def test_a_final_period_stays_and_what_would_change_it_is_a_correction(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    plant.usual(1)
    with store.transaction():
        store._open.execute(
            "DELETE FROM reading_row WHERE meter = (SELECT id FROM meter WHERE asset = 'HOME1')"
        )
    plant.run(FIRST)
    before = energies(store), sums(store), losses(store)
    plant.send(*registers("HOME1", ["100", "140"]))
    day = period_of(datetime.combine(FIRST, time(), store.zone), Span.DAY)
    clerk = Desk(store, "li", "ops", day.end)
    for item in queue(store, day.start, day.end):
        clerk.accept([item], "known")
    make_final(clerk, day.start, day.end)
    assert plant.run(FIRST).corrections == 1
    Processor(store, morning(FIRST)).again(FIRST)
    assert (energies(store), sums(store), losses(store)) == before
    (cells,) = ask(store, "SELECT cells FROM correction_row")
    assert json.loads(cells[0])[:3] == [40, 100, 140]


def test_a_fall_that_later_readings_confirm_makes_the_days_after_it_computable(store):
    plant = Plant(store, WITHOUT_EXCHANGE)
    values = ["5000.00", "5010.00", "3.00", "5.00", "9.00"]
    for count in range(2, 6):
        day = FIRST + timedelta(days=count - 2)
        plant.send(*registers("HOME1", values[:count]))
        plant.run(day)
    rows = [row[2:6] for row in ask(store, ENERGY) if row[0] == "HOME1"]
    assert rows[0] == (1000, 2, "read", "")
    assert (None, 0, "not_computable", "decrease") in rows
    assert (200, 2, "read", "") in rows
    assert rows[-1] == (400, 2, "read", "")


def test_a_meter_that_moved_within_a_month_counts_on_both_sides_by_its_days(store):
    moved = [one for one in archive().relations if one.meter != "HOME1"]
    there = Relation(
        meter="HOME1", node_kind="transformer", node="T1", side="sale", valid_to=date(2026, 3, 15)
    )
    moved += [there, replace(there, node="T2", valid_from=date(2026, 3, 16), valid_to=None)]
    plant = Plant(store, archive(relations=tuple(moved), exchanges=()))
    plant.usual(31)
    plant.run(date(2026, 3, 31))
    assert sums(store, 3)["T1", "sale"][:3] == (Decimal(15 * 40 + 31 * 56), 2, 2)
    assert sums(store, 3)["T2", "sale"][:3] == (Decimal(16 * 40), 1, 1)


def test_of_an_area_read_once_a_day_the_thief_is_a_hint(store):
    plant = daily_area_with_a_thief(store, 30)
    plant.run(FIRST + timedelta(days=29))
    named = "SELECT meter, severity, value FROM finding WHERE rule = 'P040'"
    found = set(ask(store, named))
    assert {row[:2] for row in found} == {("H03", 1)}
    assert all("hint" in row[2] for row in found)


def test_the_thief_of_an_area_with_an_abnormal_loss_is_named(store):
    plant = area_with_a_thief(store)
    plant.run(FIRST)
    named = "SELECT meter, severity FROM finding WHERE rule = 'P040' ORDER BY severity DESC"
    assert set(ask(store, named)) == {("H03", 2)}
