"""Reading a meter as `meterd read` does, and pairs of pseudo terminals to read it over."""

import contextlib
import os
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from config.archive import Meter
from config.schema import Target
from gateway.clock import SystemClock
from gateway.oneshot import Place, read_once

NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)


def place(link, protocol, model, unit=1, **more):
    """Where a meter is asked."""
    meter = Meter(asset_no="M1", address=str(unit), protocol=protocol, target="t", model=model)
    target = Target(name="t", driver="modbus", link=link, **{"reply_ms": 2000, **more})
    return Place(meter=meter, target=target, tz=ZoneInfo("Asia/Shanghai"))


async def read(link, protocol, model, points, unit=1, **more):
    """The values by point; fails where one did not come."""
    result = await read_once(place(link, protocol, model, unit, **more), points, SystemClock())
    assert not result.failures, result.failures
    return {item.point: item.value for item in result.items}


@contextlib.contextmanager
def terminals():
    """Two pseudo terminals, each the other's far end."""
    with tempfile.TemporaryDirectory() as folder:
        ends = [f"{folder}/{name}" for name in ("a", "b")]
        wires = [f"pty,raw,echo=0,link={end}" for end in ends]
        process = subprocess.Popen(["socat", *wires], stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while not all(Path(end).exists() for end in ends):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield [os.path.realpath(end) for end in ends]
        finally:
            process.kill()
            process.wait()
