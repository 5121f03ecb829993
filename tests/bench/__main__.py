"""All benchmarks in one run on one machine: python -m tests.bench [--quick] [--json FILE] [NAME ...]

Each `bench_<name>.py` beside this file is run as a process of its own with --json; its last line of output is
one JSON object. Absolute figures of a shared machine are noise, so the goals are ratios.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def run(name: str, *, quick: bool) -> dict:
    """One benchmark's object; an `error` key where it failed."""
    command = [sys.executable, "-m", f"tests.bench.bench_{name}", "--json", *(["--quick"] if quick else [])]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1], check=False)
    lines = done.stdout.strip().splitlines()
    try:
        found = json.loads(done.stdout) if done.stdout.strip().startswith("{") else json.loads(lines[-1])
    except (ValueError, IndexError):
        found = {"error": (done.stderr or done.stdout).strip()[-400:] or "no output"}
    if done.returncode and "error" not in found:
        found["error"] = f"exit {done.returncode}"
    return {**found, "seconds": round(time.monotonic() - began, 1)}


def flat(value: object, prefix: str = "") -> list[tuple[str, str]]:
    """Nested results as rows of one table."""
    if isinstance(value, dict):
        return [
            row
            for key, part in value.items()
            for row in flat(part, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(value, list):
        return [(prefix, ", ".join(map(str, value)))]
    if isinstance(value, float):
        return [(prefix, f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}")]
    return [(prefix, f"{value:,}" if type(value) is int else str(value))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(names())}")
    parser.add_argument(
        "--quick", action="store_true", help="few repeats: shows that it runs, measures little"
    )
    parser.add_argument("--json", type=Path, help="write all results here")
    asked = parser.parse_args()
    console = Console()
    results: dict[str, dict] = {}
    for name in asked.names or names():
        console.print(f"{name} ...")
        results[name] = run(name, quick=asked.quick)
        table = Table(title=name, show_header=False)
        for key, figure in flat(results[name]):
            table.add_row(key, figure)
        console.print(table)
    machine = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    if asked.json:
        asked.json.write_text(json.dumps({**machine, "results": results}, indent=1), encoding="utf-8")
    return 1 if any("error" in found for found in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
