"""`meterd scan`."""

import pytest

from tests.drivers.line import bcd
from tests.gateway.cli.conftest import Served


def test_a_meter_that_is_alone_is_found(meterd, served):
    meter = Served("000000000112", {"00010000": bcd("00000001")})
    done = meterd("scan", served(meter), "--reply-ms", "20", "--protocol", "dlt645-2007", "--json")
    assert done.exit_code == 0
    assert done.objects[0]["meters"] == [{"address": "000000000112", "protocol": "dlt645-2007", "baud": None}]


def test_both_generations_are_tried(meterd, served):
    done = meterd(
        "scan", served(_Old("000000000007", {"9010": bcd("00000001")})), "--reply-ms", "50", "--units", "1-2"
    )
    assert done.exit_code == 0
    assert "000000000007" in done.stdout
    assert "dlt645-1997" in done.stdout


class _Old(Served):
    """A meter that does not know the codes of 2007."""

    def replies(self, request):
        return super().replies(request) if request.control == 0x01 else []


def test_nobody_there_is_a_failure(meterd, served):
    done = meterd("scan", served(), "--reply-ms", "20", "--units", "1-2")
    assert done.exit_code == 1
    assert "nobody" in done.stderr


def test_speeds_of_a_serial_port_are_tried(meterd, tmp_path):
    done = meterd("scan", f"serial:{tmp_path}/none", "--bauds", "2400,9600")
    assert done.exit_code == 1
    assert "none" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("pigeon:1",),
        ("serial:/dev/x", "--bauds", "fast"),
        ("tcp://127.0.0.1:1", "--protocol", "dlms"),
        ("tcp://127.0.0.1:1", "--units", "9-x"),
    ],
)
def test_bad_input_is_named(meterd, arguments):
    done = meterd("scan", *arguments)
    assert done.exit_code == 2
    assert done.stderr.strip()


def test_modbus_units(meterd, modbus_units):
    done = meterd("scan", modbus_units(2, 5), "--protocol", "modbus-tcp", "--units", "1-6", "--json")
    assert done.exit_code == 0
    assert done.objects[0]["meters"] == [
        {"address": unit, "protocol": "modbus-tcp", "baud": None} for unit in ("2", "5")
    ]
