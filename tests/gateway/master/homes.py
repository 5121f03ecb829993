"""Homes behind a total meter, who answers of them, and what P042 says of it."""

from dataclasses import replace
from datetime import timedelta

from config.archive import Relation
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.plant import FIRST, registers
from tests.gateway.master.stores.asking import ask

DAYS = 4
LAST = FIRST + timedelta(days=DAYS - 1)
HOMES = ("H1", "H2", "H3", "H4")
STRANGER = meter("NEW")
HITS = "SELECT CAST(day AS TEXT), object, value, limit_text FROM second_hit WHERE rule = 'P042' ORDER BY day, object"


def area(*more, node: str = "T1", target: str = "line1", homes=HOMES, prefix: str = ""):
    """Homes behind a total meter; `more` are meters that have no relation."""
    assets = (f"{prefix}TOTAL", *(f"{prefix}{home}" for home in homes))
    relations = [
        Relation(meter=asset, node_kind="transformer", node=node, side="sale" if number else "supply")
        for number, asset in enumerate(assets)
    ]
    meters = (*(meter(asset, target=target) for asset in assets), *more)
    return archive(meters=meters, relations=tuple(relations), exchanges=(), nodes=())


def joined(*archives):
    return replace(
        archives[0],
        meters=tuple(one for found in archives for one in found.meters),
        relations=tuple(one for found in archives for one in found.relations),
    )


def daily(*assets: str, days: int = DAYS, missing: tuple[int, ...] = ()) -> list:
    """Registers at the beginning of the first day and the end of each; none at the ends that are missing."""
    values = [None if n in missing else str(10 * n) for n in range(days + 1)]
    return [one for asset in assets for one in registers(asset, values)]


def hits(store) -> list[tuple]:
    return [(day[-2:], *rest) for day, *rest in ask(store, HITS)]
