"""tcp-listen://HOST:PORT shared by many terminals that dial in: each is known by its address, never by its socket.

A connection has a short time and few bytes to say whose it is; until then it costs little, and too many of them push
each other out, never those that are known.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from config.link import LinkUrl
from drivers.errors import LinkLost
from drivers.link import Gate, Wire
from drivers.links.stream import Connection, StreamLink
from drivers.links.why import NETWORK, why

__all__ = ["REFUSALS", "Greeter", "Hub", "Hubs", "Limits", "SeatLink", "Stranger"]

# Replacements of a living connection within this time (seconds) that make two terminals with one address.
_QUARREL_TIMES, _QUARREL_SECONDS = 3, 900.0
_STRANGERS = 100
_QUARRELS = 8

REFUSALS = ("closed", "crowded", "greeting", "silent", "unknown_address")
"""Why a caller is hung up on."""
_BACKLOG = 512


class Greeter(Protocol):
    """Listens to what a caller says first."""

    def feed(self, data: bytes) -> str | None:
        """The address of the caller, None while it is not known; raises ValueError for what is no greeting."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a caller is granted: `seconds` to say whose it is, and how many `callers` may be about to do so."""

    seconds: float = 60.0
    callers: int = 256


@dataclass(slots=True)
class Stranger:
    """An address that called and is not in the archive: how often, and from where last."""

    calls: int = 0
    peer: str = ""


class _Caller(Connection):
    """A connection that is being identified, and then carries a seat."""

    def __init__(self, hub: "Hub", greeter: Greeter) -> None:
        super().__init__(hub.called)
        self._hub = hub
        self._greeter: Greeter | None = greeter
        self._said = bytearray()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._greeter is None:
            self.inbox.put(data)
            return
        self._said += data
        try:
            address = self._greeter.feed(data)
        except ValueError:
            self._hub.refuse(self, "greeting")
            return
        if address is not None:
            self._greeter = None
            self.inbox.put(bytes(self._said))
            self._said.clear()
            self._hub.identified(self, address)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        super().connection_lost(exc)
        self._hub.gone(self)


class SeatLink(StreamLink):
    """The place of one terminal: `open` waits until it has dialled in; a new call replaces the old one."""

    is_called = True

    def __init__(self, name: str, gate: Gate, wire: Wire, hub: "Hub", address: str) -> None:
        super().__init__(name, gate, wire)
        self.address = address
        self.quarrels: list[tuple[str, ...]] = []
        """For each time that two terminals seemed to have this address from where they called; the newest last."""
        self._hub = hub
        self._newest: Connection | None = None
        self._dialled = asyncio.Event()
        self._replaced: deque[float] = deque(maxlen=_QUARREL_TIMES)

    async def open(self) -> None:
        """Wait until the terminal has dialled in; raises LinkLost if the port cannot be had."""
        self._drop()
        await self._hub.take(self)
        while self._newest is None or self._newest.inbox.ended:
            self._dialled.clear()
            await self._dialled.wait()
        self._use(self._newest)

    async def close(self) -> None:
        """Hang up and give up the seat."""
        self._drop()
        if self._newest is not None:
            self._newest.drop()
            self._newest = None
        self._hub.leave(self)

    def arrived(self, connection: Connection) -> None:
        """The terminal has called again."""
        old, self._newest = self._newest, connection
        if old is not None and not old.inbox.ended:
            self._note_quarrel(old, connection)
            in_use = old is self._connection
            old.drop()
            if in_use:
                self._drop()
                self._lost()
        self._dialled.set()

    def _note_quarrel(self, old: Connection, new: Connection) -> None:
        now = asyncio.get_running_loop().time()
        self._replaced.append(now)
        full = len(self._replaced) == _QUARREL_TIMES
        if full and now - self._replaced[0] <= _QUARREL_SECONDS:
            self.quarrels = [*self.quarrels[1 - _QUARRELS :], tuple(dict.fromkeys((old.peer, new.peer)))]
            self._replaced.clear()


