"""64 paced serial ports beside the computed line rate: `python -m tests.bench.bench_serial [--json]`.

Goal: 97 % of the line rate, at most 8 % of one core.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from statistics import median

from drivers import make_link
from drivers.gate import build_gate
from drivers.pump import Pump, Timing
from protocols import PROTOCOLS
from protocols.session import Question
from tests.bench.paced import ANSWER_SECONDS

PORTS = 64
CHARACTERS = 20 + 24
GOAL_RATIO, GOAL_CORE = 0.97, 0.08


def line_rate(baud):
    """Questions a second that one line can carry."""
    return 1 / (CHARACTERS * 11 / baud + ANSWER_SECONDS)


async def poll(path, baud, until):
    """Ask one port over and over; the number of answers."""
    kind = PROTOCOLS["dlt645-2007"]
    link = make_link("bench", f"serial:{path}?baud={baud}&mode=8E1", build_gate([kind.classify]))
    session, pump, timing = kind.session(4), Pump(link), Timing(turnaround=0.0)
    question = Question(address="123456789012", id="00010000")
    await link.open()
    count = 0
    while asyncio.get_running_loop().time() < until:
        answer = await pump.converse(session, question, timing)
        assert answer.items[0].value is not None
        count += 1
    await link.close()
    return count


async def measure(paths, baud, seconds):
    """Answers per second over all ports, and the share of a core."""
    loop = asyncio.get_running_loop()
    began, cpu = loop.time(), time.process_time()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(poll(path, baud, began + seconds)) for path in paths]
    wall = loop.time() - began
    return sum(task.result() for task in tasks) / wall, (time.process_time() - cpu) / wall


def run(baud, seconds):
    """One measurement in fresh processes' terminals."""
    meters = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.paced", str(PORTS), str(baud)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        return asyncio.run(measure(json.loads(meters.stdout.readline()), baud, seconds))
    finally:
        meters.stdin.close()
        meters.stdout.close()
        meters.wait(10)


def bench(seconds, repeats):
    """Medians for each speed, by name."""
    found = {"goal_ratio": GOAL_RATIO, "goal_core": GOAL_CORE, "ports": PORTS}
    for baud in (2400, 9600):
        runs = [run(baud, seconds) for _ in range(repeats)]
        ideal = line_rate(baud) * PORTS
        rate, core = median(r for r, _ in runs), median(c for _, c in runs)
        found[f"{baud}"] = {
            "line_rate": round(ideal, 1),
            "rate": round(rate, 1),
            "ratio": round(rate / ideal, 4),
            "core": round(core, 4),
            "ok": rate / ideal >= GOAL_RATIO and core <= GOAL_CORE,
        }
    return found


def main():
    """Print the figures; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found = bench(3.0, 1) if options.quick else bench(10.0, 3)
    if options.json:
        print(json.dumps(found))
    else:
        for baud in ("2400", "9600"):
            row = found[baud]
            print(
                f"{PORTS} ports at {baud} bit/s: {row['rate']} of {row['line_rate']} round trips/s"
                f" ({row['ratio']:.1%}, goal {GOAL_RATIO:.0%}),"
                f" {row['core']:.1%} of a core (goal {GOAL_CORE:.0%})"
            )
    sys.exit(0 if options.quick or all(found[baud]["ok"] for baud in ("2400", "9600")) else 1)


if __name__ == "__main__":
    main()
