"""`meterd read`."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.simulate import modbus_unit
from tests.drivers.line import bcd

KEYS = {"id", "obis", "value", "unit", "at", "read_at", "error"}


def points(done):
    (answer,) = done.objects
    assert set(answer) == {"meter", "protocol", "points"}
    assert all(set(point) == KEYS for point in answer["points"])
    return {point["obis"] or point["id"]: point for point in answer["points"]}


def test_points_by_obis_code_and_by_identifier(meterd, served, meter):
    link = served(meter)
    done = meterd("read", "--link", link, "--address", "12", "1-0:1.8.0", "02010100", "--json")
    assert done.exit_code == 0
    got = points(done)
    assert got["1-0:1.8.0"]["value"] == "1034.56"
    assert got["1-0:1.8.0"]["unit"] == "kWh"
    assert got["1-0:1.8.0"]["error"] is None
    assert got["1-0:32.7.0"]["value"] == "220.5"
    assert done.objects[0]["meter"] == "000000000012"


def test_a_meter_of_the_archive(meterd, served, meter, config):
    done = meterd("read", "-c", config(served(meter)), "M0", "1-0:1.8.0", "--json")
    assert done.exit_code == 0
    assert done.objects[0]["meter"] == "M0"
    assert points(done)["1-0:1.8.0"]["value"] == "1034.56"


def test_the_usual_points_of_whoever_is_there(meterd, served, meter):
    done = meterd("read", "--link", served(meter), "--json")
    assert done.exit_code == 0
    got = points(done)
    assert {f"1-0:{q}.8.{t}" for q in (1, 2) for t in range(5)} <= set(got)
    assert got["1-0:52.7.0"]["value"] is None
    assert done.objects[0]["meter"] == "000000000012"
    assert meter.asked.count("0001FF00") == 1


def test_a_named_point_that_the_meter_refuses_is_a_failure(meterd, served, meter):
    done = meterd("read", "--link", served(meter), "1-0:1.8.0", "1-0:14.7.0", "--json")
    assert done.exit_code == 1
    got = points(done)
    assert got["1-0:1.8.0"]["value"] == "1034.56"
    assert got["1-0:14.7.0"]["error"] == "refused: no requested data"


def test_a_silent_meter_is_a_failure_and_says_so(meterd, served, meter):
    meter.dead = True
    done = meterd("read", "--link", served(meter), "--retries", "0", "1-0:1.8.0")
    assert done.exit_code == 1
    assert not done.stdout
    assert "no answer" in done.stderr
    assert "meterd scan" in done.stderr


def test_an_unknown_point_is_told_beside_its_name(meterd, served, meter):
    done = meterd("read", "--link", served(meter), "1-0:99.99.0")
    assert done.exit_code == 1
    assert "unknown_point" in done.stdout
    assert "no answer" not in done.stderr


def test_nothing_of_a_value_is_cut_off_on_a_narrow_terminal(meterd, served, meter, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    meter.data["0400010C"] = bcd("26101105123456")
    done = meterd("read", "--link", served(meter))
    assert "…" not in done.stdout
    assert "".join(done.stdout.split()).count("1034.56") == 1


def test_a_link_that_is_not_there_is_a_failure(meterd):
    done = meterd("read", "--link", "tcp://127.0.0.1:1", "1-0:1.8.0")
    assert done.exit_code == 1
    assert "tcp://127.0.0.1:1" in done.stderr


def test_a_conversation_can_be_recorded_and_played_again(meterd, served, meter, tmp_path):
    path = tmp_path / "transcript.jsonl"
    first = meterd("read", "--link", served(meter), "--record", path, "1-0:1.8.0", "--json")
    again = meterd("read", "--link", f"replay:{path}", "1-0:1.8.0", "--json")
    assert again.exit_code == 0
    assert points(again)["1-0:1.8.0"]["value"] == points(first)["1-0:1.8.0"]["value"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("1-0:1.8.0",),
        ("--link", "pigeon:1"),
        ("--link", "tcp://127.0.0.1:1", "--protocol", "dlms"),
        ("--link", "tcp://127.0.0.1:1", "--address", "12x"),
        ("--link", "tcp://127.0.0.1:1", "--model", "none-such"),
    ],
)
def test_bad_input_is_named(meterd, arguments):
    done = meterd("read", *arguments)
    assert done.exit_code == 2
    assert done.stderr.strip()
    assert not done.stdout


def test_a_meter_that_is_not_in_the_archive(meterd, config):
    done = meterd("read", "-c", config(), "M9")
    assert done.exit_code == 2
    assert "M9" in done.stderr
    assert "like M0" in done.stderr
    assert meterd("read", "-c", config()).exit_code == 2
    assert meterd("read", "-c", "/nowhere.toml", "M0").exit_code == 2


def test_a_person_reads_names_and_what_the_tariffs_are_called(meterd, served, meter, config):
    link = served(meter)
    shown = meterd("read", "--link", link, "--address", "12", "1-0:1.8.1", "1-0:32.7.0").stdout
    assert "forward active energy, tariff 1 (sharp)" in shown
    assert "voltage" in shown
    path = config(link)
    path.write_text(
        path.read_text()
        + '[[tariffs]]\nnames = ["one"]\n[[tariffs]]\nvalid_from = 2020-01-01\nnames = ["尖", "峰"]\n'
        + '[[tariffs]]\nvalid_from = 2999-01-01\nnames = ["later"]\n'
    )
    assert "tariff 2 (峰)" in meterd("read", "-c", path, "M0", "1-0:1.8.2").stdout
    assert (
        "("
        not in meterd("read", "-c", path, "M0", "1-0:1.8.3").stdout.partition("energy")[2].partition("│")[0]
    )


NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)


def test_a_modbus_meter_without_any_configuration(meterd, modbus_units):
    link = modbus_units(1, now=lambda: NOW)
    asked = (
        "read",
        "--link",
        link,
        "--protocol",
        "modbus-tcp",
        "--model",
        "eastron-sdm630",
        "--address",
        "1",
    )
    done = meterd(*asked, "1-0:1.8.0", "voltage_ab", "4/0", "--json")
    assert done.exit_code == 0
    unit = modbus_unit(1, "eastron-sdm630")
    (found,) = done.objects
    assert (found["meter"], found["protocol"]) == ("1", "modbus-tcp")
    shown = [(row["id"], row["obis"], Decimal(row["value"]), row["unit"]) for row in found["points"]]
    assert shown == [
        ("4/72", "1-0:1.8.0", unit.value("1-0:1.8.0", NOW), "kWh"),
        ("4/200", None, unit.value("voltage_ab", NOW), "V"),
        ("4/0", "1-0:32.7.0", unit.value("1-0:32.7.0", NOW), "V"),
    ]


def test_all_points_of_a_modbus_model_by_default(meterd, modbus_units):
    link = modbus_units(1, model="sunspec")
    done = meterd(
        "read", "--link", link, "--protocol", "modbus-tcp", "--model", "sunspec", "--address", "1", "--json"
    )
    assert done.exit_code == 0
    assert len(done.objects[0]["points"]) > 30


def test_a_modbus_unit_that_is_none(meterd, modbus_units):
    for address in ("", "256", "x"):
        done = meterd(
            "read", "--link", modbus_units(1), "--protocol", "modbus-tcp", "--address", address, "3/0"
        )
        assert done.exit_code == 2
        assert "unit" in done.stderr


def test_a_model_of_another_protocol(meterd):
    asked = ("read", "--link", "tcp://127.0.0.1:1", "--address", "1", "1-0:1.8.0")
    assert meterd(*asked, "--protocol", "modbus-tcp", "--model", "dlt645-2007").exit_code == 2
    assert meterd(*asked, "--model", "eastron-sdm630").exit_code == 2


def test_a_device_of_no_model_needs_registers_to_be_named(meterd, modbus_units):
    asked = ("read", "--link", modbus_units(1), "--protocol", "modbus-tcp", "--address", "1")
    done = meterd(*asked)
    assert done.exit_code == 2
    assert "3/40" in done.stderr
    assert meterd(*asked, "4/0/float32", "--json").objects[0]["points"][0]["id"] == "4/0"
