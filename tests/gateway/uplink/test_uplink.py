"""The uplink against mosquitto and a little master, and against a broker that refuses."""

import asyncio
import json
from dataclasses import replace

import pytest

from gateway.archived import Table
from gateway.mqtt import Broker, connect
from gateway.uplink import uplink as uplink_module
from tests.servers.fake_broker import FakeBroker
from tests.servers.little_master import LittleMaster
from tests.servers.mosquitto import Mosquitto, authority, certificate
from tests.servers.outbox_support import entry, opened, running, until, uplink
from tests.servers.relay import Relay


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(uplink_module, "_LONGEST_PAUSE", 0.2)


async def test_everything_arrives_once_and_is_freed(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url)
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, mosquitto.url)
        async with running(master.run(), link.run()):
            await until(lambda: link.stats.connected)
            for n in range(0, 600, 3):
                await outbox.append(entry(n, n + 1, n + 2))
            await until(lambda: outbox.stats.committed == 600)
        assert len(master.rows) == 600
        assert outbox.stats.pending == outbox.stats.difference == 0
        assert link.stats.publishes >= 200 == link.stats.latency_count
        assert link.stats.last_ack > 0


async def test_a_master_that_was_away_gets_everything(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url, acknowledges=False)
    async with opened(tmp_path) as outbox:
        for n in range(100):
            await outbox.append(entry(n))
        link = uplink(outbox, mosquitto.url, window=5)
        async with running(link.run(), master.run()):
            await until(lambda: link.stats.duplicates >= 5)
            assert outbox.stats.pending == 100
            assert link.stats.in_flight <= 5
            # Never more than a window in flight: nothing else was published meanwhile.
            assert len(next(iter(master.batches.values()))) <= 5
            master.acknowledges = True
            await until(lambda: outbox.stats.committed == 100)
        assert len(master.rows) == 100
        assert master.conflicts == 0


CODES = {0x10: "no_subscriber", 0x80: "unspecified", 0x83: "implementation", 0x87: "not_authorized"}
CODES |= {0x91: "identifier_in_use", 0x97: "quota"}


@pytest.mark.parametrize("ack", ["master", "broker", "keep"])
@pytest.mark.parametrize("code", CODES)
async def test_a_refusal_frees_nothing_and_is_counted(tmp_path, code, ack):
    answer = {"code": code}

    def answers(found):
        return answer["code"] if found.topic.endswith("/up/reading") else 0

    async with FakeBroker(answer=answers) as fake, opened(tmp_path) as outbox:
        for n in range(5):
            await outbox.append(entry(n))
        link = uplink(outbox, fake.url, ack=ack)
        async with running(link.run()):
            await until(lambda: link.stats.rejected[CODES[code]] >= 6)
            assert outbox.stats.pending == 5
            assert outbox.stats.committed == outbox.stats.dead == 0
            assert link.stats.publishes == 0
            answer["code"] = 0
            await until(lambda: link.stats.publishes >= 5)


@pytest.mark.parametrize("code", [0x8E, 0x9C])
async def test_a_disconnect_frees_nothing_and_the_uplink_comes_back(tmp_path, code):
    def answers(found):
        return ("disconnect", code) if found.topic.endswith("/up/reading") else 0

    async with FakeBroker(answer=answers) as fake, opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        link = uplink(outbox, fake.url, ack="broker")
        async with running(link.run()):
            await until(lambda: link.stats.connects >= 3)
            assert outbox.stats.pending == 1
            fake.answer = lambda _: 0
            await until(lambda: outbox.stats.committed == 1)


@pytest.mark.parametrize("code", [0x80, 0x87, 0x99])
async def test_only_a_bad_payload_is_set_aside_after_five_tries(tmp_path, code):
    async with FakeBroker() as fake, opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        poison = (await outbox.claim(1))[0].body
        outbox.release([1])
        await outbox.append(entry(2))
        fake.answer = lambda found: code if found.payload == poison else 0
        link = uplink(outbox, fake.url, ack="broker")
        async with running(link.run()):
            await until(lambda: outbox.stats.committed == 1)
            if code == 0x99:
                await until(lambda: outbox.stats.dead == 1)
                assert sum(found.payload == poison for found in fake.published) == 5
                assert outbox.stats.pending == outbox.stats.difference == 0
            else:
                await until(lambda: sum(found.payload == poison for found in fake.published) >= 6)
                assert (outbox.stats.dead, outbox.stats.pending) == (0, 1)


