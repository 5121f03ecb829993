"""The master's worker against mosquitto and both databases."""

import asyncio
import json
import os
import signal
import sys
import zlib
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from config.schema import Route
from gateway.archived import tables_of
from gateway.master.app import build, ingest, stored
from gateway.master.route import Router, shares_of
from gateway.master.stores import BadUrl
from gateway.mqtt import Broker, NoSubscriber, connect
from gateway.uplink.pages import paginate
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import MIDNIGHT, body, finding, numbered, reading, slot
from tests.gateway.master.make import batch as made
from tests.gateway.master.sender import Sender
from tests.servers.mosquitto import Mosquitto
from tests.servers.outbox_support import running, until

LIVENESS = 60
DAY = timedelta(days=1)
TOPIC = "meterd/v1/so-001/up/"


@pytest.fixture
def database(tmp_path):
    return f"sqlite:///{tmp_path}/master.db"


@asynccontextmanager
async def worker(url: str, *databases: str, **more):
    found = build(url, databases, **more)
    async with running(found.run()):
        await until(lambda: found.stats.connected)
        yield found


def rows(database: str) -> set:
    found = list(stored(database))
    assert len({key for key, _ in found}) == len(found)
    return set(found)


def expected(*groups) -> set:
    from datetime import datetime
    from decimal import Decimal

    return {
        ((row[0], row[1], datetime.fromisoformat(row[4])), None if row[2] is None else Decimal(row[2]))
        for batches in groups
        for batch in batches
        for row in batch.rows
    }


async def done(*senders: Sender) -> None:
    async with asyncio.timeout(LIVENESS), asyncio.TaskGroup() as group:
        for sender in senders:
            group.create_task(sender.run())


async def test_batches_arrive_and_are_acknowledged(mosquitto, database):
    batches = [
        *numbered(200),
        made(40, finding(), kind="finding"),
        made(41, slot(("M1", "ok")), kind="slot"),
    ]
    async with worker(mosquitto.url, database) as found:
        sender = Sender(mosquitto.url, batches)
        await done(sender)
        assert sender.have.upto == 29
        assert sender.have.also == ((40, 41),)
        assert (found.stats.batches, found.stats.rows) == (31, 200)
    assert rows(database) == expected(batches[:-2])


async def test_an_acknowledgement_stays_for_who_was_away(mosquitto, database):
    async with worker(mosquitto.url, database):
        await done(Sender(mosquitto.url, numbered(20)))
        async with connect(Broker(url=mosquitto.url, client_id="late")) as client:
            await client.subscribe("meterd/v1/so-001/down/ack")
            async with asyncio.timeout(LIVENESS):
                message = (await client.batch(1))[0]
    assert message.retain
    assert json.loads(message.payload) == {"epoch": "e1", "upto": 3, "also": []}


async def test_a_replay_is_acknowledged_again(mosquitto, database):
    async with worker(mosquitto.url, database) as found:
        await done(Sender(mosquitto.url, numbered(20)))
        await done(again := Sender(mosquitto.url, numbered(20)))
        assert again.acks
        assert found.stats.rows == 20
    assert len(rows(database)) == 20


async def test_what_is_no_batch_is_set_aside_with_its_reason(mosquitto, database):
    async with worker(mosquitto.url, database) as found:
        async with connect(Broker(url=mosquitto.url, client_id="odd")) as client:
            await client.publish(TOPIC + "reading", b"\xff\x00 nonsense")
            await client.publish(TOPIC + "reading", b"")
            await client.publish(TOPIC + "reading", body(1, reading(), gateway="so-002"))
            await client.publish(TOPIC + "event", body(1, reading()))
            damaged = zlib.decompress(body(1, reading())).replace(b"1.50", b"9.50")
            assert b"9.50" in damaged
            await client.publish(TOPIC + "reading", damaged)
        await until(lambda: found.stats.messages == 5)
        await done(Sender(mosquitto.url, numbered(20)))
        assert found.stats.refused == {"payload": 3, "gateway": 1, "kind": 1}
        assert found.stats.rows == 20
        letters = found._stores[0]._open.execute("SELECT topic, reason FROM dead_letter").fetchall()
    assert len(letters) == 5
    assert sum("so-002" in reason for _, reason in letters) == 1


