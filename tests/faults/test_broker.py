"""The broker is killed and comes back without what it had taken."""

import asyncio

import pytest

from gateway.mqtt import Broker, connect
from tests.faults.scenario import scenario
from tests.servers.mosquitto import Mosquitto


@pytest.fixture
def forgetful(tmp_path):
    """A broker that keeps nothing over a restart."""
    folder = tmp_path / "forgetful"
    folder.mkdir()
    broker = Mosquitto(folder, settings={"persistence": "false"}).start()
    yield broker
    broker.stop()


async def _absent_subscriber(url: str) -> None:
    """A session that the broker keeps and nobody comes back for: there is always somebody to take a publish."""
    settings = Broker(url=url, client_id="absent", session_seconds=3600)
    async with connect(settings) as client:
        await client.subscribe("meterd/v1/+/up/reading")


@pytest.mark.parametrize("ack", ["master", "broker"])
def test_what_a_broker_took_and_forgot(tmp_path, forgetful, postgres_url, ack):
    """The negative control: ack = "broker" erases on PUBACK and must lose what ack = "master" keeps."""
    asyncio.run(_absent_subscriber(forgetful.url))
    with scenario(tmp_path / "plant", forgetful.url, postgres_url, uplink={"ack": ack}) as case:
        case.ingest.start()
        case.daemon.start()
        case.fresh()
        case.ingest.kill()
        enough = len(case.verdict().lost) + 24
        case.wait(lambda: len(case.verdict().lost) >= enough, "readings pile up at the broker")
        forgetful.kill()
        forgetful.start()
        case.ingest.start()
        case.fresh()
        if ack == "master":
            verdict = case.finish()
            assert verdict.ok, verdict
        else:
            verdict = case.verdict()
            assert len(verdict.lost) >= 16, verdict
            assert not verdict.duplicated + verdict.invented + verdict.wrong, verdict
