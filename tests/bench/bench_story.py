"""How often the story of the demonstration is found: many seeds, by kind, and whether anybody honest is named.

Each seed is another two weeks of four areas: other customers, other noise (35 % an hour at homes), other values
missing, another thief who hides 40 %. `found` is the share of seeds in which the system concluded what the simulator
knows. `honest_named` counts customers without any fault whom a rule calls suspicious, over all seeds.
"""

import argparse
import json
import resource
import sys
from collections import Counter
from statistics import median

from gateway import demo
from gateway.story.told import KINDS

SEEDS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--quick", action="store_true", help="two seeds")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args()
    count = 2 if given.quick else given.seeds
    found: Counter[str] = Counter()
    honest: list[str] = []
    times: list[float] = []
    for seed in range(1, count + 1):
        told = demo.story(seed)
        found.update(one.kind for one in told.story if one.found)
        guilty = {name for one in told.story if one.found for name in one.object.split()}
        honest += [f"{seed}:{meter}:{rule}" for rule, named in told.named.items() for meter in named
                   if meter not in guilty]  # fmt: skip
        times.append(told.seconds)
        if not given.json:
            right = sum(one.found for one in told.story)
            print(f"seed {seed}: {right} of {len(told.story)} found, {told.seconds} s", file=sys.stderr)
    result = {
        "seeds": count,
        "found": {kind: round(found[kind] / count, 3) for kind in KINDS},
        "honest_named": len(honest),
        "who": honest,
        "seconds_median": median(times),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(result, indent=None if given.json else 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
