"""The broker as the uplink sees it: address, TLS, login and protocol; and what counts as delivered."""

import asyncio
import secrets
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from config.certificate import expiries
from config.page import is_loopback
from config.sealed import bare
from config.text import say
from gateway.certificates import CLASSES
from gateway.doctor.base import Line, Patient, fail, ok, warn
from gateway.mqtt import Broker, MqttError, connect, endpoint_of
from gateway.tls import client_context, plain
from gateway.uplink.where import broker_of

__all__ = ["broker", "certificates", "delivery"]

_SECONDS = 5.0
_SOON, _AT_ONCE = timedelta(days=30), timedelta(days=7)
_PORTS = {"mqtt": 1883, "mqtts": 8883}
# MQTT 5 reason codes of a CONNACK, section 3.2.2.2.
_OTHER_VERSION, _BAD_LOGIN, _NOT_ALLOWED = 0x84, 0x86, 0x87


def delivery(patient: Patient) -> Iterator[Line]:
    """Who frees what was sent."""
    uplink, days = patient.settings.uplink, patient.settings.store.keep_days
    if uplink.broker is None:
        text = say("no uplink.broker: the outbox only collects", "没有 uplink.broker：待发库只收集")
        yield warn(text, 'broker = "mqtts://HOST:8883"')
    elif uplink.ack == "master":
        yield ok(say('ack = "master": freed when the master has it', 'ack = "master"：主站入库后释放'))
    elif uplink.ack == "broker":
        text = say(
            'ack = "broker": freed when the broker took it; what it loses afterwards is lost',
            'ack = "broker"：代理收下即释放；代理之后丢失的数据无法找回',
        )
        yield warn(text, 'ack = "master"')
    else:
        text = say(
            f'ack = "keep": nothing comes back; every batch is sent once and kept for {days:g} days',
            f'ack = "keep"：没有回执；每批只发一次，保留 {days:g} 天',
        )
        yield (
            ok(text)
            if days >= 1
            else warn(text, say("store.keep_days of 1 or more", "store.keep_days 不小于 1"))
        )


def certificates(patient: Patient) -> Iterator[Line]:
    """How long our own certificate and the authority's still hold."""
    uplink = patient.settings.uplink
    for name, path in (("client", uplink.cert_file), ("ca", uplink.ca_file)):
        if path is not None:
            yield _until(str(path), CLASSES[name](expiries(path)), patient.clock.now())
    if patient.settings.upload.cert_file is not None:
        path = patient.settings.upload.cert_file
        yield _until(str(path), min(expiries(path)), patient.clock.now())


def _until(what: str, end: datetime, now: datetime) -> Line:
    text = say(f"{what}: valid until {end:%Y-%m-%d}", f"{what}：有效期至 {end:%Y-%m-%d}")
    cure = say("have it renewed; new files are used at the next connection", "更换证书；下次连接即生效")
    if end <= now:
        return fail(say(f"{what}: has expired on {end:%Y-%m-%d}", f"{what}：已于 {end:%Y-%m-%d} 过期"), cure)
    if end - now < _AT_ONCE:
        return fail(text, cure)
    return warn(text, cure) if end - now < _SOON else ok(text)


def broker(patient: Patient) -> Iterator[Line]:
    """Reach it, check its certificate, log in: each step only where the one before went well."""
    uplink = patient.settings.uplink
    if uplink.broker is None:
        return
    if not patient.network:
        yield ok(say("not asked: --no-network", "未检查：--no-network"))
        return
    known = broker_of(uplink, patient.settings.gateway.name)
    parts = endpoint_of(known.url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    where = bare(known.url)
    try:
        with socket.create_connection((host, port), timeout=_SECONDS) as channel:
            yield ok(say(f"{where}: reached", f"{where}：可以连通"))
            if parts.scheme == "mqtts":
                yield _shake(known, channel, host, patient.clock.now())
            elif not is_loopback(host):
                text = say("without TLS: everybody on the way can read along", "没有 TLS：沿途均可窃听")
                yield warn(text, f"mqtts://{host}:8883")
    except OSError as error:
        yield _unreached(where, error)
        return
    yield _login(known)


def _unreached(where: str, error: OSError) -> Line:
    if isinstance(error, ssl.SSLError):
        text = plain(str(error))
        return fail(
            f"{where}: {text}", say("the broker's certificate, uplink.ca_file", "代理的证书、uplink.ca_file")
        )
    reason = error.strerror or str(error)
    cure = say(
        "address, firewall, does the broker run? In the unit: IPAddressAllow=",
        "地址、防火墙、代理是否运行？服务文件中：IPAddressAllow=",
    )
    return fail(f"{where}: {reason}", cure)


def _shake(known: Broker, channel: socket.socket, host: str, now: datetime) -> Line:
    """The TLS handshake; raises ssl.SSLError."""
    context = client_context(known.ca_file, known.cert_file, known.key_file)
    with context.wrap_socket(channel, server_hostname=host) as secured:
        end = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
        what = say(f"{secured.version()}, its certificate", f"{secured.version()}，代理证书")
        return _until(what, datetime.fromtimestamp(end, UTC), now)


def _login(known: Broker) -> Line:
    """A session of our own: the daemon's client identifier would throw the daemon out."""
    asked = replace(known, client_id=f"meterd-doctor-{secrets.token_hex(4)}")
    try:
        asyncio.run(_enter(asked))
    except MqttError as error:
        return fail(plain(str(error)), _cure(error.code, known))
    except OSError as error:
        return fail(str(error), say("uplink.cert_file, uplink.key_file", "uplink.cert_file、uplink.key_file"))
    return ok(say(f"logged in, MQTT {known.version}", f"登录成功，MQTT {known.version}"))


async def _enter(asked: Broker) -> None:
    async with connect(asked):
        pass


def _cure(code: int | None, known: Broker) -> str:
    if code == _OTHER_VERSION:
        return say(
            'a broker with MQTT 5, or version = "3.1.1" with ack = "master"',
            '使用支持 MQTT 5 的代理，或 version = "3.1.1" 且 ack = "master"',
        )
    if code in (_BAD_LOGIN, _NOT_ALLOWED):
        return say(
            "uplink.user and its password, or the certificate's name; the broker's log",
            "uplink.user 及其口令，或证书名称；查看代理日志",
        )
    if known.version == "5":
        return say("the broker's log; does it speak MQTT 5?", "查看代理日志；它支持 MQTT 5 吗？")
    return say("the broker's log", "查看代理日志")
