"""The master's database goes away under load and comes back."""

import time

from tests.faults.scenario import scenario


def test_a_database_that_was_gone(tmp_path, mosquitto, postgres):
    with scenario(tmp_path / "plant", mosquitto.url, postgres.url) as case:
        case.ingest.start()
        case.daemon.start()
        case.fresh()
        postgres.stop()
        time.sleep(4)
        assert case.ingest.running, case.ingest.tail()
        assert case.daemon.running, case.daemon.tail()
        postgres.start()
        verdict = case.finish()
        assert verdict.ok, verdict