async def test_a_clash_is_counted_and_not_acknowledged(mosquitto, database):
    async with worker(mosquitto.url, database) as found:
        await done(Sender(mosquitto.url, [made(1, reading())]))
        async with connect(Broker(url=mosquitto.url, client_id="clone")) as client:
            await client.publish(TOPIC + "reading", body(1, reading("7.00")))
            await until(lambda: found.stats.clashes == 1)
            assert found.stats.acks == 1
            await client.publish(TOPIC + "reading", body(2, reading(meter="M2")))
            await until(lambda: found.stats.acks == 2)
            await client.subscribe("meterd/v1/so-001/down/ack")
            message = (await client.batch(1))[0]
    assert json.loads(message.payload) == {"epoch": "e1", "upto": 0, "also": [[2, 2]]}
    assert len(rows(database)) == 2


async def test_the_older_protocol_with_a_plain_subscription(mosquitto, database):
    old = Broker(url=mosquitto.url, client_id="master", version="3.1.1")
    async with worker(old, database):
        await done(Sender(mosquitto.url, numbered(20), version="3.1.1"))
    assert len(rows(database)) == 20


async def test_all_databases_must_have_it(mosquitto, tmp_path, postgres):
    first = f"sqlite:///{tmp_path}/one.db"
    second = postgres.url
    async with worker(mosquitto.url, first, second) as found:
        await done(Sender(mosquitto.url, numbered(20)))
        postgres.stop()
        later = Sender(mosquitto.url, numbered(40, gateway="so-002"))
        async with running(later.run()):
            await until(lambda: found.stats.database_losses)
            assert later.have.upto == 0
            postgres.start()
            await until(lambda: not later.missing)
    assert len(rows(first)) == len(rows(second)) == 60


async def test_a_database_that_is_away_for_a_while(mosquitto, postgres):
    batches = numbered(2000)
    async with worker(mosquitto.url, postgres.url) as found:
        sender = Sender(mosquitto.url, batches, resend=0.5)
        async with running(sender.run()):
            await until(lambda: found.stats.batches > 10)
            postgres.kill()
            await until(lambda: found.stats.database_losses)
            # Nobody is at the broker meanwhile, so nothing piles up anywhere but where it is kept.
            async with connect(Broker(url=mosquitto.url, client_id="probe")) as client:
                with pytest.raises(NoSubscriber):
                    await client.publish(TOPIC + "reading", b"?")
            postgres.start()
            await until(lambda: not sender.missing)
    assert rows(postgres.url) == expected(batches)


async def test_a_broker_that_is_killed(tmp_path, database):
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Mosquitto(folder).start()
    batches = numbered(1000)
    try:
        async with worker(broker.url, database) as found:
            sender = Sender(broker.url, batches, resend=0.5)
            async with running(sender.run()):
                await until(lambda: found.stats.batches > 5)
                broker.kill()
                await until(lambda: not found.stats.connected)
                broker.start()
                await until(lambda: not sender.missing)
    finally:
        broker.stop()
    assert rows(database) == expected(batches)


async def _process(url: str, database: str) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "gateway", "ingest", "--broker", url, "--database", database, "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    return await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment
    )


async def test_two_workers_of_which_one_is_killed(mosquitto, postgres_url):
    groups = [numbered(2100, gateway=f"so-{n}", per_batch=5) for n in range(3)]
    workers = [await _process(mosquitto.url, postgres_url) for _ in range(2)]
    senders = [Sender(mosquitto.url, batches, resend=1) for batches in groups]
    try:
        async with running(*(sender.run() for sender in senders)):
            await until(lambda: sum(sender.have.upto for sender in senders) > 50)
            workers[0].kill()
            await workers[0].wait()
            await until(lambda: not any(sender.missing for sender in senders))
        workers[1].send_signal(signal.SIGTERM)
        figures = json.loads((await workers[1].communicate())[0])
    finally:
        for process in workers:
            if process.returncode is None:
                process.kill()
            await process.communicate()
    assert workers[1].returncode == 0
    assert figures["batches"] > 0
    assert rows(postgres_url) == expected(*groups)
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT count(*) FROM finding").fetchone() == (0,)
        known = db.execute("SELECT gateway, count(*) FROM batch b JOIN epoch e ON e.id = b.epoch GROUP BY 1")
        assert [count for _, count in known.fetchall()] == [420, 420, 420]


