"""What both TCP links share."""

import pytest

from drivers.errors import LinkLost
from drivers.links.stream import Connection


async def test_a_connection_that_never_was_takes_and_gives_nothing():
    connection = Connection()
    with pytest.raises(LinkLost):
        connection.write(b"x")
    connection.drop()
    with pytest.raises(LinkLost):
        await connection.inbox.take()


async def test_the_first_reason_of_the_end_is_told_once():
    connection, told = Connection(), []
    connection.on_lost = lambda: told.append(1)
    connection.connection_lost(ConnectionResetError("reset by peer"))
    connection.eof_received()
    assert told == [1]
    with pytest.raises(LinkLost, match="reset by peer"):
        await connection.inbox.take()