async def test_with_keep_nothing_comes_back_and_nothing_is_sent_twice(tmp_path):
    async with FakeBroker() as fake, opened(tmp_path) as outbox:
        for n in range(10):
            await outbox.append(entry(n))
        link = uplink(outbox, fake.url, ack="keep", resend_seconds=0.5)
        async with running(link.run()):
            await until(lambda: link.stats.publishes == 10)
            await until(lambda: link.stats.in_flight == 0)
            fake.send(
                "meterd/v1/so-001/down/ack", json.dumps({"epoch": outbox.stats.epoch, "upto": 10}).encode()
            )
            await asyncio.sleep(1.2)
            assert link.stats.publishes == 10
        assert (outbox.stats.pending, outbox.stats.committed) == (10, 0)
        assert await outbox.claim(10) == []


async def test_lost_acknowledgements_cost_duplicates_and_no_rows(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url, retain=False)
    take = master.ack
    count = 0

    def forgetful(epoch):
        nonlocal count
        count += 1
        return b"lost" if count % 3 else take(epoch)

    master.ack = forgetful
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, mosquitto.url, resend_seconds=0.5)
        for n in range(40):
            await outbox.append(entry(n))
        async with running(link.run(), master.run()):
            await until(lambda: outbox.stats.committed == 40)
        assert len(master.rows) == 40
        assert link.stats.bad_acks > 0


async def test_the_broker_is_killed_again_and_again(tmp_path):
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder).start()
    master = LittleMaster(broker.url)
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, broker.url)
        total = 0
        async with running(link.run(), master.run()):
            for _ in range(3):
                await until(lambda: link.stats.connected)
                for _ in range(50):
                    await outbox.append(entry(total))
                    total += 1
                broker.kill()
                for _ in range(20):
                    await outbox.append(entry(total))
                    total += 1
                broker.start()
            await until(lambda: outbox.stats.committed == total)
        assert len(master.rows) == total
        assert master.conflicts == 0
    broker.stop()


async def test_control_believing_the_broker_loses_what_the_broker_loses(tmp_path):
    """The same fault with ack = "broker" must lose: else the test above would prove nothing."""
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder, settings={"persistence": "false"}).start()
    master = LittleMaster(broker.url)
    # The master has a session at the broker and is away: the broker takes everything in its name, then dies.
    async with connect(master.broker) as client:
        await client.subscribe("meterd/v1/+/up/#")
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, broker.url, ack="broker")
        async with running(link.run()):
            for n in range(50):
                await outbox.append(entry(n))
            await until(lambda: outbox.stats.committed == 50)
            broker.kill()
            broker.start()
        async with running(master.run()):
            await asyncio.sleep(1.5)
        assert len(master.rows) < 50
    broker.stop()


async def test_a_silent_link_is_left_and_nothing_is_lost(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url)
    async with Relay(mosquitto.port) as relay, opened(tmp_path) as outbox:
        link = uplink(outbox, f"mqtt://127.0.0.1:{relay.port}")
        async with running(link.run(), master.run()):
            await until(lambda: link.stats.connected)
            await outbox.append(entry(1))
            await until(lambda: outbox.stats.committed == 1)
            relay.freeze()
            for n in range(2, 60):
                await outbox.append(entry(n))
            await until(lambda: not link.stats.connected)
            assert outbox.stats.pending == 58
            relay.thaw()
            await until(lambda: outbox.stats.committed == 59)
        assert len(master.rows) == 59


async def test_status_is_kept_and_the_will_says_offline(mosquitto, tmp_path):
    async with connect(Broker(url=mosquitto.url, client_id="watcher")) as watcher, opened(tmp_path) as outbox:
        await watcher.subscribe("meterd/v1/+/up/status")
        states = []

        async def watch():
            async for message in watcher.messages:
                states.append(json.loads(message.payload))  # noqa: PERF401  (read while it grows)

        async with running(watch()):
            async with running(uplink(outbox, mosquitto.url).run()):
                await until(lambda: len(states) == 1)
            await until(lambda: len(states) == 2)
            async with (
                Relay(mosquitto.port) as relay,
                running(uplink(outbox, f"mqtt://127.0.0.1:{relay.port}").run()),
            ):
                await until(lambda: len(states) == 3)
                relay.refuse()
                await until(lambda: len(states) == 4)
        assert [state["state"] for state in states] == ["online", "offline"] * 2
        assert states[0]["gateway"] == "so-001"
        assert states[0]["epoch"] == outbox.stats.epoch