async def test_one_transaction_takes_what_has_arrived(mosquitto, database):
    batches = numbered(400, per_batch=2)
    async with worker(mosquitto.url, database) as found:
        await done(Sender(mosquitto.url, batches))
        assert found.stats.transactions < found.stats.batches


async def test_bad_addresses(tmp_path):
    with pytest.raises(BadUrl):
        await ingest("mqtt://127.0.0.1:1883", "mysql://x")
    with pytest.raises(BadUrl) as caught:
        await ingest("mqtt://127.0.0.1:1883", "mysql://me:secret@host/x")
    assert "host/x" in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_archives_are_taken_whoever_published_them_before(mosquitto, database):
    pages = paginate("so-001", tables_of(archive()))
    async with connect(Broker(url=mosquitto.url, client_id="so-001")) as client:
        for number, page in enumerate(pages.pages, 1):
            await _retained(client, f"{TOPIC}archive/{number}", page)
        await _retained(client, f"{TOPIC}archive", pages.manifest)
        await _retained(client, f"{TOPIC}status", b'{"v":1,"gateway":"so-001","state":"online","backlog":7}')
    own = replace(archive(), digest="own")
    async with worker(mosquitto.url, database, archive=own) as found:
        await until(lambda: found.stats.archives == 1 and found.stats.messages >= len(pages.pages) + 2)
        async with connect(Broker(url=mosquitto.url, client_id="odd")) as client:
            await client.publish(f"{TOPIC}archive/1", b"nonsense")
        await until(lambda: found.stats.refused == {"payload": 1})
        query = "SELECT g.name, count(*) FROM archive_meter a JOIN gateway g ON g.id = a.gateway GROUP BY 1"
        db = found._stores[0]._open
        assert db.execute(query).fetchall() == [("", 5), ("so-001", 5)]
        assert db.execute("SELECT state, backlog FROM gateway_status").fetchall() == [("online", 7)]


async def _retained(client, topic: str, body: bytes) -> None:
    with suppress(NoSubscriber):
        await client.publish(topic, body, retain=True)


async def test_two_databases_by_key_of_which_one_goes_away(mosquitto, tmp_path, postgres):
    """A batch is acknowledged when both have it; while one is away the other waits, and nothing is lost."""
    lines, areas = f"sqlite:///{tmp_path}/lines.db", postgres.url
    own = replace(archive(), digest="own")
    sent = [
        made(
            n,
            *(
                reading(str(n), meter=asset, at=MIDNIGHT + n * DAY)
                for asset in ("TOTAL", "HOME1", "BIG", "X")
            ),
        )
        for n in range(1, 41)
    ]
    found = build(mosquitto.url, [lines, areas], archive=own)
    found.router = Router(shares_of([Route(database=areas, keys=("transformer",))]))
    async with running(found.run()):
        await until(lambda: found.stats.connected)
        await done(Sender(mosquitto.url, sent[:10]))
        postgres.stop()
        later = Sender(mosquitto.url, sent[10:], resend=0.5)
        async with running(later.run()):
            await until(lambda: found.stats.database_losses)
            postgres.start()
            await until(lambda: not later.missing)
    for database, assets in ((lines, {"TOTAL", "BIG", "X"}), (areas, {"TOTAL", "HOME1", "X"})):
        stored_here = {(key[0], value) for key, value in rows(database)}
        assert {(asset, Decimal(n)) for asset in assets for n in range(1, 41)} <= stored_here
