"""Scenarios on a full file system: python -m tests.servers.full_disk FOLDER NAME:BALLAST prints JSON."""

import asyncio
import json
import os
import sys
from pathlib import Path

from gateway.outbox import OutboxError, OutboxFull
from gateway.outbox import outbox as module
from tests.servers.outbox_support import entry, opened, until

MAX_BYTES = 64 << 20


def free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def fill(folder: Path) -> None:
    """Take every byte that is left."""
    with (folder / "filler").open("ab", buffering=0) as filler:
        for size in (65_536, 4_096, 512, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                continue


async def until_full(outbox, start: int = 0) -> tuple[int, str]:
    """Append until refused; (rows promised, reason)."""
    for n in range(start, start + 100_000):
        try:
            await outbox.append(entry(*range(n * 20, n * 20 + 20)))
        except OutboxFull as full:
            return (n - start) * 20, full.reason
    raise AssertionError


async def drain(outbox) -> int:
    before = outbox.stats.committed
    while batches := await outbox.claim(50):
        for batch in batches:
            await outbox.acked(batch.epoch, 0, [(batch.number, batch.number)])
    return outbox.stats.committed - before


def figures(outbox) -> dict:
    stats = outbox.stats
    return {"pending": stats.pending, "committed": stats.committed, "difference": stats.difference}


async def scenario_drain(folder: Path, ballast: int) -> dict:
    found: dict = {}
    async with opened(folder, ballast_bytes=ballast, max_bytes=MAX_BYTES) as outbox:
        for n in range(50):
            await outbox.append(entry(*range(n * 20, n * 20 + 20)))
        fill(folder)
        found["free_when_full"] = free(folder)
        more, found["refused"] = await until_full(outbox, 50)
        found["promised"] = 1_000 + more
        found["after_refusal"] = figures(outbox)
        fill(folder)
        found["drained"] = await drain(outbox)
        found["after_drain"] = figures(outbox)
        (folder / "filler").unlink()
        await outbox.append(entry(999_999))
        found["recovered"] = not outbox.stats.full
    async with opened(folder, ballast_bytes=ballast, max_bytes=MAX_BYTES) as outbox:
        stats = outbox.stats
        found["reopened"] = {name: getattr(stats, name) for name in ("accepted", "difference", "corruptions")}
    return found


async def scenario_greedy(folder: Path, ballast: int) -> dict:
    found: dict = {"refusals": 0}
    path = folder / "outbox.db.ballast"
    async with opened(folder, ballast_bytes=ballast, max_bytes=MAX_BYTES) as outbox:
        await outbox.append(entry(1))
        fill(folder)
        await until_full(outbox, 1)
        accepted = outbox.stats.accepted
        found["ballast_given_up"] = not path.exists()
        for n in range(50):
            try:
                await outbox.append(entry(100_000 + n))
            except OutboxFull:
                found["refusals"] += 1
        found["accepted_meanwhile"] = outbox.stats.accepted - accepted
        (folder / "filler").unlink()
        await until(path.exists, 30)
        found["ballast_back"] = path.stat().st_size == ballast
    return found


async def scenario_start(folder: Path, ballast: int) -> dict:
    async with opened(folder, ballast_bytes=ballast, max_bytes=MAX_BYTES) as outbox:
        await outbox.append(entry(*range(100)))
    fill(folder)
    async with opened(folder, ballast_bytes=ballast, max_bytes=MAX_BYTES) as outbox:
        drained = await drain(outbox)
        return {"promised": 100, "drained": drained, "difference": outbox.stats.difference}


def main() -> None:
    module._HOUSEKEEPING_SECONDS = 0.2
    name, _, ballast = sys.argv[2].partition(":")
    scenario = {"drain": scenario_drain, "greedy": scenario_greedy, "start": scenario_start}[name]
    try:
        print(json.dumps(asyncio.run(scenario(Path(sys.argv[1]), int(ballast)))))
    except OutboxError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
