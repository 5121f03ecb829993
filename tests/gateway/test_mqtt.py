"""What the client says of a publish is what happened: with a broker that answers as told, and mosquitto."""

import asyncio
import logging
from pathlib import Path

import pytest

from gateway import mqtt
from gateway.mqtt import Broker, Disconnected, NoSubscriber, Refused, Will, connect
from tests.servers.fake_broker import FakeBroker
from tests.servers.mosquitto import authority, certificate
from tests.servers.relay import Relay

LONG = 60


def broker(url: str, **more) -> Broker:
    return Broker(url=url, **{"client_id": "so-001", **more})


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x91, 0x97, 0x99])
async def test_a_refused_publish_is_refused_with_its_reason(code):
    async with FakeBroker(answer=lambda _: code) as fake, connect(broker(fake.url)) as client:
        with pytest.raises(Refused) as refused:
            await client.publish("a", b"x")
        assert refused.value.code == code
        with pytest.raises(Refused):
            await client.publish("a", b"x", retain=True)
    assert [found.payload for found in fake.published] == [b"x", b"x"]


async def test_nobody_there_is_not_delivered_unless_it_is_kept_for_later():
    async with FakeBroker(answer=lambda _: 0x10) as fake, connect(broker(fake.url)) as client:
        with pytest.raises(NoSubscriber):
            await client.publish("a", b"x")
        await client.publish("a", b"x", retain=True)


async def test_success_returns():
    async with FakeBroker() as fake, connect(broker(fake.url)) as client:
        await client.publish("a/b", b"x", content_type="application/json", expiry=9)
        await client.publish("a/b", b"y", qos=0)
        while len(fake.published) < 2:
            await asyncio.sleep(0.01)
    assert [(found.topic, found.payload, found.qos) for found in fake.published] == [
        ("a/b", b"x", 1),
        ("a/b", b"y", 0),
    ]


@pytest.mark.parametrize("code", [0x8E, 0x9C])
async def test_a_disconnect_of_the_broker_fails_what_is_in_flight(code):
    async with (
        FakeBroker(answer=lambda found: ("disconnect", code)) as fake,
        connect(broker(fake.url)) as client,
    ):
        async with asyncio.timeout(LONG):
            with pytest.raises(Disconnected) as lost:
                await client.publish("a", b"x")
        assert lost.value.code == code
        with pytest.raises(Disconnected):
            await client.publish("a", b"x")
        with pytest.raises(Disconnected):
            await client.subscribe("b")
        with pytest.raises(Disconnected):
            await anext(client.messages)
    assert len(fake.published) == 1


async def test_a_cut_fails_everything_that_waits():
    def answer(found):
        return "cut" if found.payload == b"4" else None

    async with FakeBroker(answer=answer) as fake, connect(broker(fake.url)) as client:
        results = []

        async def one(n: int) -> None:
            with pytest.raises(Disconnected):
                await client.publish("a", str(n).encode())
            results.append(n)

        async with asyncio.timeout(LONG), asyncio.TaskGroup() as group:
            for n in range(5):
                group.create_task(one(n))
        assert sorted(results) == list(range(5))


async def test_the_next_connection_does_not_send_what_the_last_one_gave_up():
    async with FakeBroker(answer=lambda _: None) as fake:
        async with connect(broker(fake.url)) as client, asyncio.TaskGroup() as group:
            task = group.create_task(client.publish("a", b"given up"))
            while not fake.published:
                await asyncio.sleep(0.01)
            task.cancel()
        fake.answer = lambda _: 0
        async with connect(broker(fake.url)) as client:
            await client.publish("a", b"new")
    assert [found.payload for found in fake.published] == [b"given up", b"new"]


@pytest.mark.parametrize("limit", [3, 20])
async def test_no_more_than_the_broker_takes_is_in_flight(limit):
    properties = b"\x21" + limit.to_bytes(2, "big")
    async with FakeBroker(answer=lambda _: None, connack_properties=properties) as fake:  # noqa: SIM117
        async with connect(broker(fake.url, window=10)) as client:

            async def one() -> None:
                with pytest.raises(Disconnected):
                    await client.publish("a", b"x")

            async with asyncio.TaskGroup() as group:
                for _ in range(30):
                    group.create_task(one())
                while len(fake.published) < min(limit, 10):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.2)
                assert len(fake.published) == min(limit, 10)
                client._lose("end of the test", None)


@pytest.mark.parametrize("code", [0x86, 0x87, 0x88, 0x8A])
async def test_a_refused_connection_says_why(code):
    async with FakeBroker(connack=code) as fake:
        with pytest.raises(Disconnected) as refused:
            async with connect(broker(fake.url)):
                pass
        assert refused.value.code == code