async def test_a_command_is_answered_and_a_kept_one_is_not_run(mosquitto, tmp_path):
    seen = []

    async def on_command(body: bytes) -> bytes:
        seen.append(body)
        return b'{"id":"1","ok":true}'

    async with connect(Broker(url=mosquitto.url, client_id="master")) as master, opened(tmp_path) as outbox:
        await master.subscribe("meterd/v1/so-001/up/reply")
        await master.publish("meterd/v1/so-001/down/command", b"old", retain=True)
        link = uplink(outbox, mosquitto.url)
        link._on_command = on_command
        async with running(link.run()):
            await until(lambda: link.stats.connected)
            await master.publish("meterd/v1/so-001/down/command", b"new")
            async with asyncio.timeout(60):
                assert (await anext(master.messages)).payload == b'{"id":"1","ok":true}'
            await until(lambda: link.stats.replies == 1)
        assert seen == [b"new"]
        assert link.stats.commands == 2


async def test_the_archive_is_kept_for_whoever_comes_later(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url)
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, mosquitto.url)
        link.archive({"meters": Table(["meter", "point"], [[f"m{n}", "x" * 50] for n in range(450)])})
        async with running(link.run()):
            await until(lambda: link.stats.connected)
            async with running(master.run()):
                await until(
                    lambda: len([name for name, _ in master.other if name.startswith("archive")]) == 4
                )
    assert {name for name, _ in master.other if name != "status"} == {
        "archive",
        "archive/1",
        "archive/2",
        "archive/3",
    }


async def test_nothing_is_sent_without_a_broker(tmp_path):
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, None)
        await link.run()
        assert not link.stats.connects


async def test_a_batch_the_master_never_frees_gets_a_new_number(mosquitto, tmp_path):
    """The master knows number 1 with other content: without a new number the rows would never arrive."""
    master = LittleMaster(mosquitto.url)
    async with opened(tmp_path) as outbox:
        master.batches[outbox.stats.epoch] = {1: "other content"}
        take = master.ack

        def without_first(epoch):
            known = json.loads(take(epoch))
            known["also"] = [[2, known["upto"]]] if known["upto"] > 1 else known["also"]
            return json.dumps({**known, "upto": 0}).encode()

        master.ack = without_first
        await outbox.append(entry(1))
        link = uplink(outbox, mosquitto.url, resend_seconds=0.5)
        async with running(link.run(), master.run()):
            n = 1
            while outbox.stats.committed <= n and link.stats.renewed == 0:
                n += 1
                await outbox.append(entry(n))
                await asyncio.sleep(0.2)
            await until(lambda: outbox.stats.pending == 0)
        assert master.conflicts > 0
        assert len(master.rows) == n


async def test_over_tls_with_the_gateways_own_certificate(mosquitto_tls, tmp_path):
    folder = mosquitto_tls.folder
    master = LittleMaster(mosquitto_tls.url)
    files = {"ca_file": folder / "ca.pem", "cert_file": folder / "meterd-master.pem"}
    master.broker = replace(master.broker, **files, key_file=folder / "meterd-master.key")
    async with opened(tmp_path) as outbox:
        own = {"cert_file": folder / "so-001.pem", "key_file": folder / "so-001.key"}
        link = uplink(outbox, mosquitto_tls.url, **{**files, **own})
        async with running(link.run(), master.run()):
            await outbox.append(entry(1))
            await until(lambda: outbox.stats.committed == 1)
    assert len(master.rows) == 1


