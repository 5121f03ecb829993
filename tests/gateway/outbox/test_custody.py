"""The books see what does not add up."""

from gateway.outbox.custody import Custody
from tests.servers.outbox_support import entry, opened


async def test_a_row_that_vanishes_shows_in_the_difference(tmp_path):
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1, 2, 3))
        await outbox._do(lambda store: store._connection.execute("DELETE FROM batch").rowcount)
    async with opened(tmp_path) as outbox:
        assert outbox.stats.difference == 3


def test_what_was_rolled_back_is_not_counted():
    books = Custody()
    books.add("accepted", "billing", 5)
    books.add("pending", "billing", 5)
    books.forget()
    assert (books.total("accepted"), books.difference) == (0, 0)
    books.add("accepted", "billing", 5)
    books.keep()
    assert books.difference == 5