async def test_a_refused_subscription_is_refused():
    async with FakeBroker(suback=0x87) as fake, connect(broker(fake.url)) as client:
        with pytest.raises(Refused) as refused:
            await client.subscribe("meterd/v1/so-002/down/#")
        assert refused.value.code == 0x87


async def test_a_broker_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(mqtt, "_CONNECT_SECONDS", 0.5)
    async with FakeBroker(connack=None) as fake, asyncio.timeout(LONG):
        with pytest.raises(Disconnected):
            async with connect(broker(fake.url)):
                pass


async def test_giving_up_while_connecting_leaves_nothing_open():
    async with FakeBroker(connack=None) as fake:

        async def one() -> None:
            async with connect(broker(fake.url)):
                raise AssertionError

        for delay in (0, 0.01, 0.2):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(one())
                await asyncio.sleep(delay)
                task.cancel()
        async with asyncio.timeout(LONG):
            while fake._writers:
                await asyncio.sleep(0.01)


async def test_nobody_listens():
    async with FakeBroker() as fake:
        port = fake.port
    with pytest.raises(Disconnected):
        async with connect(broker(f"mqtt://127.0.0.1:{port}")):
            pass
    with pytest.raises(Disconnected):
        async with connect(broker("http://127.0.0.1:1")):
            pass


async def test_a_silent_link_is_noticed_by_keep_alive(mosquitto):
    async with Relay(mosquitto.port) as relay:  # noqa: SIM117
        # The test only asks that it is noticed at all.
        async with connect(broker(f"mqtt://127.0.0.1:{relay.port}", keep_alive=5)) as client:
            relay.freeze()
            async with asyncio.timeout(LONG):
                with pytest.raises(Disconnected):
                    await client.publish("a", b"x")


@pytest.mark.parametrize("keep_alive", [5, 8, 30, 45, 600])
async def test_the_library_gives_up_within_one_and_a_half_keep_alives(keep_alive):
    client = mqtt.Client(broker("mqtt://127.0.0.1", keep_alive=keep_alive))
    # paho asks after one interval of silence, closes after a second one, and looks once a second.
    assert 2 * client._keepalive + 2 <= 1.5 * keep_alive
    assert client._keepalive >= 1


async def test_a_message_travels_through_mosquitto(mosquitto):
    url = mosquitto.url
    async with connect(broker(url, client_id="master")) as master, connect(broker(url)) as gateway:
        await master.subscribe("$share/meterd/meterd/v1/+/up/reading", "meterd/v1/+/up/status")
        await gateway.publish("meterd/v1/so-001/up/reading", b"{}", content_type="application/json")
        await gateway.publish("meterd/v1/so-001/up/status", b"on", retain=True)
        async with asyncio.timeout(LONG):
            first = await anext(master.messages)
            rest = await master.batch(10)
        assert (first.topic, first.payload, first.content_type) == (
            "meterd/v1/so-001/up/reading",
            b"{}",
            "application/json",
        )
        assert [message.payload for message in rest] == [b"on"]
        with pytest.raises(NoSubscriber):
            await gateway.publish("meterd/v1/so-001/up/finding", b"{}")


async def test_version_3_1_1_cannot_tell_that_nobody_is_there(mosquitto):
    async with connect(broker(mosquitto.url, version="3.1.1")) as client:
        await client.publish("nobody", b"x", content_type="ignored", expiry=3)
        await client.subscribe("somebody")
        await client.publish("somebody", b"y")
        async with asyncio.timeout(LONG):
            assert (await anext(client.messages)).payload == b"y"


async def test_the_will_is_published_when_a_client_vanishes_and_not_after_a_goodbye(mosquitto):
    will = Will("status/so-001", b"offline")
    async with connect(broker(mosquitto.url, client_id="watcher")) as watcher:
        await watcher.subscribe("status/#")
        async with connect(broker(mosquitto.url, will=will)) as client:
            await client.publish("status/so-001", b"online")
        async with connect(broker(mosquitto.url, will=will)) as client:
            client._client._sock_close()
        async with asyncio.timeout(LONG):
            found = [(await anext(watcher.messages)).payload for _ in range(2)]
        assert found == [b"online", b"offline"]


async def test_with_manual_ack_the_broker_holds_the_rest(mosquitto):
    reader = broker(mosquitto.url, client_id="reader", manual_ack=True, receive_maximum=3)
    async with connect(reader) as slow, connect(broker(mosquitto.url)) as client:
        await slow.subscribe("a")
        for n in range(8):
            await client.publish("a", str(n).encode())
        got = []
        async with asyncio.timeout(LONG):
            while len(got) < 3:
                got += await slow.batch(100)
        await asyncio.sleep(0.2)
        assert slow._inbox.empty()
        async with asyncio.timeout(LONG):
            while len(got) < 8:
                slow.ack(got.pop(0) if len(got) > 8 else got[-1])
                got += await slow.batch(100)
        assert [message.payload for message in got] == [str(n).encode() for n in range(8)]


