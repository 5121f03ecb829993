"""The check of one file in a process of its own: what a file costs is given back, and what hangs can be ended.

    python -m gateway.upload.worker check CONFIG STATE NUMBER     what an import would take
    python -m gateway.upload.worker digest CONFIG STATE NUMBER    what the daemon's import took

Both lay the report beside the page's others. Standard output has JSON lines: {"rows": N} now and then, and last the
figures for the record.
"""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from config.errors import ConfigError
from config.profiles import ProfileError
from gateway.clock import SystemClock
from gateway.dumps.desk import FOLDER, Desk, DeskError
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool, SpoolError
from gateway.upload.places import Places
from gateway.upload.views import Views, summary

__all__ = ["main"]

_NICENESS = 5


def main(arguments: list[str]) -> int:
    """Do one job; returns the exit code."""
    mode, config, state, number = arguments
    with suppress(OSError):  # a sandbox may forbid it
        os.nice(_NICENESS)
    spool = Spool(Path(state) / FOLDER)
    try:
        report = _checked(Path(config), spool, number) if mode == "check" else spool.report(number)
        if report is None:
            return 1
        report |= {"file": spool.ticket(number).name}
    except SpoolError:
        return 1  # withdrawn meanwhile
    Views(Places(Path(state)).views).put(number, report)
    _say(summary(report))
    return 0


def _checked(config: Path, spool: Spool, number: str) -> dict[str, Any]:
    path = spool.dump(number)
    try:
        report = Desk.of(config, "", SystemClock(), 0.0).run(path, commit=False, progress=_progress)
    except (ConfigError, ProfileError, DeskError) as error:
        sys.stderr.write(f"{error}\n")
        report = Report(file=path.name, refused=[("gateway", "")])
    return report.as_json()


def _progress(rows: int) -> None:
    _say({"rows": rows})


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
