"""One day of many meters from registers to line loss at the master, on PostgreSQL, in one run.

Every meter has a register at the beginning and the end of the day; households hang on transformers of 200 with a
total meter each, transformers on lines of 50. One household in 400 lacks its register, one in 1,000 fell back. Energies
of the seven days before are there, so that the second review has something to look back at. With `--curves` a share
of the meters has a register, a power and a voltage every `--minutes` as well, read on the slot or, with `--live`, some
seconds to minutes after it. What is measured is the
processing run alone: energies, sums, loss and second review, from the database and back into it. Of several sizes the
cost of a meter must not grow. Peak memory is that of this process, which does nothing else.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg

from gateway.collector import collect_rarely
from gateway.master.process.run import Processor
from gateway.master.stores import store_of
from tests.servers.postgres import Postgres

DAY = date(2026, 3, 1)
BEGIN = datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
AREA = 200
LINE = 50
GROWTH = 1.25
"""The cost of a meter at the largest size over that at the smallest: more counts as growing."""


class Late:
    """A clock in the morning after; it runs."""

    def now(self) -> datetime:
        return END + timedelta(hours=7)

    def monotonic(self) -> float:
        return time.perf_counter()


_FILL = """
INSERT INTO gateway (name) SELECT 'so-' || n FROM generate_series(1, %(gateways)s) n;
INSERT INTO point (code) VALUES ('1-0:1.8.0');
INSERT INTO quality (unit, scale, state, method, reason, flags, source)
    VALUES ('kWh', 2, 'PASSED', 'FREEZE', '', 0, 'so');
INSERT INTO meter (asset, gateway)
    SELECT 'M' || lpad(n::text, 9, '0'), 1 + (n / 5000) %% %(gateways)s
    FROM generate_series(1, %(meters)s) n ORDER BY n;
INSERT INTO node (kind, code) SELECT 'transformer', 'T' || n FROM generate_series(0, %(areas)s) n;
INSERT INTO node (kind, code) SELECT 'line', 'L' || n FROM generate_series(0, %(lines)s) n;
INSERT INTO archive (gateway, digest, taken) SELECT id, 'bench', now() FROM gateway;
INSERT INTO archive_meter (gateway, meter, digits, decimals, tariffs, register_is_primary, ct, pt, rated_voltage,
        max_current, capacity_kva, mp_no, status, protocol, model, target, customer_class, accuracy, wiring, phase,
        metering_side, supply_type, route)
    SELECT gateway, id, 6, 2, 4, false, CASE id %% 200 WHEN 0 THEN 80 ELSE 1 END, 1, 220, 60,
        CASE id %% 200 WHEN 0 THEN 400 ELSE 15 END, '', 'in service', '', '', 'jzq' || id / 200, '',
        '2', '1P', '', '', '', ''
    FROM meter;
INSERT INTO archive_relation (gateway, meter, node, sign, side)
    SELECT m.gateway, m.id, t.id, 1, CASE m.id %% 200 WHEN 0 THEN 'supply' ELSE 'sale' END
    FROM meter m JOIN node t ON t.kind = 'transformer' AND t.code = 'T' || m.id / 200;
INSERT INTO archive_relation (gateway, meter, node, sign, side)
    SELECT m.gateway, m.id, l.id, 1, 'sale'
    FROM meter m JOIN node l ON l.kind = 'line' AND l.code = 'L' || m.id / 10000 WHERE m.id %% 200 = 0;
CREATE TABLE reading_2026_02 PARTITION OF reading_row FOR VALUES FROM ('2026-02-01 00:00Z') TO ('2026-03-01 00:00Z');
CREATE TABLE reading_2026_03 PARTITION OF reading_row FOR VALUES FROM ('2026-03-01 00:00Z') TO ('2026-04-01 00:00Z');
INSERT INTO reading_row (at, value, meter, quality, lag, point, variant)
    SELECT %(begin)s, 100000 + id, id, 1, 60, 1, 17 FROM meter;
INSERT INTO reading_row (at, value, meter, quality, lag, point, variant)
    SELECT %(end)s, CASE WHEN id %% 1000 = 7 THEN 500 WHEN id %% 200 = 0 THEN 100000 + id + 2600
        ELSE 100000 + id + 500 + id %% 1000 END, id, 1, 60, 1, 17
    FROM meter WHERE id %% 400 <> 3;
CREATE TABLE energy_2026_02 PARTITION OF energy_row FOR VALUES FROM ('2026-02-01 00:00Z') TO ('2026-03-01 00:00Z');
INSERT INTO energy_quality (scale, register_scale, flags, multiplier, computed, method, reason, worst)
    VALUES (2, 2, 0, '1', 'read', 'FREEZE', '', 'PASSED');
