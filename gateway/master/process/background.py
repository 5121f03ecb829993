"""The processing run beside the worker: now and then in a thread of its own, of several workers in one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from config.sealed import bare
from config.second import Second
from gateway.clock import Clock
from gateway.logs import get
from gateway.master.process.lease import LeaseLost
from gateway.master.process.run import Figures, Halted, Processor
from gateway.master.stats import Stats
from gateway.master.stores.base import Store, StoreProblem

__all__ = ["Background"]

_T = TypeVar("_T")

log = get("process")


class Background:
    """`run` until cancelled; each store is opened for a run and closed after it.

    `every` is the pause between runs, `settle` as a `Processor` has it.
    """

    def __init__(
        self,
        stores: Sequence[Store],
        clock: Clock,
        stats: Stats,
        *,
        every: timedelta,
        settle: timedelta,
        limits: Mapping[str, Second],
    ) -> None:
        self._processors = [Processor(store, clock, limits, settle=settle) for store in stores]
        self._clock, self._stats, self._every = clock, stats, every

    async def run(self) -> None:
        """Process, pause, and again; what goes wrong is said and tried again."""
        while True:
            await asyncio.sleep(self._every.total_seconds())
            for processor in self._processors:
                await self._once(processor)

    async def _once(self, processor: Processor) -> None:
        where = bare(processor.store.url)
        try:
            figures = await _thread(partial(_opened, processor), processor)
        except (StoreProblem, LeaseLost) as error:
            self._stats.process_failures += 1
            log.warning("processing stopped", database=where, error=str(error))
            return
        if figures is None or figures.held:
            return
        self._stats.processed(self._clock.now().timestamp(), figures.meters, figures.results)
        if figures.periods:
            log.info(
                "processed",
                database=where,
                periods=figures.periods,
                meters=figures.meters,
                results=figures.results,
                seconds=figures.seconds,
            )


def _opened(processor: Processor) -> Figures | None:
    processor.store.connect()
    try:
        return processor.run()
    except Halted:
        return None
    finally:
        processor.store.close()


async def _thread(work: Callable[[], _T], processor: Processor) -> _T:
    """Run in a thread; a cancelled caller has it halt at its next part and leaves when it has."""
    future = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        processor.halted = True
        await asyncio.wait([future])
        raise
