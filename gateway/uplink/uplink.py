"""The uplink: batches from the outbox to the broker, and back the word of the master that frees them.

One connection at a time, a new object for each; while there is none, nothing is handed to the library.
At most `window` batches are in flight: published and not yet freed.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import config.schema
from config.sealed import bare
from gateway import logs, mqtt, payload
from gateway.archived import Table
from gateway.clock import Clock
from gateway.mqtt import Broker, Client, Disconnected, Message, MqttError, NoSubscriber, Refused, Will
from gateway.outbox import Claimed, Outbox
from gateway.uplink.ack import Ack, AckError
from gateway.uplink.pages import Pages, paginate
from gateway.uplink.stats import REASONS, UplinkStats
from gateway.uplink.where import broker_of

__all__ = ["Uplink"]

_BAD_PAYLOAD = 0x99
_POISON_TRIES = 5
_RENEW_TRIES = 5
_LONGEST_PAUSE = 60.0
_LOOK_SECONDS = 5.0
_STATUS_SECONDS = 60.0
_GOODBYE_SECONDS = 2.0
_COMMANDS = 32
_ACK_SECONDS = 0.05
_random = secrets.SystemRandom()
_log = logs.get("uplink")

OnCommand = Callable[[bytes], Awaitable[bytes]]
Facts = Callable[[], Mapping[str, object]]


@dataclass(slots=True, eq=False)
class _Flight:
    """A batch in flight: `sends` on this connection, `before` acknowledgements when it was first sent."""

    batch: Claimed
    before: int
    sends: int = 0
    freed: asyncio.Event = field(default_factory=asyncio.Event)


class Uplink:
    """`run` it until cancelled; `stats` may be read at any time.

    `on_command` takes the body of a command and gives the body of its reply; `facts` adds to `up/status`
    (version, configuration hash).
    Raises ValueError for MQTT 3.1.1 without the master's acknowledgement: there a refused publish looks like a
    delivered one, and a batch that the broker threw away would leave the outbox.
    """

    def __init__(
        self,
        settings: config.schema.Uplink,
        name: str,
        outbox: Outbox,
        clock: Clock,
        on_command: OnCommand | None = None,
        facts: Facts = dict,
    ) -> None:
        if settings.version == "3.1.1" and settings.ack != "master":
            raise ValueError(f'MQTT 3.1.1 cannot tell a refusal: ack = "{settings.ack}", expected "master"')
        self._settings = settings
        self._name = name
        self._outbox = outbox
        self._clock = clock
        self._on_command = on_command
        self._facts = facts
        self._root = f"meterd/v1/{name}"
        self._where = bare(settings.broker or "")
        self._pages: Pages | None = None
        self._pages_new = asyncio.Event()
        self._flying: dict[int, _Flight] = {}
        self._landed = asyncio.Event()
        self._acks: dict[str, Ack] = {}
        self._ack_new = asyncio.Event()
        self._done: list[int] = []
        self._done_new = asyncio.Event()
        self._poison: dict[int, int] = {}
        self._published: dict[int, int] = {}
        self._commands = 0
        self._failures = 0
        self._resume = 0.0
        self.stats = UplinkStats()
        outbox.ages = settings.ack == "keep"

    def archive(self, tables: Mapping[str, Table]) -> None:
        """Publish these tables as those in force, now and on every later connection."""
        self._pages = paginate(self._name, tables)
        self._pages_new.set()

    async def run(self) -> None:
        """Connect, send, and connect again after every failure; returns only when cancelled."""
        if self._settings.broker is None:
            return
        while True:
            try:
                await self._connection()
            except* (MqttError, OSError) as group:
                self._note(group)
            self.stats.connected = False
            self._failures += 1
            await asyncio.sleep(self._pause())

    def _note(self, group: BaseExceptionGroup[MqttError | OSError]) -> None:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, Refused):
            self.stats.refused(error.code)
        self.stats.problem = f"{self._where}: {error}"
        _log.warning("broker away", broker=self._where, error=str(error))

    def _pause(self) -> float:
        # Full jitter: a thousand gateways that lost the broker together do not come back together.
        return _random.uniform(0, min(_LONGEST_PAUSE, 0.5 * 2 ** min(self._failures, 10)))

    def _broker(self) -> Broker:
        return broker_of(self._settings, self._name, Will(f"{self._root}/up/status", self._status("offline")))

    def _status(self, state: str) -> bytes:
        known: dict[str, object] = {"v": 1, "gateway": self._name, "state": state}
        if state == "online":
            stats = self._outbox.stats
            known |= {"epoch": stats.epoch, "backlog": stats.pending, "at": self._clock.now().isoformat()}
        return json.dumps({**known, **self._facts()}, ensure_ascii=False, separators=(",", ":")).encode()

    # ---- one connection

    async def _connection(self) -> None:
        async with mqtt.connect(self._broker()) as client:
            try:
                self.stats.connects += 1
                await self._greet(client)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._listen(client, group))
                    await self._hear_first()
                    self.stats.connected, self.stats.problem = True, ""
                    _log.info("broker connected", broker=self._where)
                    for work in (self._send, self._settle, self._repeat_status, self._show_archive):
                        group.create_task(work(client))
                    group.create_task(self._take_acks())
            except asyncio.CancelledError:
                await self._goodbye(client)
                raise
            finally:
                self.stats.connected = False
                self.stats.disconnects += 1

    async def _greet(self, client: Client) -> None:
        await client.subscribe(f"{self._root}/down/ack")
        if self._on_command is not None:
            await client.subscribe(f"{self._root}/down/command")
        await self._say(client, "online")

    async def _hear_first(self) -> None:
        # The broker sent the kept acknowledgement before it acknowledged our status: it is in the inbox now,
        # and must be heard before anything is sent (see Store.acked).
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await self._apply_acks()

    async def _goodbye(self, client: Client) -> None:
        with suppress(TimeoutError, MqttError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self._say(client, "offline")

    async def _say(self, client: Client, state: str) -> None:
        await client.publish(f"{self._root}/up/status", self._status(state), retain=True)

    async def _repeat_status(self, client: Client) -> None:
        while True:
            await asyncio.sleep(_STATUS_SECONDS)
            await self._say(client, "online")

    async def _show_archive(self, client: Client) -> None:
        while True:
            self._pages_new.clear()
            if self._pages is not None:
                topic = f"{self._root}/up/archive"
                for number, page in enumerate(self._pages.pages, 1):
                    await self._keep(client, f"{topic}/{number}", page)
                await self._keep(client, topic, self._pages.manifest)
            await self._pages_new.wait()

    async def _keep(self, client: Client, topic: str, body: bytes) -> None:
        await client.publish(topic, body, retain=True, content_type=payload.content_type(body))

    # ---- what comes down

    async def _listen(self, client: Client, group: asyncio.TaskGroup) -> None:
        async for message in client.messages:
            if message.topic == f"{self._root}/down/ack":
                self._hear(message)
            elif message.topic == f"{self._root}/down/command" and self._on_command is not None:
                self.stats.commands += 1
                # A kept command is an old one; and whoever floods us gets no answer beyond a bound.
                if not message.retain and self._commands < _COMMANDS:
                    self._commands += 1
                    group.create_task(self._reply(client, self._on_command, message.payload))

    async def _reply(self, client: Client, on_command: OnCommand, body: bytes) -> None:
        try:
            reply = await on_command(body)
            await client.publish(f"{self._root}/up/reply", reply)
            self.stats.replies += 1
        except (Refused, NoSubscriber) as error:
            self.stats.refused(error.code)
        finally:
            self._commands -= 1

    def _hear(self, message: Message) -> None:
        try:
            ack = Ack.parse(message.payload)
        except AckError as error:
            self.stats.bad_acks += 1
            _log.warning("bad acknowledgement", error=str(error))
            return
        # The master computes each from its database: the latest of an epoch says all, and the outbox merges.
        self._acks[ack.epoch] = ack
        self._ack_new.set()

    async def _take_acks(self) -> None:
        while True:
            await self._ack_new.wait()
            await self._apply_acks()
            # Each is a transaction of its own: under load those that come meanwhile share the next one.
            await asyncio.sleep(_ACK_SECONDS)

    async def _apply_acks(self) -> None:
        self._ack_new.clear()
        while self._acks:
            _, ack = self._acks.popitem()
            if self._settings.ack != "master":
                continue
            freed = await self._outbox.acked(ack.epoch, ack.upto, ack.also)
            self.stats.acks += 1
            if freed:
                self.stats.last_ack = self._clock.now().timestamp()
            for token in freed:
                self._land(token)

    def _land(self, token: int) -> None:
        self._poison.pop(token, None)
        self._published.pop(token, None)
        flight = self._flying.get(token)
        if flight is not None:
            flight.freed.set()
            self.stats.delivered(self._clock.now().timestamp() - flight.batch.made)

    # ---- what goes up

    async def _send(self, client: Client) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                self._landed.clear()
                self._outbox.grown.clear()
                room = self._settings.window - len(self._flying)
                found = await self._outbox.claim(room) if room > 0 else []
                for batch in found:
                    flight = self._flying[batch.id] = _Flight(batch, self.stats.acks)
                    group.create_task(self._carry(client, flight))
                self.stats.in_flight = len(self._flying)
                if not found:
                    await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        # Also looked at now and then without a signal: `meterd outbox replay` works on the file beside us.
        watched = self._outbox.grown if len(self._flying) < self._settings.window else self._landed
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await watched.wait()

    async def _carry(self, client: Client, flight: _Flight) -> None:
        batch = flight.batch
        try:
            while not await self._publish(client, flight):
                pass
        finally:
            self._flying.pop(batch.id, None)
            self._outbox.release([batch.id])
            self.stats.in_flight = len(self._flying)
            self._landed.set()

    async def _publish(self, client: Client, flight: _Flight) -> bool:
        """Send once and see what comes of it; True when this flight has ended."""
        batch = flight.batch
        await asyncio.sleep(max(0.0, self._resume - self._clock.monotonic()))
        topic = f"{self._root}/up/{batch.kind}"
        try:
            async with asyncio.timeout(1.5 * self._settings.keep_alive):
                await client.publish(topic, batch.body, content_type=payload.content_type(batch.body))
        except TimeoutError:
            raise Disconnected("the broker does not acknowledge") from None
        except (Refused, NoSubscriber) as error:
            return await self._refused(batch, error)
        self._failures = 0
        self.stats.problem = ""
        self._count(batch)
        if self._settings.ack != "master":
            self._done.append(batch.id)
            self._done_new.set()
            await flight.freed.wait()
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.resend_seconds):
                await flight.freed.wait()
                return True
        flight.sends += 1
        return await self._unheard(flight)

    def _count(self, batch: Claimed) -> None:
        self.stats.publishes += 1
        times = self._published[batch.id] = self._published.get(batch.id, 0) + 1
        if times > 1:
            self.stats.duplicates += 1

    async def _refused(self, batch: Claimed, error: Refused | NoSubscriber) -> bool:
        self.stats.refused(error.code)
        self.stats.problem = str(error)
        reason = REASONS.get(error.code or 0, "other")
        _log.warning("batch not taken", reason=reason, error=str(error), batch=batch.number, kind=batch.kind)
        if error.code == _BAD_PAYLOAD:
            tries = self._poison[batch.id] = self._poison.get(batch.id, 0) + 1
            if tries >= _POISON_TRIES:
                await self._outbox.dead(batch.id, "payload")
                self.stats.dead += 1
                self._poison.pop(batch.id, None)
                self._published.pop(batch.id, None)
            else:
                await asyncio.sleep(_random.uniform(0, 0.1 * 2**tries))
            return True
        now = self._clock.monotonic()
        if self._resume <= now:  # the rest of the window was refused with this one: one failure, one pause
            self._failures += 1
            self._resume = now + self._pause()
        return True

    async def _unheard(self, flight: _Flight) -> bool:
        """No acknowledgement in time: send again, unless the master frees others and never this one."""
        if flight.sends < _RENEW_TRIES or self.stats.acks - flight.before < _RENEW_TRIES:
            return False
        _log.warning("batch renumbered", batch=flight.batch.number, epoch=flight.batch.epoch)
        await self._outbox.renew(flight.batch.id)
        self.stats.renewed += 1
        return True

    async def _settle(self, client: Client) -> None:
        """With ack = "broker" or "keep": what the broker took, in one transaction each time."""
        settle = self._outbox.settle if self._settings.ack == "broker" else self._outbox.gone_up
        while True:
            await self._done_new.wait()
            self._done_new.clear()
            tokens, self._done = self._done, []
            await settle(tokens)
            self.stats.last_ack = self._clock.now().timestamp()
            for token in tokens:
                self._land(token)
