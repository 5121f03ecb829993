"""Fixtures that every test may use."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.mosquitto", "tests.servers.postgres"]

# How fast a machine is does not make a test pass or fail.
settings.register_profile(
    "suite", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