async def test_certificates_and_their_authority_are_exchanged_without_a_restart(mosquitto_tls, tmp_path):
    folder = mosquitto_tls.folder
    ca = {"ca_file": folder / "ca.pem"}
    master = LittleMaster(mosquitto_tls.url)
    own = {"cert_file": folder / "meterd-master.pem", "key_file": folder / "meterd-master.key"}
    master.broker = replace(master.broker, **ca, **own)
    async with opened(tmp_path) as outbox:
        own = {"cert_file": folder / "so-001.pem", "key_file": folder / "so-001.key"}
        link = uplink(outbox, mosquitto_tls.url, **ca, **own)
        async with running(link.run(), master.run()):
            await outbox.append(entry(1))
            await until(lambda: outbox.stats.committed == 1)
            old = (folder / "ca.pem").read_bytes()
            mosquitto_tls.stop()
            await outbox.append(entry(2))
            authority(folder)
            for name, host in (("server", "localhost"), ("so-001", "so-001"), ("meterd-master",) * 2):
                certificate(folder, name, host)
            assert (folder / "ca.pem").read_bytes() != old
            mosquitto_tls.start()
            await outbox.append(entry(3))
            await until(lambda: outbox.stats.committed == 3)
    assert len(master.rows) == 3


async def test_with_the_certificate_of_another_gateway_nothing_is_freed(mosquitto_tls, tmp_path):
    folder = mosquitto_tls.folder
    own = {
        "cert_file": folder / "so-002.pem",
        "key_file": folder / "so-002.key",
        "ca_file": folder / "ca.pem",
    }
    async with opened(tmp_path) as outbox:
        await outbox.append(entry(1))
        link = uplink(outbox, mosquitto_tls.url, ack="broker", **own)
        async with running(link.run()):
            await until(lambda: link.stats.rejected["not_authorized"] >= 3)
        assert (outbox.stats.pending, outbox.stats.committed) == (1, 0)


async def test_user_and_password_file(tmp_path):
    (tmp_path / "password").write_text("geheim 密\nsecond line\n")
    async with FakeBroker() as fake, opened(tmp_path) as outbox:
        link = uplink(outbox, fake.url, user="so-001", password_file=tmp_path / "password")
        async with running(link.run()):
            await until(lambda: link.stats.connected)
        assert fake.connects[0].endswith("geheim 密".encode())


async def test_after_a_rollback_the_kept_acknowledgement_frees_nothing_that_is_new(mosquitto, tmp_path):
    """The master knows numbers 1 to 12 from before the disk was set back; here 4 to 8 are other readings."""
    async with opened(tmp_path) as outbox:
        for n in range(3):
            await outbox.append(entry(n))
        await outbox.claim(3)
        epoch = outbox.stats.epoch
        await outbox.acked(epoch, 3)
        for n in range(5):
            await outbox.append(entry(100 + n))
    async with connect(Broker(url=mosquitto.url, client_id="before")) as client:
        body = json.dumps({"epoch": epoch, "upto": 12, "also": []}).encode()
        await client.publish("meterd/v1/so-001/down/ack", body, retain=True)
    master = LittleMaster(mosquitto.url)
    master.batches[epoch] = dict.fromkeys(range(1, 13), "from before")
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, mosquitto.url)
        async with running(link.run(), master.run()):
            await until(lambda: outbox.stats.pending == 0)
        assert outbox.stats.epoch != epoch
        assert outbox.stats.difference == 0
    assert {row[0] for row in master.rows} == {"m0", "m1", "m2", "m3", "m4"}
    assert master.conflicts == 0


@pytest.mark.parametrize("ack", ["broker", "keep"])
async def test_version_3_1_1_needs_the_masters_word(tmp_path, ack):
    """The settings of a file are checked where they are read; this is for whoever builds an uplink otherwise."""
    async with opened(tmp_path) as outbox:
        with pytest.raises(ValueError, match="cannot tell a refusal"):
            uplink(outbox, "mqtt://127.0.0.1:1", version="3.1.1", ack=ack)


async def test_version_3_1_1_with_the_masters_word(mosquitto, tmp_path):
    master = LittleMaster(mosquitto.url)
    master.broker = replace(master.broker, version="3.1.1")
    async with opened(tmp_path) as outbox:
        link = uplink(outbox, mosquitto.url, version="3.1.1")
        async with running(link.run(), master.run()):
            for n in range(30):
                await outbox.append(entry(n))
            await until(lambda: outbox.stats.committed == 30)
    assert len(master.rows) == 30
