"""The books as a scraper sees them while rows come and go: closed at every scrape."""

import asyncio
import re
import urllib.request

from gateway.http import Server
from gateway.outbox import OutboxFull
from gateway.pages import pages
from tests.gateway.metrics.figures import snapshot
from tests.servers.outbox_support import entry, opened


def books(address):
    """Accepted, committed, waiting, dead, dropped, and the difference, of one scrape."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
        text = answer.read().decode()

    def total(name):
        return sum(map(float, re.findall(rf"^meterd_{name}(?:{{.*?}})? (\S+)$", text, re.M)))

    gone = ("outbox_committed_total", "outbox_rows", "outbox_poison_rows", "outbox_dropped_total")
    return total("outbox_accepted_total"), [total(name) for name in gone], total("custody_difference")


async def work(outbox):
    """Accept, commit, give up and drop, for as long as nobody stops it."""
    for n in range(1_000_000):
        try:
            await outbox.append(
                entry(*range(n * 10, n * 10 + 10), point="1-0:32.7.0" if n % 3 else "1-0:1.8.0")
            )
        except OutboxFull:
            await outbox.claim(100)
            await outbox.acked(outbox.stats.epoch, outbox.stats.highest - 5)
        if n % 7 == 0 and (claimed := await outbox.claim(2)):
            await outbox.dead(claimed[0].id, "payload")
        if n % 20 == 19:
            await outbox.claim(100)
            await outbox.acked(outbox.stats.epoch, outbox.stats.highest - 5)


async def test_the_books_close_at_every_scrape(tmp_path):
    async with opened(tmp_path, max_bytes=4 << 20) as outbox:
        shown = pages(lambda: snapshot(1, outbox=outbox.stats))
        with Server("127.0.0.1:0", shown) as server:
            task = asyncio.get_running_loop().create_task(work(outbox))
            found = []
            while len(found) < 100 or not all(found[-1][1][:3]):
                found.append(await asyncio.to_thread(books, server.address))
            task.cancel()
            await asyncio.wait([task])
    for accepted, gone, difference in found:
        assert difference == 0
        assert accepted == sum(gone)
    assert len({accepted for accepted, *_ in found}) > 10
