"""`meterd run` in faster time: the same App with another clock.

python -m tests.tools.fast FACTOR START SINCE CONFIG
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from config.load import load
from gateway import logs
from gateway.app import App
from gateway.clock import FastClock, SystemClock
from gateway.collector import collect_rarely, share_heap


def main() -> int:
    share_heap()
    factor, start, since, config = sys.argv[1:5]
    clock = FastClock(
        SystemClock(), float(factor), datetime.fromisoformat(start), datetime.fromisoformat(since)
    )
    logs.setup(level="info")
    loaded = load(Path(config))
    collect_rarely()
    asyncio.run(App(loaded.settings, loaded.archive, clock=clock, loaded=loaded, signals=True).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
