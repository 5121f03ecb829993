"""Energies of a day of many meters: `python -m tests.bench.bench_energy [--json]`.

The columns of integers (rows whose registers only rose) beside the careful way that every other row takes, and the
sums of a node's sides; one process, processor time. A day of a million meters costs the master this much of it.
"""

import argparse
import json
import random
import time
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median

from gateway.energy.aggregate import balance
from gateway.energy.columns import plain
from gateway.energy.members import Member
from gateway.energy.period import Span, period_of
from gateway.energy.place import Interval
from gateway.energy.record import FORWARD
from gateway.energy.registers import energy_of
from gateway.energy.series import Register

GOAL = 200_000
DAY = period_of(datetime(2026, 5, 4, tzinfo=UTC), Span.DAY)


def rate(work, count: int, repeats: int) -> float:
    """Median of rows per second of processor time."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        found.append(count / (time.process_time() - began))
    return median(found)


def columns(count: int) -> tuple[list[int], ...]:
    dice = random.Random(1)
    before = [dice.randrange(1, 10**9) for _ in range(count)]
    begin = [one + dice.randrange(10**5) for one in before]
    finish = [one + dice.randrange(10**5) for one in begin]
    return before, begin, finish, [dice.choice([1, 1, 1, 40, 6000]) for _ in range(count)]


def slow(count: int) -> float:
    place = (Interval(asset="M1", power=Decimal(10)),)
    instants = DAY.previous().start, DAY.start, DAY.end
    registers = {"M1": [Register(at, Decimal(100 + 7 * n)) for n, at in enumerate(instants)]}
    return rate(lambda: [energy_of(place, FORWARD, DAY, registers) for _ in range(count)], count, 3)


def sums(count: int) -> float:
    place = (Interval(asset="M1"),)
    registers = {"M1": [Register(DAY.start, Decimal(100)), Register(DAY.end, Decimal(107))]}
    one = energy_of(place, FORWARD, DAY, registers)
    group = [Member(f"M{n}", 1, DAY.start, DAY.end) for n in range(count)]
    return rate(lambda: balance((), group, lambda _, point: one if point == FORWARD else None), count, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    count = 20_000 if asked.quick else 1_000_000
    rows = columns(count)
    assert not plain(*rows).careful
    quick, careful = rate(lambda: plain(*rows), count, 5), slow(2_000)
    found = {
        "plain_meter_days_per_second": quick,
        "goal": GOAL,
        "careful_meter_days_per_second": careful,
        "plain_beside_careful": quick / careful,
        "members_summed_per_second": sums(5_000),
    }
    print(json.dumps(found) if asked.json else "\n".join(f"{key}: {one:,.0f}" for key, one in found.items()))
    return 0 if quick >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
