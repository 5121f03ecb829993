"""One dead meter among ten on a line that takes its time: what it costs the living.

The line of the comparison has 9600 bit/s, ten meters and a round every 5 s. Here everything is six times as
fast, speed and time limits alike, and a minute's slot of the gateway's fast clock lasts 5/6 s.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.fleet import specs
from tests.tools.plant import plant, wait_until
from tests.tools.tables import OUTBOX, slots

SCALE = 6
FORWARD = tuple(f"1-0:1.8.{tariff}" for tariff in range(5))
REVERSE = tuple(f"1-0:2.8.{tariff}" for tariff in range(5))


def _closed(daemon, path) -> int:
    assert daemon.running, daemon.tail()
    return len(slots(path, running=True)) if path.exists() else 0


def _missed(folder, *, dead: bool, rounds: int, scale: int) -> float:
    """The share of the living meters' readings that did not come, over so many slots."""
    wanted = [replace(s, wakeup=4, reply_delay=0.02 / scale) for s in specs(10, share_1997=0)]
    wanted[4] = replace(wanted[4], dead=dead)
    living = {f"A{s.address}" for s in wanted if not s.dead}
    limits = {"reply_ms": 504 // scale, "gap_ms": 504 // scale, "turnaround_ms": 30 // scale}
    target = {**limits, "breaker_seconds": 300 * 12}
    settings = {"factor": 12.0 * scale, "pty": True, "baud": 9600 * scale, "target": target}
    with plant(folder, wanted=wanted, lines=1, points=(*FORWARD, *REVERSE), **settings) as p:
        p.write(None)
        daemon = p.daemon().start()
        path = p.state / OUTBOX
        try:
            wait_until(lambda: _closed(daemon, path) > rounds, rounds * 10 + 60, "slots are closed", step=0.5)
        finally:
            daemon.stop()
        closed = slots(path)
        # The slot in force at the start had only what was left of its time.
        closed = [s for s in closed if s.at > min(s.at for s in closed)]
        first, last = min(s.at for s in closed), max(s.at for s in closed)
        expected = (round((last - first) / timedelta(minutes=1)) + 1) * len(living)
        came = sum(outcome == "ok" for s in closed for m, outcome in s.outcomes.items() if m in living)
        return 1 - came / expected


def test_a_dead_meter_costs_the_living_almost_nothing(tmp_path):
    missed = _missed(tmp_path / "plant", dead=True, rounds=20, scale=SCALE)
    assert missed <= 0.03


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("dead", [False, True])
def test_at_the_speed_of_a_real_line(tmp_path, dead):
    missed = _missed(tmp_path / "plant", dead=dead, rounds=24, scale=1)
    assert missed <= 0.03
