"""Processing beside the worker (gateway.master.process.background), and what it says of itself."""

import asyncio
from datetime import timedelta

import pytest

from gateway.master.process.background import Background
from gateway.master.process.run import Halted, Processor
from gateway.master.stats import Stats
from gateway.master.stores import store_of
from tests.gateway.master.plant import FIRST, Plant, morning
from tests.gateway.master.stores.test_process import WITHOUT_EXCHANGE
from tests.servers.outbox_support import running, until


@pytest.fixture
def store(tmp_path):
    found = store_of(f"sqlite:///{tmp_path}/m.db")
    found.connect()
    Plant(found, WITHOUT_EXCHANGE).usual(1)
    return found


def beside(store, stats):
    return Background(
        [store], morning(FIRST), stats, every=timedelta(seconds=0.01), settle=timedelta(0), limits={}
    )


async def test_it_processes_and_pauses_and_processes_again(store):
    stats = Stats()
    async with running(beside(store, stats).run()):
        await until(lambda: stats.process_runs >= 2)
    assert stats.process_results > 5
    assert stats.last_process == morning(FIRST).now().timestamp()


async def test_a_database_that_is_away_is_tried_again(tmp_path):
    stats = Stats()
    away = store_of(f"sqlite:///{tmp_path}/away/m.db")
    async with running(beside(away, stats).run()):
        await until(lambda: stats.process_failures >= 2)
        (tmp_path / "away").mkdir()
        await until(lambda: stats.process_runs)


def test_a_run_that_is_halted_leaves_its_marks(store):
    processor = Processor(store, morning(FIRST))
    processor.halted = True
    with pytest.raises(Halted):
        processor.run()
    processor.halted = False
    assert processor.run().losses == 2


async def test_a_cancelled_one_waits_for_its_thread(store):
    stats = Stats()
    work = asyncio.get_running_loop().create_task(beside(store, stats).run())
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
