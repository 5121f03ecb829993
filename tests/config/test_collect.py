"""Drivers, links and meters that do not go together (config.collect)."""

from decimal import Decimal

import pytest

from config.archive import Archive, Meter
from config.collect import mistakes
from config.schema import Settings


def found(driver, link, protocol, *, more=(), **meter):
    targets = [{"name": "t", "driver": driver, "link": link}, *more]
    settings = Settings.model_validate({"gateway": {"name": "g"}, "target": targets})
    row = Meter(asset_no="M1", address="1", protocol=protocol, target="t", **meter)
    archive = Archive(meters=(row, row), by_target={"t": (row, row)})
    return [(".".join(map(str, place)), expected) for place, _, expected in mistakes(settings, archive)]


@pytest.mark.parametrize(
    ("driver", "link", "protocol"),
    [
        ("meter", "tcp://h:1", "dlt645-2007"),
        ("modbus", "tcp://h:1", "modbus-tcp"),
        ("modbus", "tcp://h:1", "modbus-rtu"),
        ("modbus", "rtutcp://h:1", "modbus-rtu"),
        ("modbus", "serial:/dev/ttyS1", "modbus-rtu"),
    ],
)
def test_what_goes_together(driver, link, protocol):
    assert found(driver, link, protocol) == []


def test_a_meter_on_the_driver_of_others_is_named_once():
    assert found("meter", "tcp://h:1", "modbus-tcp") == [("target.0.driver", "modbus")]
    assert found("modbus", "tcp://h:1", "dlt645-2007") == [("target.0.driver", "meter")]


@pytest.mark.parametrize("link", ["serial:/dev/ttyS1", "rtutcp://h:1"])
def test_tcp_frames_do_not_go_over_a_serial_line(link):
    ((place, _),) = found("modbus", link, "modbus-tcp")
    assert place == "target.0.link"


def test_one_channel_has_one_driver():
    other = {"name": "u", "driver": "meter", "link": "tcp://h:1"}
    assert found("modbus", "tcp://h:1", "modbus-tcp", more=[other]) == [("target.1.driver", "modbus")]


def test_nothing_is_multiplied_twice():
    ratios = {"model": "acrel-adl400", "ct": Decimal(40)}
    assert [place for place, _ in found("modbus", "tcp://h:1", "modbus-tcp", **ratios)] == ["target.0.name"]
    assert found("modbus", "tcp://h:1", "modbus-tcp", **ratios, register_is_primary=True) == []
    assert found("modbus", "tcp://h:1", "modbus-tcp", model="modbus-tcp", ct=Decimal(40)) == []


def targets(**target):
    settings = Settings.model_validate({"gateway": {"name": "g"}, "target": [{"name": "t", **target}]})
    empty = Archive(meters=(), by_target={})
    return [".".join(map(str, place)) for place, _, _ in mistakes(settings, empty)]


def test_a_radio_carries_short_frames_only():
    radio = {"driver": "terminal", "link": "radio:/dev/ttyS1", "address": "33020001"}
    assert targets(**radio) == []
    assert targets(**radio, frame_bytes=255) == []
    assert targets(**radio, frame_bytes=256) == ["target.0.frame_bytes"]
    assert targets(**radio | {"link": "serial:/dev/ttyS1"}, frame_bytes=256) == []


def test_only_a_modem_dials():
    given = {"driver": "terminal", "address": "33020001", "number": "1001", "call_window": "22:00-06:00"}
    assert targets(**given, link="modem:/dev/ttyS1") == []
    assert targets(**given, link="tcp://h:1") == ["target.0.number", "target.0.call_window"]
