"""The quality of supply from every store, and `meterd quality` as a person calls it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner

from config.archive import Node, Relation
from config.quality import Quality
from gateway.archived import tables_of
from gateway.cli import quality
from gateway.energy.period import Period, Span, period_of
from gateway.master.archive.keep import keep
from gateway.master.process.run import Processor
from gateway.master.report_outages import outages
from gateway.master.report_quality import energies, heard, members, network, numbers_of, samples
from gateway.master.report_supply import Supply
from gateway.report.places import Place, Wanted
from gateway.report.table import as_json
from protocols.reading import Event, Method, Origin, State
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import batch, reading
from tests.gateway.master.plant import CHINA, FIRST, Plant, morning

D = Decimal
NOON = datetime.combine(FIRST, time(12), CHINA)
VOLT = {"point": "1-0:32.7.0", "unit": "V", "method": Method.LIVE}
DAY = period_of(NOON, Span.DAY)
MONTH = period_of(NOON, Span.MONTH)
AFTER = datetime(2026, 4, 2, tzinfo=UTC)
ARCHIVE = archive(
    meters=(
        meter("TOTAL", ct=D(80), customer_class="gateway", wiring="3P4W", rated_voltage=D(220), target="jzq"),
        meter("HOME1", wiring="1P", rated_voltage=D(220), target="jzq"),
        meter("HOME2", wiring="1P", target="jzq"),
        meter("GONE", status="removed", target="jzq"),
        meter("BIG", wiring="3P3W", rated_voltage=D(100), pt=D(100), capacity_kva=D(250), pf_standard=D("0.85"),
              target="line1"),
    ),
    relations=(
        Relation(meter="TOTAL", node_kind="transformer", node="T1", side="supply"),
        Relation(meter="TOTAL", node_kind="line", node="L1", side="sale"),
        *(Relation(meter=one, node_kind="transformer", node="T1", side="sale") for one in ("HOME1", "HOME2", "GONE")),
        Relation(meter="BIG", node_kind="line", node="L1", side="sale"),
    ),
    nodes=(Node(kind="line", code="L1"), Node(kind="transformer", code="T1", line="L1")),
    exchanges=(),
)  # fmt: skip


@pytest.fixture
def plant(store):
    return Plant(store, ARCHIVE)


def event(asset, ident, hours, last=None, *, name="", detail="{}"):
    """An event that began so many hours after noon of the first day."""
    began = NOON + timedelta(hours=hours)
    ended = None if last is None else began + timedelta(hours=last)
    return Event(
        meter=asset, id=ident, name=name, began=began, ended=ended, detail=detail, read_at=began, source="jzq"
    )


def tell(plant, *events, gateway="so-001"):
    plant.store.write([batch(900, *events, kind="event", gateway=gateway)], AFTER)


def supply(plant, period=DAY, *, wanted=None, standards=None, now=AFTER, tariffs=()):
    return Supply(plant.store, period, wanted or Wanted(), standards or Quality(), tariffs, now)


def rows(plant, part, period=DAY, **more):
    return as_json(supply(plant, period, **more).table(part))


def volts(asset, *values, **more):
    return [
        reading(value, meter=asset, at=NOON + timedelta(minutes=15 * n), **{**VOLT, **more})
        for n, value in enumerate(values)
    ]


def test_effective_voltages_that_count(plant):
    plant.send(
        *volts("HOME1", "220.0", "197.9", "236.0", None),
        reading("230.0", meter="HOME1", at=NOON, origin=Origin.HHU_AUTO, **VOLT),
        reading(
            "240.0", meter="HOME1", at=NOON + timedelta(minutes=15), state=State.ACCEPTED, version=2, **VOLT
        ),
        reading("300.0", meter="HOME1", at=NOON + timedelta(hours=2), state=State.SUSPECT, **VOLT),
        reading("210.0", meter="HOME1", at=DAY.end, **VOLT),
    )
    (number,) = numbers_of(plant.store, network(plant.store, DAY), Wanted(meters=frozenset({"HOME1"})))
    found = samples(plant.store, DAY, ["1-0:32.7.0"], [number])
    assert found == {number: {"1-0:32.7.0": {D("220.0"): 1, D("240.0"): 1, D("236.0"): 1}}}
    assert samples(plant.store, DAY, ["1-0:52.7.0"], []) == {}
    assert samples(plant.store, DAY, ["1-0:32.7.0"], [0]) == {}
    (row,) = rows(plant, "voltage")
    assert (row["meter"], row["samples"], row["rate"], row["supply"]) == (
        "HOME1",
        3,
        "0.333333",
        "single-phase",
    )


def test_what_a_person_asked_for_of_transformers_lines_and_meters(plant):
    for asset in ("TOTAL", "HOME1", "HOME2", "BIG"):
        plant.send(*volts(asset, "100.0"))

    def asked(**wanted):
        one = Wanted(**{name: frozenset(codes) for name, codes in wanted.items()})
        return {row["meter"] for row in rows(plant, "voltage", wanted=one)}

    assert asked() == {"TOTAL", "HOME1", "HOME2", "BIG"}
    assert asked(transformers=["T1"]) == {"TOTAL", "HOME1", "HOME2"}
    assert asked(lines=["L1"]) == {"TOTAL", "HOME1", "HOME2", "BIG"}
    assert asked(meters=["BIG"]) == {"BIG"}
    assert asked(transformers=["T9"]) == set()
    assert {row["reason"] for row in rows(plant, "voltage") if row["meter"] == "HOME2"} == {
        "no rated voltage"
    }


def test_the_masters_own_archive_says_where_a_meter_is(plant):
    own = archive(
        meters=(meter("HOME1", wiring="3P4W", rated_voltage=D(220)),),
        relations=(Relation(meter="HOME1", node_kind="transformer", node="T2", side="sale"),),
        nodes=(Node(kind="transformer", code="T2", line="L2"),),
        exchanges=(),
    )
    keep(plant.store, "", "own", tables_of(own), AFTER)
    net = network(plant.store, DAY)
    assert net.places["HOME1"] == Place("T2", "L2")
    number = plant.store.ids["meters"]["HOME1"]
    assert members(plant.store, [number])[number].meter.wiring == "3P4W"


def test_frequency_of_a_total_meter(plant):
    plant.send(*volts("TOTAL", "50.00", "49.70", point="1-0:14.7.0", unit="Hz"))
    (row,) = rows(plant, "frequency")
    assert (row["meter"], row["transformer"], row["line"], row["rate"]) == ("TOTAL", "T1", "L1", "0.500000")
    (row,) = rows(plant, "frequency", standards=Quality(small_system=True))
    assert row["qualified"]


@pytest.fixture
def processed(plant):
    """Two days of registers of the large customer: 100 kWh at the register in the first, 200 in the second."""
    points = {
        "1-0:1.8.0": (0, 1, 3), "1-0:3.8.0": (0, "0.50", "1.50"), "1-0:4.8.0": (0, 0, 0),
        "1-0:1.8.1": (0, "0.25", "0.25"), "1-0:1.8.2": (0, "0.75", "2.74"),
        "1-0:3.8.2": (0, "0.60", "1.60"), "1-0:4.8.2": (0, 0, 0),
        "1-0:3.8.1": (0, 0, 0), "1-0:4.8.1": (0, 0, 0),
    }  # fmt: skip
    for point, values in points.items():
        unit = "kWh" if ":1." in point else "kvarh"
        plant.send(*[reading(str(v), meter="BIG", point=point, unit=unit, at=DAY.start + timedelta(days=n))
                     for n, v in enumerate(values)])  # fmt: skip
    plant.run(FIRST + timedelta(days=1))
    return plant


TWO_DAYS = Period(DAY.start, DAY.start + timedelta(days=2), Span.DAY)


def test_power_factor_of_days_at_their_peak_and_the_tariffs(processed):
    (row,) = rows(processed, "factor")
    assert (row["meter"], row["active_kwh"], row["reactive_kvarh"]) == ("BIG", "100", "50.00")
    assert (row["factor"], row["standard"], row["peak_standard"]) == ("0.8944", "0.85", "0.90")
    assert (row["peak_factor"], row["qualified"]) == ("0.8575", False)
    (row,) = rows(processed, "factor", TWO_DAYS)
    assert (row["active_kwh"], row["reactive_kvarh"]) == ("300", "150.00")
    assert rows(processed, "factor", Period(DAY.start, DAY.start + timedelta(days=3), Span.DAY)) == []
    assert rows(processed, "factor", MONTH) == []
    (row,) = rows(processed, "tariffs", TWO_DAYS)
    assert (row["total_kwh"], row["tariff_1_kwh"], row["tariff_2_kwh"]) == ("300", "25.00", "274.00")
    assert (row["difference_kwh"], row["balanced"]) == ("1.00", True)


def test_energies_of_a_closed_month(plant):
    first, last = MONTH.start, MONTH.end
    ends = [reading(v, meter="BIG", at=at) for v, at in (("10.00", first), ("14.50", last))]
    plant.send(*ends)
    Processor(plant.store, morning(date(2026, 3, 31))).again(date(2026, 3, 31))
    found = energies(plant.store, MONTH, ["1-0:1.8.0"], [])
    assert [each["1-0:1.8.0"] for each in found.values() if each["1-0:1.8.0"] is not None] == [D("450")]


def hours(plant, period=DAY, **more):
    """Customer outage hours by node."""
    found = rows(plant, "reliability", period, **more)
    return {row["code"]: float(row["outage_hours"]) for row in found if row["kind"] != "all"}


CASES = {
    "none": ([], (0, 0)),
    "own": ([event("HOME1", "03110001", 0, 2)], (2, 2)),
    "total": ([event("TOTAL", "03110001", 0, 2)], (4, 4)),
    "terminal": ([event("jzq", "gdw1376.1:ERC14", 0, 2)], (4, 4)),
    "overlap": ([event("HOME1", "0311000A", 0, 2), event("HOME1", "03110001", 1, 2)], (3, 3)),
    "begun the day before": ([event("BIG", "03110001", -24, 14)], (0, 2)),
    "removed": ([event("GONE", "03110001", 0, 2)], (0, 0)),
    "of a phase": ([event("HOME1", "03010101", 0, 2)], (0, 0)),
    "restored": (
        [
            event("HOME1", "gdw1376.2:06-F5", 1, name="power off"),
            event("HOME1", "gdw1376.2:06-F5", 3, 0, name="power on"),
        ],
        (2, 2),
    ),
    "open": ([event("HOME1", "gdw1376.2:06-F5", 9, name="power off")], (3, 3)),
}
"""Hours of the transformer's and the line's customers; each case has a day of its own, two apart."""


def test_outages_of_customers_by_events_of_any_protocol(plant):
    for number, (told, _) in enumerate(CASES.values()):
        later = timedelta(days=2 * number)
        moved = [
            replace(one, began=one.began + later, ended=None if one.ended is None else one.ended + later)
            for one in told
        ]
        if moved:
            plant.store.write([batch(number + 1, *moved, kind="event")], AFTER)
    found = {}
    for number, case in enumerate(CASES):
        its = hours(plant, period_of(NOON + timedelta(days=2 * number), Span.DAY))
        found[case] = (its["T1"], its["L1"])
    assert found == {case: expected for case, (_, expected) in CASES.items()}


def test_an_open_outage_ends_with_the_next_answer(plant):
    tell(plant, event("HOME1", "gdw1376.2:06-F5", 0, name="power off"), event("jzq", "gdw1376.1:ERC14", 3))
    late = reading(
        meter="HOME1", at=NOON + timedelta(hours=1), read_at=NOON + timedelta(hours=2), source="jzq"
    )
    keyed = reading(meter="HOME1", at=NOON + timedelta(minutes=1), origin=Origin.HHU_KEYED)
    before = reading(meter="HOME1", at=NOON - timedelta(hours=1))
    answer = reading(
        meter="HOME2", at=NOON + timedelta(hours=4), read_at=NOON + timedelta(hours=4), source="jzq"
    )
    plant.send(before, keyed, late, answer)
    found = {name: those[0].ended for (_, name), those in outages(plant.store, DAY).items()}
    assert found == {"HOME1": NOON + timedelta(hours=2), "jzq": NOON + timedelta(hours=4)}
    assert hours(plant) == {"T1": 4, "L1": 4}
    shown = [
        (row["object"], row["told_by"], row["hours"], row["customers"]) for row in rows(plant, "outages")
    ]
    assert shown == [("HOME1", "customer", "2.0000", 1), ("jzq", "terminal", "1.0000", 2)]
    # An answer to one gateway says nothing of a terminal of another.
    tell(plant, event("jzq", "gdw1376.1:ERC14", 3.5), gateway="so-002")
    other = {gateway for gateway, _ in outages(plant.store, DAY)} - {plant.store.ids["gateways"]["so-001"]}
    assert [outages(plant.store, DAY)[one, "jzq"][0].ended for one in other] == [None]
    assert hours(plant) == {"T1": 4, "L1": 4}


def test_a_period_that_has_not_ended_counts_up_to_now(plant):
    tell(plant, event("HOME1", "gdw1376.2:06-F5", 0, name="power off"))
    assert hours(plant, MONTH, now=NOON + timedelta(hours=5)) == {"T1": 5, "L1": 5}
    assert rows(plant, "reliability", MONTH, now=MONTH.start) == []


def test_reliability_of_who_was_asked_for(plant):
    tell(plant, event("TOTAL", "03110001", 0, 2))
    assert hours(plant, wanted=Wanted(meters=frozenset({"HOME1"}))) == {"T1": 2, "L1": 2}
    (row, *_) = rows(plant, "reliability", standards=Quality(rural=("L1",)))
    assert (row["area"], row["customers"], row["affected"], row["standard"]) == ("rural", 3, 2, "0.99")
    assert rows(plant, "reliability", wanted=Wanted(meters=frozenset({"NOBODY"}))) == []


def call(plant, *words, code=0):
    app = typer.Typer()
    app.command()(quality.command)
    words = ("--database", plant.store.url, *(str(word) for word in words))
    found = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found


def test_who_was_heard_of(processed):
    store = processed.store
    ids = dict.fromkeys(("BIG", "HOME1", "TOTAL"))
    store.reload(list(ids))
    numbers = {store.ids["meters"][asset]: asset for asset in ids}
    assert {numbers[one] for one in heard(store, TWO_DAYS, numbers)} == {"BIG"}
    assert heard(store, period_of(NOON + timedelta(days=4), Span.DAY), numbers) == set()
    found = {row["code"]: (row["heard"], row["rate"]) for row in rows(processed, "reliability", TWO_DAYS)}
    assert found == {"": (1, "1.000000"), "L1": (1, "1.000000"), "T1": (0, None)}


def test_meterd_quality(processed, tmp_path):
    tell(processed, event("HOME1", "03110001", 0, 2))
    processed.send(*volts("HOME1", "220.0", "190.0"))
    day = ("--day", FIRST)
    shown = json.loads(call(processed, *day, "--json").stdout)
    assert {part: len(found) for part, found in shown.items()} == {
        "voltage": 1, "factor": 1, "frequency": 0, "reliability": 3,
    }  # fmt: skip
    text = call(processed, *day).stdout
    assert all(
        one in text for one in ("voltage", "50.00 %", "power factor", "0.8944", "reliability", "97.2222 %")
    )
    assert "frequency" not in text
    call(processed, *day, "--what", "voltage", "--csv", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfmeter,transformer,line,supply")
    call(processed, *day, "--xlsx", tmp_path / "a.xlsx")
    assert load_workbook(tmp_path / "a.xlsx").sheetnames == [
        "voltage",
        "power factor",
        "frequency",
        "reliability",
    ]
    words = ("--what", "tariffs", "--from", FIRST, "--to", FIRST + timedelta(days=1), "--json")
    assert json.loads(call(processed, *words).stdout)["tariffs"][0]["balanced"] is True
    assert (
        call(processed, "--what", "factor", "--month", "2026-03", "--json", code=1).stdout
        == '{"factor": []}\n'
    )


def test_meterd_quality_takes_its_standards_from_the_file(plant, tmp_path):
    file = tmp_path / "m.toml"
    file.write_text(
        f'[gateway]\nname = "m"\nstate_dir = "{tmp_path}"\narchive = "."\n[quality]\nreliability = "rural"\n'
    )
    (tmp_path / "meters.csv").write_text("asset_no,address,protocol,target\n")
    shown = json.loads(call(plant, "-c", file, "--what", "reliability", "--day", FIRST, "--json").stdout)
    assert {row["area"] for row in shown["reliability"]} == {"rural"}
    file.write_text("[quality]\nreliability = 1\n")
    call(plant, "-c", file, code=2)


def test_meterd_quality_with_wrong_input(plant):
    for words, said in (
        (("--day", "yesterday"), "2026-05-31"),
        (("--month", "May"), "2026-05"),
        (("--month", "2026-03", "--day", "2026-03-01"), "--month"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "--to 2026-03-01"),
        (("--csv", "a.csv", "--month", "2026-03"), "--what"),
        (("--what", "noise"), "noise"),
    ):
        assert said in call(plant, *words, code=2).output, words
