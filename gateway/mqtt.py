"""The only module that knows aiomqtt and paho: one connection to a broker, honest about what was delivered.

aiomqtt drops the reason code of a publish, waits on after the connection is gone, and re-sends from the same
object what it reported as failed. Here a publish returns only after the broker took the message for somebody,
every waiting publish fails as soon as the connection does, and each connection has an object of its own.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_ERR_SUCCESS, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.client import Client as Paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from config.sealed import bare
from config.text import say
from gateway.tls import client_context, plain

__all__ = [
    "Broker",
    "Client",
    "Disconnected",
    "Message",
    "MqttError",
    "NoSubscriber",
    "Refused",
    "Will",
    "connect",
    "endpoint_of",
]

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_VERSIONS = {"5": aiomqtt.ProtocolVersion.V5, "3.1.1": aiomqtt.ProtocolVersion.V311}
_CONNECT_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
_NO_SUBSCRIBER = 0x10
_FAILURE = 0x80

_silent = logging.getLogger("gateway.mqtt.library")
_silent.setLevel(logging.CRITICAL + 1)


class MqttError(Exception):
    """Root of what can go wrong with a broker; `code` is the MQTT 5 reason code, where there is one."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Disconnected(MqttError):
    """No connection, or not any more; what was being published may or may not have arrived."""


class Refused(MqttError):
    """The broker refused this message or subscription (reason 0x80 and above)."""


class NoSubscriber(MqttError):
    """The broker took the message and nobody was there to receive it (reason 0x10)."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our name when we vanish."""

    topic: str
    payload: bytes
    retain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where and as whom to connect.

    `url` is mqtt://host[:port] or mqtts://host[:port], user and password may stand in it.
    `keep_alive` in seconds: a silent link is noticed within one and a half of it.
    `window` bounds the publishes in flight. `session_seconds` above 0 keeps subscriptions over a reconnect.
    With `manual_ack` each message must be acknowledged by `Client.ack`; the broker sends at most
    `receive_maximum` beyond that.
    """

    url: str
    client_id: str
    version: str = "5"
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keep_alive: int = 30
    will: Will | None = None
    window: int = 20
    session_seconds: int = 0
    manual_ack: bool = False
    receive_maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message received."""

    topic: str
    payload: bytes
    retain: bool
    content_type: str | None
    mid: int
    qos: int


def endpoint_of(url: str) -> SplitResult:
    """A broker's address taken apart; raises ValueError, which shows neither user nor password."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if known:
        return parts
    raise ValueError(f"{bare(url)}: {say('expected', '应为')} mqtt://HOST:PORT, mqtts://HOST:PORT")


class _Socket(ssl.SSLSocket):
    """Closed when the handshake fails: paho would leave it to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls(broker: Broker) -> ssl.SSLContext:
    try:
        context = client_context(broker.ca_file, broker.cert_file, broker.key_file)
    except PermissionError as error:
        raise Disconnected(str(error)) from None
    context.sslsocket_class = _Socket
    return context


def _properties(kind: int, **values: Any) -> Properties | None:
    found = Properties(kind)  # type: ignore[no-untyped-call]
    for name, value in values.items():
        if value is not None:
            setattr(found, name, value)
    return found if any(value is not None for value in values.values()) else None


