"""Readings within days, for tests: what each rule on them hits, and what is honest."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from config.archive import Node, Relation
from protocols.reading import Method, Origin
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import reading
from tests.gateway.master.plant import FIRST, end

POWER, VOLTAGE, INTERVAL, DEMAND, REGISTER = (
    "1-0:16.7.0", "1-0:32.7.0", "1-0:1.29.0", "1-0:1.6.0", "1-0:1.8.0",
)  # fmt: skip
UNITS = {POWER: "kW", VOLTAGE: "V", DEMAND: "kW"}
_PLANT = {"customer_class": "industry", "wiring": "3P4W", "rated_voltage": Decimal(220), "ct": Decimal(10)}


def plant_archive(**more):
    """A transformer of 315 kVA with its total meter, and customers of industry with a ratio of ten."""
    names = ("PEAK", "LOADED", "DEMAND", "SAMPLED", "LOW", "PAIR", "SHAPE")
    meters = [meter(name, **_PLANT, capacity_kva=Decimal(100)) for name in names]
    meters.append(meter("INPUT", **_PLANT | {"ct": Decimal(8)}, mp_no="P-PAIR"))
    meters.append(meter("HOME", wiring="1P", rated_voltage=Decimal(220)))
    meters.append(meter("TOTAL", ct=Decimal(80), customer_class="gateway"))
    relation = Relation(meter="TOTAL", node_kind="transformer", node="T1", side="supply")
    node = Node(kind="transformer", code="T1", capacity_kva=Decimal(315))
    known = {"meters": tuple(meters), "relations": (relation,), "nodes": (node,), "exchanges": ()}
    return archive(**known | more)


def within(asset: str, point: str, values: Iterable[str | float], *, day: date = FIRST, **more):
    """Values of a day from its midnight on, a quarter hour apart; `minutes` and `late` (seconds) say otherwise."""
    minutes, late = more.pop("minutes", 15), more.pop("late", 0)
    begin = end(day - timedelta(days=1)) + timedelta(seconds=late)
    known = {"method": Method.CURVE, "unit": UNITS.get(point, "kWh"), **more}
    return [
        reading(str(value), meter=asset, point=point, at=begin + timedelta(minutes=minutes * n), **known)
        for n, value in enumerate(values)
    ]


def counted(energies: Iterable[float], start: float = 100.0) -> list[str]:
    """A register that advances by these, with two decimals."""
    found = [start]
    for energy in energies:
        found.append(found[-1] + energy)
    return [f"{value:.2f}" for value in found]


def suspicious(day: date = FIRST):
    """Readings of one day that P004, P008, P009, P012 and P013 hit."""
    return [
        *within(
            "PEAK", REGISTER, counted([0.5] * 40 + [5.0] + [0.5] * 55), day=day, method=Method.LIVE, late=7
        ),
        *within("LOADED", POWER, [9.0] * 60 + [10.8, 10.7] + [9.0] * 34, day=day),
        *within("DEMAND", DEMAND, ["10.9"], day=day, late=14 * 3600 + 37 * 60),
        *within("SAMPLED", POWER, [5.0] * 24, day=day, minutes=60),
        *within("SAMPLED", POWER, [4.0] * 24, day=day, minutes=60, origin=Origin.TERMINAL),
        *within("PAIR", POWER, [5.0] * 96, day=day),
        *within("INPUT", POWER, [5.0] * 96, day=day, origin=Origin.TERMINAL),
        *within("LOW", VOLTAGE, [200.0] * 96, day=day, method=Method.LIVE, late=40),
        *within("TOTAL", POWER, [2.0] * 18 + [3.5] * 6, day=day, minutes=60),
    ]


def honest(day: date = FIRST):
    """The same meters without anything to be found."""
    return [
        *within(
            "PEAK", REGISTER, counted([0.5] * 40 + [1.0] + [0.5] * 55), day=day, method=Method.LIVE, late=7
        ),
        *within("LOADED", POWER, [9.0] * 60 + [10.8, 9.0, 10.7] + [9.0] * 33, day=day),
        *within("DEMAND", DEMAND, ["10.4"], day=day, late=14 * 3600 + 37 * 60),
        *within("SAMPLED", POWER, [5.0] * 24, day=day, minutes=60),
        *within("SAMPLED", POWER, [4.8] * 24, day=day, minutes=60, origin=Origin.TERMINAL),
        *within("PAIR", POWER, [5.0] * 96, day=day),
        *within("INPUT", POWER, [6.2] * 96, day=day, origin=Origin.TERMINAL),
        *within("LOW", VOLTAGE, [210.0] * 96, day=day, method=Method.LIVE, late=40),
        *within("HOME", VOLTAGE, [200.0] * 96, day=day, method=Method.LIVE, late=40),
        *within("TOTAL", POWER, [2.0] * 20 + [3.5] * 4, day=day, minutes=60),
    ]


HITS = {
    ("P004", "PEAK"),
    ("P008", "PAIR"),
    ("P008", "SAMPLED"),
    ("P009", "DEMAND"),
    ("P009", "LOADED"),
    ("P012", "LOW"),
    ("P013", "transformer:T1"),
}
"""What the second review says of `suspicious`."""
