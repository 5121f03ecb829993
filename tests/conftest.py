"""Fixtures that every test may use."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.mosquitto", "tests.servers.postgres"]

# How fast a machine is does not make a test pass or fail.
settings.register_profile(
    "suite", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def no_log_left():
    """A command logs to the standard error of its run, which is closed when the next test writes."""
    yield
    structlog.reset_defaults()