class Client(aiomqtt.Client):
    """One connection; use `connect`, which makes a new one each time."""

    def __init__(self, broker: Broker) -> None:
        try:
            parts = endpoint_of(broker.url)
        except ValueError as error:
            raise Disconnected(str(error)) from None
        self._five = broker.version == "5"
        options: dict[str, Any] = {"clean_session": broker.session_seconds == 0}
        if self._five:
            limits = {
                "ReceiveMaximum": broker.receive_maximum,
                "SessionExpiryInterval": broker.session_seconds or None,
            }
            options = {
                "clean_start": broker.session_seconds == 0,
                "properties": _properties(PacketTypes.CONNECT, **limits),
            }
        will = broker.will
        super().__init__(
            parts.hostname or "",
            parts.port or _PORTS[parts.scheme],
            username=broker.user or (unquote(parts.username) if parts.username else None),
            password=broker.password or (unquote(parts.password) if parts.password else None),
            identifier=broker.client_id,
            protocol=_VERSIONS[broker.version],
            will=aiomqtt.Will(will.topic, will.payload, 1, will.retain) if will else None,
            # paho needs one interval to ask and one to give up, each up to a second late.
            keepalive=max(1, broker.keep_alive * 3 // 4 - 1),
            timeout=_CONNECT_SECONDS,
            max_inflight_messages=broker.window,
            tls_context=_tls(broker) if parts.scheme == "mqtts" else None,
            logger=_silent,
            # An acknowledgement followed by a publish would wait 40 ms for the broker's delayed TCP ACK.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            **options,
        )
        self._client.manual_ack_set(broker.manual_ack)
        self._window = asyncio.Semaphore(broker.window)
        self._window_size = broker.window
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._reason: Disconnected | None = None
        self._abandoned = False
        self._content: dict[tuple[str | None, int | None], Properties | None] = {}

    # ---- what callers use

    async def publish(  # type: ignore[override]
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        content_type: str | None = None,
        expiry: int | None = None,
    ) -> None:
        """Return when the broker took the message for at least one receiver (QoS 1), or at once (QoS 0).

        Raises Refused, NoSubscriber or Disconnected; version 3.1.1 can tell only the last.
        """
        self._still_there()
        async with self._window:
            self._still_there()
            info = self._client.publish(
                topic, payload, qos, retain, self._publish_properties(content_type, expiry)
            )
            if info.rc != MQTT_ERR_SUCCESS:
                raise Disconnected(f"not sent: {info.rc}")
            if qos == 0:
                return
            future = self._waiting[info.mid] = asyncio.get_running_loop().create_future()
            try:
                code = await future
            finally:
                self._waiting.pop(info.mid, None)
        if code >= _FAILURE:
            raise Refused(f"{topic}: refused with reason 0x{code:02x}", code)
        if code == _NO_SUBSCRIBER and not retain:
            raise NoSubscriber(f"{topic}: nobody is subscribed", code)

    async def subscribe(self, *filters: str, qos: int = 1) -> None:  # type: ignore[override]
        """Subscribe to all of the filters; raises Refused when one of them is refused."""
        self._still_there()
        try:
            codes = await super().subscribe([(name, qos) for name in filters])
        except aiomqtt.MqttError as error:
            raise Disconnected(str(error)) from None
        for name, code in zip(filters, codes, strict=True):
            number = code.value if isinstance(code, ReasonCode) else int(str(code))
            if number >= _FAILURE:
                raise Refused(f"{name}: subscription refused with reason 0x{number:02x}", number)

    @property
    def messages(self) -> AsyncIterator[Message]:  # type: ignore[override]
        """Every message as it comes; raises Disconnected at the end of the connection."""
        return self._each()

    async def batch(self, limit: int) -> list[Message]:
        """At least one and at most `limit` messages: what is there already, or the next one."""
        found = [await self._next()]
        while len(found) < limit and not self._inbox.empty():
            message = self._inbox.get_nowait()
            if message is None:
                self._inbox.put_nowait(None)
                break
            found.append(message)
        return found

    def ack(self, message: Message) -> None:
        """Acknowledge a message of a connection with `manual_ack`; does nothing when that is gone."""
        if self._reason is None:
            self._client.ack(message.mid, message.qos)

    async def closed(self) -> None:
        """Wait until the connection is gone."""
        await asyncio.wait([self._disconnected])

    # ---- how it is done

    def _still_there(self) -> None:
        if self._reason is not None:
            raise Disconnected(str(self._reason), self._reason.code)

    async def _each(self) -> AsyncIterator[Message]:
        while True:
            yield await self._next()

    async def _next(self) -> Message:
        message = await self._inbox.get()
        if message is None:
            self._inbox.put_nowait(None)
            self._still_there()
            raise Disconnected("closed")
        return message

    def _publish_properties(self, content_type: str | None, expiry: int | None) -> Properties | None:
        if not self._five:
            return None
        key = (content_type, expiry)
        if key not in self._content:
            values = {"ContentType": content_type, "MessageExpiryInterval": expiry}
            self._content[key] = _properties(PacketTypes.PUBLISH, **values)
        return self._content[key]

    def _lose(self, text: str, code: int | None) -> None:
        if self._reason is not None:
            return
        self._reason = Disconnected(text, code)
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Disconnected(text, code))
        self._inbox.put_nowait(None)

    def _noticed(self, gone: asyncio.Future[None]) -> None:
        if not gone.cancelled():
            error = gone.exception()
            self._lose(f"connection lost: {error}" if error else "connection closed", None)

    def _on_connect(
        self,
        client: Paho,
        userdata: Any,
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        limit = getattr(properties, "ReceiveMaximum", None)
        if limit is not None and limit < self._window_size:
            self._window = asyncio.Semaphore(limit)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: Paho,
        userdata: Any,
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        super()._on_disconnect(client, userdata, flags, reason_code, properties)
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("closed before the broker answered"))
        else:
            self._lose(
                f"connection lost: {reason_code}",
                reason_code.value if flags.is_disconnect_packet_from_server else None,
            )

    def _on_publish(
        self, client: Paho, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        future = self._waiting.get(mid)
        if future is not None and not future.done():
            future.set_result(reason_code.value)

    def _on_message(self, client: Paho, userdata: Any, message: MQTTMessage) -> None:
        content = getattr(getattr(message, "properties", None), "ContentType", None)
        found = Message(
            message.topic, bytes(message.payload), message.retain, content, message.mid, message.qos
        )
        self._inbox.put_nowait(found)

    def _on_socket_register_write(self, client: Paho, userdata: Any, sock: Any) -> None:
        # May run in the connecting thread; by the time the loop gets to it the socket can be closed again.
        self._loop.call_soon_threadsafe(self._write_later, sock)

    def _write_later(self, sock: Any) -> None:
        current = self._client.socket()
        if current is not None and current is sock:
            self._loop.add_writer(current.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._client.loop_write()
        except OSError as error:
            self._lose(f"connection lost: {error}", None)
            self._drop()

    def _client_connect(self) -> None:
        # Runs in a thread; when the caller has given up meanwhile, the loop closes what was opened.
        try:
            super()._client_connect()
        finally:
            self._loop.call_soon_threadsafe(self._opened)

    def _opened(self) -> None:
        if self._abandoned:
            self._drop()

    def _drop(self) -> None:
        self._abandoned = True
        self._client._sock_close()  # noqa: SLF001  (paho has no public way to close without a goodbye)
        if self._misc_task is not None:
            self._misc_task.cancel()

    async def _enter(self) -> None:
        entered = False
        try:
            await self.__aenter__()
            entered = True
        except MqttConnectError as error:
            code = error.rc.value if isinstance(error.rc, ReasonCode) else int(error.rc or 0)
            raise Disconnected(f"the broker refused the connection: {error.rc}", code) from None
        except aiomqtt.MqttError as error:
            raise Disconnected(f"no connection: {plain(str(error))}") from None
        finally:
            if not entered:
                self._drop()
        self._disconnected.add_done_callback(self._noticed)
        if self._client.socket() is None:
            self._lose("connection lost at once", None)

    async def _leave(self) -> None:
        try:
            if self._reason is None and self._client.disconnect() == MQTT_ERR_SUCCESS:
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await self.closed()
        except TimeoutError:
            pass
        finally:
            self._lose("closed", None)
            self._drop()


@asynccontextmanager
async def connect(broker: Broker) -> AsyncIterator[Client]:
    """One connection, closed with a goodbye; raises Disconnected when there is none.

    Unusable certificate files raise OSError (ssl.SSLError is one).
    """
    client = Client(broker)
    await client._enter()  # noqa: SLF001  (the class below the function that is its door)
    try:
        yield client
    finally:
        await client._leave()  # noqa: SLF001
