"""A first configuration from what a scan found (gateway.begin)."""

import tomllib

import pytest

from config.errors import ConfigError
from gateway.begin import ARCHIVE, CONFIG, Beginning, Occupied, free, settings, table, write
from gateway.survey import Found

OLD, NEW = Found("000000000007", "dlt645-1997", 1200), Found("000000000012", "dlt645-2007", 2400)
UNIT, TCP = Found("5", "modbus-rtu", 0), Found("1", "modbus-tcp", 0)


def beginning(*found, link="tcp://127.0.0.1:1", **more):
    return Beginning(**{"name": "so-001", "link": link, "found": found, "state_dir": "state", **more})


def test_two_generations_on_one_line_are_one_target(tmp_path):
    of = beginning(NEW, NEW, OLD, link="serial:/dev/ttyUSB0")
    (target,) = tomllib.loads(settings(of))["target"]
    assert target["link"] == "serial:/dev/ttyUSB0?baud=2400&mode=8E1"
    assert table(of).splitlines()[1:] == [
        "000000000012,000000000012,dlt645-2007,line1,,",
        "000000000012,000000000012,dlt645-2007,line1,,",
        "000000000007,000000000007,dlt645-1997,line1,,1200",
    ]


def test_modbus_is_a_target_of_its_own_with_its_model(tmp_path):
    of = beginning(Found("000000000012", "dlt645-2007", 0), UNIT, model="eastron-sdm630")
    targets = tomllib.loads(settings(of))["target"]
    assert [(one["name"], one["driver"], one["link"]) for one in targets] == [
        ("line1", "meter", "tcp://127.0.0.1:1"),
        ("line1-2", "modbus", "rtutcp://127.0.0.1:1"),
    ]
    assert table(of).splitlines()[2] == "5,5,modbus-rtu,line1-2,eastron-sdm630,"
    loaded = write(tmp_path, of)
    assert len(loaded.archive.meters) == 2
    assert not loaded.warnings
    (target,) = tomllib.loads(settings(beginning(TCP)))["target"]
    assert (target["driver"], target["link"]) == ("modbus", "tcp://127.0.0.1:1")


@pytest.mark.parametrize("broker", [{}, {"broker": "mqtts://h:8883", "user": 'a "b" \\ 口'}])
def test_what_is_written_is_right(tmp_path, broker):
    loaded = write(tmp_path, beginning(NEW, broker=broker, name="so-001", every="1d"))
    assert loaded.settings.uplink.broker == broker.get("broker")
    assert loaded.settings.uplink.user == broker.get("user")
    assert loaded.archive.by_asset["000000000012"].address == "000000000012"


@pytest.mark.parametrize("name", [CONFIG, ARCHIVE])
def test_a_file_that_is_there_stays(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(Occupied, match=r"stays as it is|不会改动"):
        free(tmp_path)
    with pytest.raises(Occupied):
        write(tmp_path, beginning(NEW))
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [(tmp_path / name).name]


def test_a_wrong_answer_leaves_nothing_behind(tmp_path):
    with pytest.raises(ConfigError):
        write(tmp_path, beginning(NEW, name="so 001"))
    with pytest.raises(ConfigError):
        write(tmp_path, beginning(UNIT))
    with pytest.raises(ConfigError, match=r"share a channel|同一"):
        write(tmp_path, beginning(NEW, TCP, model="eastron-sdm630"))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