async def test_a_kept_session_gets_what_came_while_it_was_away(mosquitto):
    keeper = broker(mosquitto.url, client_id="keeper", session_seconds=600)
    async with connect(keeper) as client:
        await client.subscribe("a")
    async with connect(broker(mosquitto.url)) as client:
        await client.publish("a", b"kept")
    async with connect(keeper) as client, asyncio.timeout(LONG):
        assert (await anext(client.messages)).payload == b"kept"


def tls(folder: Path, name: str, port: int, **more) -> Broker:
    files = {
        "ca_file": folder / "ca.pem",
        "cert_file": folder / f"{name}.pem",
        "key_file": folder / f"{name}.key",
    }
    return broker(more.pop("url", f"mqtts://localhost:{port}"), **{"client_id": name, **files, **more})


async def test_a_certificate_confines_a_gateway_to_its_own_topics(mosquitto_tls):
    folder, port = mosquitto_tls.folder, mosquitto_tls.port
    # A connection for each: Debian 12's mosquitto drops a client at its second refused publish.
    for topic in ("meterd/v1/so-002/up/reading", "meterd/v1/so-001/down/ack", "elsewhere"):
        async with connect(tls(folder, "so-001", port)) as gateway:
            with pytest.raises(Refused) as refused:
                await gateway.publish(topic, b"not mine")
            assert refused.value.code == 0x87
    master_side, edge_side = tls(folder, "meterd-master", port), tls(folder, "so-001", port)
    async with connect(master_side) as master, connect(edge_side) as gateway:
        await master.subscribe("$share/meterd/meterd/v1/+/up/reading", "meterd/v1/+/up/status")
        await gateway.subscribe("meterd/v1/so-001/down/ack")
        await gateway.publish("meterd/v1/so-001/up/reading", b"mine")
        await master.publish("meterd/v1/so-001/down/ack", b"thanks")
        async with asyncio.timeout(LONG):
            assert (await anext(master.messages)).payload == b"mine"
            assert (await anext(gateway.messages)).payload == b"thanks"


async def test_wrong_certificates_are_refused(mosquitto_tls, tmp_path):
    folder, port = mosquitto_tls.folder, mosquitto_tls.port
    other = tmp_path / "other"
    other.mkdir()
    authority(other)
    certificate(other, "so-001", "so-001")
    wrong = {
        "an authority we do not know": tls(folder, "so-001", port, ca_file=other / "ca.pem"),
        "a certificate it does not know": tls(other, "so-001", port, ca_file=folder / "ca.pem"),
        "no certificate": tls(folder, "so-001", port, cert_file=None, key_file=None),
        "another host": tls(folder, "so-001", port, url=f"mqtts://127.0.0.2:{port}"),
    }
    for name, asked in wrong.items():
        with pytest.raises(Disconnected):
            async with connect(asked):
                pytest.fail(name)


async def test_a_certificate_file_that_is_missing_is_named(mosquitto_tls, tmp_path):
    asked = tls(mosquitto_tls.folder, "so-001", mosquitto_tls.port, ca_file=tmp_path / "none.pem")
    with pytest.raises(FileNotFoundError, match=r"none\.pem"):
        async with connect(asked):
            pass


async def test_a_key_that_everybody_can_read_is_not_used(mosquitto_tls):
    folder = mosquitto_tls.folder
    (folder / "so-001.key").chmod(0o644)
    with pytest.raises(Disconnected, match="everybody"):
        async with connect(tls(folder, "so-001", mosquitto_tls.port)):
            pass


async def test_user_and_password(tmp_path):
    seen = []
    async with FakeBroker() as fake:
        for asked in (
            broker(fake.url, user="u", password="p:w"),
            broker(fake.url.replace("mqtt://", "mqtt://u:p%3Aw@")),
        ):
            async with connect(asked):
                seen.append(fake.connects[-1].endswith(b"\x00\x01u\x00\x03p:w"))
    assert seen == [True, True]


async def test_nothing_is_logged_by_the_library(mosquitto, caplog):
    with caplog.at_level(logging.DEBUG):
        async with connect(broker(mosquitto.url, window=50)) as client, asyncio.TaskGroup() as group:
            await client.subscribe("a")
            for n in range(50):
                group.create_task(client.publish("a", str(n).encode()))
    assert not [record for record in caplog.records if record.name != "asyncio"]
