"""What only PostgreSQL's store does: month partitions (gateway.master.stores.months), binary COPY."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from threading import Barrier

import pytest

from gateway.master.stores.months import Months
from gateway.master.stores.postgres import PostgresStore
from tests.gateway.master.make import NOW, batch, reading

YEARS = (1999, 2026, 2079, 2080)


@pytest.fixture
def store(postgres_url):
    with closing(PostgresStore(postgres_url, 28_800)) as found:
        found.connect()
        yield found


def test_a_month_is_a_partition_and_what_is_decades_off_has_one_for_all(store):
    sent = [reading(at=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)) for year in YEARS]
    store.write([batch(1, *sent)], NOW)
    assert store.partitions("reading_row") == {"reading_other", "reading_2026_12", "reading_2079_12"}
    assert store._open.execute("SELECT count(*) FROM reading_other").fetchone() == (2,)


def test_a_partition_of_a_transaction_that_came_to_nothing_is_made_again(store):
    months = Months(store)
    at = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1e6)
    with suppress(KeyError), store.transaction():
        months.make("energy_row", [at])
        raise KeyError
    months.forget()
    with store.transaction():
        months.make("energy_row", [at])
    assert store.partitions("energy_row") == {"energy_other", "energy_2026_12"}


def test_two_workers_with_batches_of_one_gateway_do_not_stop_each_other(store, postgres_url):
    """Both have noted their batch before either asks for the epoch: one waits, none is thrown out as a deadlock."""
    store.write([batch(1, reading())], NOW)
    ((epoch,),) = store._open.execute("SELECT id FROM epoch").fetchall()
    both = Barrier(2)

    def commit(number: int) -> None:
        with closing(PostgresStore(postgres_url, 28_800)) as worker:
            worker.connect()
            with worker.transaction():
                worker.ask("batches_new", [(epoch, number, "0" * 64, "reading", 1, NOW.isoformat())])
                both.wait(20)
                worker.ask("lock", [epoch])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(commit, number) for number in (2, 3)]:
            done.result(60)
    assert store._open.execute("SELECT count(*) FROM batch").fetchone() == (3,)