class Hub:
    """One listening port with the seats of all terminals that may call it."""

    def __init__(self, url: LinkUrl, greeter: Callable[[], Greeter], limits: Limits | None = None) -> None:
        self.counters: Counter[str] = Counter()
        self.strangers: OrderedDict[str, Stranger] = OrderedDict()
        self._url, self._greeter, self._limits = url, greeter, limits or Limits()
        self._seats: dict[str, SeatLink] = {}
        self._server: asyncio.Server | None = None
        self._starting = asyncio.Lock()
        self._unknown: OrderedDict[Connection, asyncio.TimerHandle] = OrderedDict()

    @property
    def name(self) -> str:
        """The link that it listens on."""
        return self._url.key

    @property
    def port(self) -> int:
        """The port in use, also where the link asked for port 0."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else self._url.port

    @property
    def unidentified(self) -> int:
        """Connections that have not said yet whose they are."""
        return len(self._unknown)

    def expect(self, seat: SeatLink) -> None:
        """A terminal of this address may call from now on."""
        self._seats[seat.address] = seat

    async def take(self, seat: SeatLink) -> None:
        """A seat is to be served; raises LinkLost if the port cannot be had."""
        self.expect(seat)
        async with self._starting:
            if self._server is None:
                await self._listen()

    def leave(self, seat: SeatLink) -> None:
        """A seat is given up; with the last one the port is closed."""
        if self._seats.get(seat.address) is seat:
            del self._seats[seat.address]
        if not self._seats and self._server is not None:
            self._server.close()
            self._server = None
            for caller in list(self._unknown):
                self.refuse(caller, "closed")

    def called(self, caller: Connection) -> None:
        """Somebody has connected."""
        self.counters["calls"] += 1
        timer = asyncio.get_running_loop().call_later(self._limits.seconds, self.refuse, caller, "silent")
        self._unknown[caller] = timer
        if len(self._unknown) > self._limits.callers:
            self.refuse(next(iter(self._unknown)), "crowded")

    def identified(self, caller: Connection, address: str) -> None:
        """A caller has said whose it is."""
        self._known(caller)
        seat = self._seats.get(address)
        if seat is None:
            self._note_stranger(address, caller.peer)
            self.refuse(caller, "unknown_address")
        else:
            seat.arrived(caller)

    def refuse(self, caller: Connection, reason: str) -> None:
        """Hang up on a caller; `reason` is counted."""
        self._known(caller)
        self.counters[reason] += 1
        caller.drop()

    def gone(self, caller: Connection) -> None:
        """A connection has ended."""
        self._known(caller)

    def _known(self, caller: Connection) -> None:
        if (timer := self._unknown.pop(caller, None)) is not None:
            timer.cancel()

    def _note_stranger(self, address: str, peer: str) -> None:
        stranger = self.strangers.setdefault(address, Stranger())
        stranger.calls += 1
        stranger.peer = peer
        self.strangers.move_to_end(address)
        if len(self.strangers) > _STRANGERS:
            self.strangers.popitem(last=False)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: _Caller(self, self._greeter()),
                self._url.host or None,
                self._url.port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            raise LinkLost(f"{self._url.key}: {why(error, NETWORK)}") from error


class Hubs:
    """The hubs of a process by their link: several lines share one."""

    def __init__(self, greeter: Callable[[], Greeter], limits: Limits | None = None) -> None:
        self._greeter, self._limits = greeter, limits
        self._hubs: dict[str, Hub] = {}

    def __iter__(self) -> Iterator[Hub]:
        return iter(self._hubs.values())

    def at(self, url: LinkUrl) -> Hub:
        """The hub of a listening link."""
        if url.key not in self._hubs:
            self._hubs[url.key] = Hub(url, self._greeter, self._limits)
        return self._hubs[url.key]

    def seat(self, name: str, url: LinkUrl, address: str, gate: Gate, wire: Wire) -> SeatLink:
        """A link to one terminal that calls in there."""
        hub = self.at(url)
        seat = SeatLink(name, gate, wire, hub, address)
        hub.expect(seat)
        return seat
