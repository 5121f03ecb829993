"""Modbus with programs that others wrote: libmodbus's and pymodbus's servers, mbpoll and libmodbus as clients."""

import asyncio
import re
import subprocess
import time

import pytest
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.clock import SystemClock
from gateway.oneshot import read_once
from gateway.simulate import modbus_unit
from protocols.modbus.plan import points_of
from simulators.faults import Faults
from simulators.modbus_line import ModbusLine
from simulators.pty import PtyLine
from simulators.serve import TcpLine
from tests.interop import libmodbus
from tests.interop.modbus_reading import NOW, place, read, terminals

MODELS = ("eastron-sdm630", "acrel-adl400", "acrel-amc", "schneider-pm5xxx", "siemens-pac3200", "abb-b23",
          "carlo-gavazzi-em24", "chint-dtsu666", "sunspec")  # fmt: skip


def expected(unit, points):
    return {point: unit.value(point, NOW) for point in points}


def points_in(unit):
    return list(points_of({"map": unit.map}))


# -- servers that others wrote --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
async def test_libmodbus_over_tcp(model):
    unit = modbus_unit(1, model)
    points = points_in(unit)
    with libmodbus.serving(unit.image(NOW)) as port:
        values = await read(f"tcp://127.0.0.1:{port}", "modbus-tcp", model, points)
    assert values == expected(unit, points)


@pytest.mark.parametrize("model", ["eastron-sdm630", "abb-b23"])
async def test_libmodbus_over_a_pseudo_terminal(model):
    unit = modbus_unit(7, model)
    points = points_in(unit)
    with terminals() as (near, far), libmodbus.serving(unit.image(NOW), device=far, unit=7):
        values = await read(f"serial:{near}?baud=9600&mode=8N1", "modbus-rtu", model, points, unit=7)
    assert values == expected(unit, points)


def pymodbus_device(unit):
    """The registers of a unit as pymodbus's simulated device, which keeps one table for all functions."""
    table = {at: word for (_, at), word in unit.image(NOW).items()}
    last = max(table)
    words = [table.get(at, 0) for at in range(last + 1)]
    return SimDevice(unit.unit, simdata=[SimData(0, values=words, datatype=DataType.REGISTERS)])


async def test_pymodbus_over_tcp():
    unit = modbus_unit(3, "eastron-sdm630")
    points = points_in(unit)
    server = ModbusTcpServer(pymodbus_device(unit), address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        port = server.transport.sockets[0].getsockname()[1]
        assert await read(f"tcp://127.0.0.1:{port}", "modbus-tcp", unit.model, points, unit=3) == expected(
            unit, points
        )
    finally:
        await server.shutdown()


async def test_pymodbus_over_a_pseudo_terminal():
    unit = modbus_unit(3, "eastron-sdm630")
    points = points_in(unit)
    with terminals() as (near, far):
        server = ModbusSerialServer(pymodbus_device(unit), framer=FramerType.RTU, port=far, baudrate=9600)
        await server.serve_forever(background=True)
        try:
            link = f"serial:{near}?baud=9600&mode=8N1"
            assert await read(link, "modbus-rtu", unit.model, points, unit=3) == expected(unit, points)
        finally:
            await server.shutdown()


# -- clients that others wrote --------------------------------------------------------------------------------------


def simulated(model, *, is_rtu=False, faults=None):
    return ModbusLine([modbus_unit(1, model)], is_rtu=is_rtu, faults=faults, now=lambda: NOW)


async def mbpoll(*arguments):
    """What mbpoll shows: values by address."""
    command = ["mbpoll", "-0", "-1", "-a", "1", "-o", "5", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {
        int(at): float(value) for at, value in re.findall(r"^\[(\d+)\]:\s+(-?[\d.e+]+)", done.stdout, re.M)
    }


async def test_mbpoll_reads_our_floats_over_tcp():
    line = simulated("eastron-sdm630")
    async with TcpLine(line, many=line.session) as served:
        shown = await mbpoll(
            "-m", "tcp", "-p", str(served.port), "-t", "3:float", "-B", "-r", "0", "-c", "3", served.host
        )
    unit = line.meters[0]
    points = ("1-0:32.7.0", "1-0:52.7.0", "1-0:72.7.0")
    assert shown == {2 * at: float(unit.value(point, NOW)) for at, point in enumerate(points)}


async def test_mbpoll_reads_our_registers_over_a_pseudo_terminal():
    line = simulated("acrel-adl400", is_rtu=True)
    async with PtyLine(line) as served:
        shown = await mbpoll(
            "-m", "rtu", "-b", "9600", "-P", "none", "-t", "4", "-r", "97", "-c", "3", served.path
        )
    image = line.meters[0].image(NOW)
    assert shown == {at: image[3, at] for at in (97, 98, 99)}


async def test_libmodbus_reads_our_units():
    line = simulated("sunspec")
    async with TcpLine(line, many=line.session) as served:
        words = await asyncio.to_thread(_read_all, served.port)
    image = line.meters[0].image(NOW)
    assert words == [image[3, 40_000 + at] for at in range(72)]


def _read_all(port):
    client = libmodbus.Client(port=port)
    try:
        with pytest.raises(OSError, match="Illegal data address"):
            client.read(3, 50_000, 2)
        return client.read(3, 40_000, 72)
    finally:
        client.close()


# -- bad days -------------------------------------------------------------------------------------------------------

BAD = Faults(seed=5, stale=0.3, twice=0.3, foreign=0.1)
WISHES = [("1-0:32.7.0", "1-0:1.8.0"), ("1-0:52.7.0",), ("1-0:72.7.0", "1-0:21.8.0")]


async def wrong_values(line, link, protocol):
    """How many values came, and how many of them are not what the unit shows."""
    unit, came, wrong = line.meters[0], 0, 0
    for points in WISHES * 4:
        spot = place(link, protocol, unit.model, reply_ms=300, late_ms=20, retries=3, turnaround_ms=20)
        for item in (await read_once(spot, points, SystemClock())).items:
            came += 1
            wrong += item.value != unit.value(item.point, NOW)
    return came, wrong


async def test_no_wrong_value_over_tcp_under_stale_and_doubled_replies():
    line = simulated("chint-dtsu666", faults=BAD)
    async with TcpLine(line, many=line.session) as served:
        came, wrong = await wrong_values(line, served.link, "modbus-tcp")
    assert wrong == 0
    assert came > 15
    assert {"stale", "twice"} <= line.mischief.counts.keys()


async def test_no_wrong_value_on_a_serial_line_under_stale_and_doubled_replies():
    line = simulated("chint-dtsu666", is_rtu=True, faults=BAD)
    async with PtyLine(line) as served:
        came, wrong = await wrong_values(line, served.link, "modbus-rtu")
    assert wrong == 0
    assert came > 10
    assert {"stale", "twice"} <= line.mischief.counts.keys()


async def test_a_reading_that_is_cancelled_ends_soon():
    """Far below the time for which the driver would have waited; how soon is measured by the benchmark."""
    line = simulated("eastron-sdm630", faults=Faults(lost=1.0))
    async with TcpLine(line, many=line.session) as served:
        spot = place(served.link, "modbus-tcp", "eastron-sdm630", reply_ms=60_000)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(read_once(spot, ["1-0:1.8.0"], SystemClock()))
            while not line.requests:
                await asyncio.sleep(0.01)
            began = time.monotonic()
            task.cancel()
        assert time.monotonic() - began < 10
        assert task.cancelled()
