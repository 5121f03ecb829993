"""tcp://HOST:PORT: a transparent converter (DTU, terminal server) that we dial."""

import asyncio

from config.link import LinkUrl
from drivers.errors import LinkLost
from drivers.link import Gate, Wire
from drivers.links.stream import Connection, StreamLink
from drivers.links.why import NETWORK, why

__all__ = ["TcpLink"]

# A host that does not answer the dialling within this many seconds is not there.
CONNECT_SECONDS = 5.0


class TcpLink(StreamLink):
    """A TCP client."""

    def __init__(self, name: str, gate: Gate, wire: Wire, url: LinkUrl) -> None:
        super().__init__(name, gate, wire)
        self._url = url

    async def open(self) -> None:
        """Dial; raises LinkLost."""
        self._drop()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(Connection, self._url.host, self._url.port)
        except TimeoutError:
            raise LinkLost(f"{self._url.key}: no answer within {CONNECT_SECONDS:g} s") from None
        except OSError as error:
            raise LinkLost(f"{self._url.key}: {why(error, NETWORK)}") from error
        except UnicodeError as error:
            raise LinkLost(f"{self._url.key}: {error}") from error
        self._use(connection)

    async def close(self) -> None:
        """Hang up."""
        self._drop()
