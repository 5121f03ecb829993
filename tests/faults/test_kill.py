"""kill -9 of the daemon at random moments, with the real mosquitto and PostgreSQL."""

import random
import time

import pytest

from tests.faults.scenario import scenario
from tests.tools.tables import OUTBOX, integrity


def _kills(folder, broker, database, *, kills: int, seed: int):
    rng = random.Random(seed)
    with scenario(folder, broker, database) as case:
        case.ingest.start()
        for _ in range(kills):
            case.daemon.start()
            time.sleep(rng.uniform(0.05, 2.5))
            assert case.daemon.running, case.daemon.tail()
            case.daemon.kill()
            path = case.plant.state / OUTBOX
            if path.exists():
                assert integrity(path) == "ok"
        case.daemon.start()
        return case.finish()


def test_nothing_is_lost_or_doubled_by_kills(tmp_path, mosquitto, postgres_url):
    verdict = _kills(tmp_path / "plant", mosquitto.url, postgres_url, kills=8, seed=3)
    assert verdict.ok, verdict
    assert verdict.accepted > 8


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_thousand_kills(tmp_path, mosquitto, postgres_url):
    verdict = _kills(tmp_path / "plant", mosquitto.url, postgres_url, kills=1000, seed=4)
    assert verdict.ok, verdict
