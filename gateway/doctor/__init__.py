"""`meterd doctor`: whether a gateway can work where it stands; each check is a function and a line in `CHECKS`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from config.errors import ConfigError
from gateway.clock import Clock
from gateway.configured import configured
from gateway.doctor import broker, files, host, running
from gateway.doctor.base import Check, Level, Line, Patient, fail

__all__ = ["CHECKS", "Level", "Line", "Patient", "examine", "patient"]

CHECKS: Mapping[str, Check] = {
    "configuration": files.configuration,
    "clock": host.clock,
    "folders": files.folders,
    "devices": files.devices,
    "secrets": files.secrets,
    "disk": host.disk,
    "ports": host.ports,
    "daemon": running.daemon,
    "delivery": broker.delivery,
    "certificates": broker.certificates,
    "broker": broker.broker,
}
"""By name, in the order in which they are shown."""

_WITHOUT_SETTINGS = {"configuration", "clock"}


def patient(path: Path, clock: Clock, *, network: bool = True) -> Patient:
    """A configuration, right or wrong, to be examined."""
    try:
        return Patient(path, configured(path), (), clock, network)
    except ConfigError as error:
        return Patient(path, None, tuple(error.problems), clock, network)


def examine(who: Patient) -> Iterator[tuple[str, Line]]:
    """Every line of every check with the check's name; of a wrong configuration only what needs no settings."""
    for name, check in CHECKS.items():
        if who.loaded is None and name not in _WITHOUT_SETTINGS:
            continue
        try:
            for line in check(who):
                yield name, line
        except OSError as error:
            yield name, fail(str(error), "")
