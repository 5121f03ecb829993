"""Fixtures that every test may use."""

pytest_plugins = ["tests.servers.mosquitto", "tests.servers.postgres"]
