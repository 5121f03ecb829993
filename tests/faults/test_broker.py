"""The broker is killed and comes back without what it had taken."""

import pytest

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


@pytest.mark.parametrize("ack", ["master", "broker"])
def test_what_a_broker_took_and_forgot(tmp_path, forgetful, postgres_url, ack):
    """The negative control: ack = "broker" erases on PUBACK and must lose what ack = "master" keeps."""
    with scenario(tmp_path / "plant", forgetful.url, postgres_url, uplink={"ack": ack}) as case:
        case.ingest.start()
        case.daemon.start()
        case.fresh()
        for _ in range(2):
            case.ingest.kill()
            enough = len(case.verdict().lost) + 16
            case.wait(lambda n=enough: len(case.verdict().lost) >= n, "readings pile up at the broker")
            forgetful.kill()
            forgetful.start()
            case.ingest.start()
            case.fresh()
        if ack == "master":
            verdict = case.finish()
            assert verdict.ok, verdict
        else:
            case.silence()
            case.fresh(0)
            verdict = case.verdict()
            assert len(verdict.lost) >= 16, verdict
            assert not verdict.duplicated
