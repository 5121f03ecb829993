import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

from gateway.story.jumping import JumpingLoop, StoryClock

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def lived(main):
    loop = JumpingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop, StoryClock(BEGIN, loop)))


def test_a_week_passes_at_once_and_time_ends_on_a_step():
    async def main(loop, clock):
        await asyncio.sleep(7 * 86_400 - 100)
        return clock.now(), loop.time()

    began = time.monotonic()
    assert lived(main) == (BEGIN + timedelta(days=7), 7 * 86_400)
    assert time.monotonic() - began < 60


def test_who_looks_every_second_looks_once_a_step():
    async def main(loop, clock):
        looks = 0
        while clock.monotonic() < 86_400:
            await asyncio.sleep(1)
            looks += 1
        return looks

    assert lived(main) == 96


def test_time_stands_while_another_thread_works():
    async def main(loop, clock):
        asked, done = threading.Event(), loop.create_future()

        def work():
            asked.wait(30)
            loop.call_soon_threadsafe(done.set_result, clock.now())

        threading.Thread(target=work).start()
        ticking = asyncio.ensure_future(asyncio.sleep(3_600))
        with loop.standing():
            asked.set()
            seen = await done
        assert not ticking.done()
        await ticking
        return seen, clock.now()

    seen, after = lived(main)
    assert seen == BEGIN
    assert after == BEGIN + timedelta(hours=1)
