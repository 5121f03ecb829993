"""500 carrier nodes with 10 % loss: daily freezes, their time beside the least possible.

`python -m tests.bench.bench_carrier [--json]`: simulated module and network, in virtual time, on any machine the same.

A node loses a frame each way with that probability, so a crossing fails with 19 %; the module notices after 4 s.
The least possible time is that of one crossing for each node, so many at once as the module takes, none lost (or as
long as the serial line needs for these frames, where that is more). With loss it is what the same crossings take if
each fails as often as it must on average, and nothing else is ever waited for.
"""

import argparse
import json
import sys
import time
from datetime import datetime
from decimal import Decimal

from tests.drivers.carrier.place import MAIN, Place, node
from tests.drivers.toy import virtually

NODES, LOSS = 500, 0.1
WAYS = {
    "concurrent": {},
    "concurrent, single frames": {"frames": 1},
    "point reading": {"settings": {"concurrent": 1}},
    "the module's own route": {"cycle": 2},
}
"""How the module is asked: F1H with several frames and with one, 13H one node at a time, 14H and 06H."""
_HOURS = 24
# A request with three frames for a node and its answer, on the line.
_DOWN, _UP = 22 + 3 + 4 + 3 * 16 + 2, 22 + 3 + 3 + 2 * (12 + 4 + 5 + 4) + 36 + 4 + 2


def least(place, at_once, crossings):
    """Seconds without any loss, and with what is lost on average; `crossings` are those of one freeze."""
    spec, whole, lossy = place.cco.spec, 0.0, 0.0
    for one in place.cco.network.nodes.values():
        seconds = crossings * 2 * one.delay + 3 * one.meter.spec.reply_delay
        whole += seconds
        fails = 1 / (1 - one.loss) ** 2 - 1
        lossy += seconds + fails * crossings * (2 * one.delay + spec.fail_seconds)
    line = len(place.meters) * max(_DOWN, _UP) * 11 / place.cco.baud
    return max(whole / at_once, line), max(lossy / at_once, line)


async def _read(place):
    """All freezes, asked for again at the full hour where they failed, as the poller does; results and hours used."""
    found, hours = {}, 0
    while len(found) < len(place.meters) and hours < _HOURS:
        hours += 1
        orders = [order for order in place.orders() if order.meter.asset_no not in found]
        for at in range(0, len(orders), place.driver.batch):
            some = await place.read(*orders[at : at + place.driver.batch])
            found |= {name: result for name, result in some.items() if result.readings}
    return found, hours


def measure(way, nodes=NODES, loss=LOSS, seed=0):
    """What came of one morning: counts, seconds, ratios."""
    listed = {node(n): 2 for n in range(1, nodes + 1)}
    place = Place(nodes, loss=loss, seed=seed, main_node=MAIN, archive=listed, **WAYS[way])

    async def main():
        began = place.now()
        found, hours = await _read(place)
        return found, hours, (place.now() - began).total_seconds()

    began = time.monotonic()
    found, hours, seconds = virtually(main())
    right = sum(
        [reading.value for reading in found[f"m{n}"].readings]
        == [Decimal(place.truth(n, datetime(2026, 3, 10))) / 100]
        for n in range(1, nodes + 1)
        if f"m{n}" in found
    )
    at_once = place.target.concurrent if way.startswith("concurrent") else 1
    whole, lossy = least(place, at_once, 1 if way == "concurrent" else 3)
    return {
        "nodes": nodes,
        "complete": len(found),
        "right": right,
        "calls": hours,
        "crossings": place.cco.network.carried,
        "lost": place.cco.network.lost,
        "seconds": round(seconds, 1),
        "least_seconds": round(whole, 1),
        "least_seconds_with_loss": round(lossy, 1),
        "ratio": round(seconds / whole, 2),
        "ratio_with_loss": round(seconds / lossy, 2),
        "real_seconds": round(time.monotonic() - began, 1),
        "ok": right == nodes,
    }


def main():
    """Print the figures; exit 1 if a freeze is missing or wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    ways = ["concurrent"] if options.quick else list(WAYS)
    found = {way: measure(way) for way in ways}
    if options.json:
        print(json.dumps(found))
    else:
        for way, row in found.items():
            print(
                f"{way}: {row['right']} of {row['nodes']} freezes in {row['seconds']:.0f} s"
                f" ({row['crossings']} crossings, {row['lost']} frames lost, {row['calls']} calls of the ladder);"
                f" least possible {row['least_seconds']:.0f} s ({row['ratio']:.2f} x),"
                f" with this loss {row['least_seconds_with_loss']:.0f} s ({row['ratio_with_loss']:.2f} x)"
            )
    sys.exit(0 if all(row["ok"] for row in found.values()) else 1)


if __name__ == "__main__":
    main()