INSERT INTO energy_row (start, energy, begin_register, end_register, meter, quality, skew, point, variant)
    SELECT %(begin)s - d * interval '1 day', 500 + id %% 1000 + d, 1000, 2000, id, 1, 0, 1, 6
    FROM generate_series(1, 7) d, meter ORDER BY d DESC, id;
"""
_CURVES = """
INSERT INTO point (code) VALUES ('1-0:16.7.0'), ('1-0:32.7.0');
INSERT INTO quality (unit, scale, state, method, reason, flags, source)
    VALUES ('kW', 4, 'PASSED', 'CURVE', '', 0, 'so'), ('V', 1, 'PASSED', 'CURVE', '', 0, 'so');
INSERT INTO reading_row (at, value, meter, quality, lag, point, variant)
    SELECT %(begin)s + n * %(minutes)s * interval '1 minute' + (id %% 280 + 1) * %(live)s * interval '1 second',
        CASE p WHEN 1 THEN 100000 + id + (500 + id %% 1000) * n * %(minutes)s / 1440
            WHEN 2 THEN 2000 + 37 * n %% 500 ELSE 2200 + n %% 7 END, id, p, 5, p, 17
    FROM generate_series(1, 1440 / %(minutes)s - 1) n, meter, generate_series(1, 3) p WHERE id %% 100 < %(curves)s;
"""


def fill(url: str, meters: int, curves: dict[str, int]) -> None:
    """A database with its archive, two registers of each meter and curves of some, by the server itself."""
    with closing(store_of(url)) as store:
        store.connect()
    figures = {
        "meters": meters,
        "gateways": max(1, meters // 20_000),
        "areas": meters // AREA,
        "lines": meters // (AREA * LINE),
        "begin": BEGIN,
        "end": END,
        **curves,
    }
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET enable_hashjoin = on")
        for statement in (_FILL + (_CURVES if curves["curves"] else "")).split(";\n"):
            if statement.strip():
                db.execute(statement, figures)
        db.execute("VACUUM ANALYZE")  # as what lies there since yesterday


def measure(postgres: Postgres, meters: int, curves: dict[str, int]) -> dict[str, float]:
    """One size: seconds, rows, and memory."""
    url = postgres.fresh()
    fill(url, meters, curves)
    with closing(store_of(url)) as store:
        store.connect()
        processor = Processor(store, Late())
        begun = time.perf_counter()
        figures = processor.run(DAY)
        seconds = time.perf_counter() - begun
    return {
        "meters": meters,
        "seconds": round(seconds, 2),
        "meters_per_second": round(meters / seconds),
        "results": figures.results,
        "results_per_second": round(figures.results / seconds),
        "energies": figures.energies,
        "one_by_one": figures.careful,
        "losses": figures.losses,
        "hits_of_rules": figures.hits,
        "microseconds_a_meter": round(1e6 * seconds / meters, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument(
        "--million", action="store_true", help="100,000, 300,000 and 1,000,000 meters: some minutes"
    )
    parser.add_argument("--meters", type=int, nargs="+", help="these sizes instead")
    parser.add_argument(
        "--curves", type=int, default=0, help="so many percent of the meters are read within the day too"
    )
    parser.add_argument("--minutes", type=int, default=60, choices=(15, 30, 60), help="so often")
    parser.add_argument("--live", action="store_true", help="after the slot, with the time of the answer")
    asked = parser.parse_args()
    curves = {"curves": asked.curves, "minutes": asked.minutes, "live": int(asked.live)}
    sizes = asked.meters or ([100_000, 300_000, 1_000_000] if asked.million else [20_000, 60_000])
    if asked.quick:
        sizes = [4_000, 8_000]
    collect_rarely()  # as `meterd ingest` does
    runs = []
    with tempfile.TemporaryDirectory(prefix="meterd-bench-") as name:
        postgres = Postgres(Path(name) / "postgres").start()
        try:
            for meters in sizes:
                runs.append(measure(postgres, meters, curves))
                print(json.dumps(runs[-1]), file=sys.stderr)
        finally:
            postgres.stop()
    growth = runs[-1]["microseconds_a_meter"] / runs[0]["microseconds_a_meter"]
    found = {
        **{f"{run['meters']:,} meters": run for run in runs},
        "cost_of_a_meter_largest_to_smallest": round(growth, 2),
        "reached": growth <= GROWTH,
    }
    print(json.dumps(found) if asked.json else "\n".join(f"{key}: {value}" for key, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
