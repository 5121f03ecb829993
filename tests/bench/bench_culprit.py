"""How often the thief of an area is found: `python -m tests.bench.bench_culprit [--quick] [--json] [NAME ...]`.

The table of domain 9.3, its list of what disturbs, and the thefts of 9.2, in several manners of living: share of
thieves among the first three, what the table says, the largest t of honest areas, suspicious findings in a hundred
honest areas, processor time of an area (best and median, in ms, from lists of registers on). `--series FOLDER` takes
homes from hourly series (CSV, plain or gzip: time, kWh): cut as the domain notes describe it, or `--neighbours`. Such
a folder is everybody's own.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.second.culprit import suspects, suspects_by_registers
from tests.tools.area import Area
from tests.tools.conditions import CONDITIONS, measured
from tests.tools.homes import HOMES, recorded

_FEEDS = {
    "registers": (Area.read, suspects_by_registers),
    "energies": (lambda area: (area.supply, area.meters), suspects),
    "straight": (lambda area: (area.supply, area.filled()), suspects),
}
_QUICK = ("30 meters, 14 days", "100 meters, 28 days")


def row(homes: str, found, table: float | None) -> dict:
    t, calm = found.thief or [0.0], np.percentile(found.honest, [50, 95, 100])
    return {
        "homes": homes,
        "condition": found.name,
        "trials": found.trials,
        "top3": round(found.share, 3),
        "table": table,
        "thief_t": round(float(np.median(t)), 1),
        "honest_t": [round(float(one), 1) for one in calm],
        "false_per_100": found.false_per_hundred,
        "ms": [round(1_000 * float(one), 1) for one in (min(found.seconds), np.median(found.seconds))],
    }


def shown(rows: list[dict]) -> Table:
    table = Table(*rows[0])
    for one in rows:
        below = one["table"] is not None and one["top3"] < one["table"]
        table.add_row(*(str(value) for value in one.values()), style="red" if below else None)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="conditions, all of them otherwise")
    parser.add_argument("--homes", nargs="*", default=["weekly", "windows", "mixed"], choices=list(HOMES))
    parser.add_argument(
        "--series", type=Path, help="a folder of hourly series, instead of the manners of living"
    )
    parser.add_argument(
        "--neighbours",
        action="store_true",
        help="each home another of these series, as it is, on the same days",
    )
    parser.add_argument("--trials", type=int, default=30)
    parser.add_argument(
        "--feed", choices=list(_FEEDS), default="registers", help="what a missing register leaves"
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    names = asked.names or (_QUICK if asked.quick else list(CONDITIONS))
    trials = 3 if asked.quick else asked.trials
    homes = {name: HOMES[name] for name in asked.homes}
    if asked.series:
        homes = {"recorded": recorded(asked.series, neighbours=asked.neighbours)}
    rows = []
    for manner, made in homes.items():
        for name in names:
            feed, ask = _FEEDS[asked.feed]
            found = measured(name, CONDITIONS[name], homes=made, trials=trials, feed=feed, ask=ask)
            rows.append(row(manner, found, CONDITIONS[name].table))
            Console(stderr=True).print(*(str(value) for value in rows[-1].values()), sep="  ")
    if asked.json:
        print(json.dumps({"rows": {f"{one['homes']}, {one['condition']}": one for one in rows}}))
    else:
        Console().print(shown(rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
