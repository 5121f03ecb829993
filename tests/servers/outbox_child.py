"""A process to be killed: appends numbered readings and prints each number once `append` has returned.

python -m tests.servers.outbox_child FOLDER FIRST [--early]
With --early a number is printed before the append returns: the negative control, a promise given too soon.
"""

import asyncio
import os
import sys
from pathlib import Path

from gateway.outbox import Entry, Mark
from tests.servers.outbox_support import AT, opened, reading


async def produce(outbox, first: int, lane: int, *, early: bool) -> None:
    for n in range(first + lane, first + 100_000, 8):
        text = f"{n}\n".encode()
        if early:
            os.write(1, text)
        mark = Mark(task="t", target=f"l{lane}", slot=AT, meter=f"m{n % 50}", outcome="ok")
        await outbox.append(Entry(readings=(reading(n),), marks=(mark,), saves=((f"lane{lane}", text),)))
        if not early:
            os.write(1, text)


async def consume(outbox) -> None:
    """A master that acknowledges half of what it is shown and refuses one in twenty."""
    while True:
        for batch in await outbox.claim(10):
            if batch.number % 20 == 7:
                await outbox.dead(batch.id, "payload")
            elif batch.number % 2:
                await outbox.acked(batch.epoch, 0, [(batch.number, batch.number)])
        await asyncio.sleep(0.005)


async def main(folder: Path, first: int, *, early: bool) -> None:
    async with opened(folder, commit_seconds=0.005) as outbox, asyncio.TaskGroup() as group:
        os.write(1, b"ready\n")
        group.create_task(consume(outbox))
        for lane in range(8):
            group.create_task(produce(outbox, first, lane, early=early))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), early="--early" in sys.argv))
