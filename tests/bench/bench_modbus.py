"""Modbus beside libmodbus's C client and bare pymodbus: `python -m tests.bench.bench_modbus [--quick] [--json]`.

All clients read the same 10 registers of the same libmodbus server, turn about, in one run. `driver` is the whole
way of `drivers/modbus.py` from an order to ten readings, `exchange` its question and answer alone.
`requests` counts what is sent for 20 devices with 50 adjacent registers each, and for fragmented maps beside the
least possible. `offered` puts orders of 1,000 points onto 20 buses, 20,000 points each second, and then more than
can be served. `cancel` is how long a reading that waits for an answer takes to end.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
from pymodbus.client import AsyncModbusTcpClient

from config.archive import Meter
from config.schema import Target
from drivers import make_link
from drivers.gate import build_gate
from drivers.modbus import Exchange, ModbusDriver
from drivers.order import Failure, Order, Priority, Want
from drivers.pump import Timing
from gateway.bus import Bus
from gateway.clock import SystemClock
from protocols import PROTOCOLS
from protocols.modbus.plan import join
from protocols.modbus.registers import parse
from protocols.session import Question
from tests.bench.registers import registers
from tests.interop import libmodbus
from tests.interop.modbus_reading import terminals

TZ = ZoneInfo("Asia/Shanghai")
KIND = PROTOCOLS["modbus-tcp"]
DEVICES, ADJACENT, POINTS = 20, 50, 1000
GOAL_BARE = 0.85
LIMIT_MIB = 64
QUEUE = 16
ORDER_REGISTERS = 10


def model(count, **more):
    rows = [{"at": at, "name": f"r{at}"} for at in range(count)]
    return {"protocol": "modbus", "map": parse({"registers": rows, **more})}


def names(count):
    return tuple(f"modbus:r{at}" for at in range(count))


def driver_on(link, table):
    return ModbusDriver(link, tz=TZ, now=lambda: datetime.now(UTC), model=lambda meter: table)


def target(link, name="t"):
    return Target(name=name, driver="modbus", link=link, reply_ms=5000)


def order(points, *, unit="1", name="t", protocol="modbus-tcp"):
    meter = Meter(asset_no=f"{name}-{unit}", address=unit, protocol=protocol, target=name)
    return Order(meter=meter, want=Want.LIVE, points=points)


# -- reads per second -----------------------------------------------------------------------------------------------


async def timed(read, seconds):
    """How often `read` can be awaited in a second."""
    loop, count = asyncio.get_running_loop(), 0
    began = loop.time()
    while (now := loop.time()) - began < seconds:
        await read()
        count += 1
    return count / (now - began)


async def by_libmodbus(port, seconds):
    client = libmodbus.Client(port=port)

    def run():
        began, count = time.monotonic(), 0
        while (now := time.monotonic()) - began < seconds:
            client.read(3, 0, ORDER_REGISTERS)
            count += 1
        return count / (now - began)

    try:
        return await asyncio.to_thread(run)
    finally:
        client.close()


async def by_pymodbus(port, seconds):
    client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=5)
    await client.connect()
    try:
        return await timed(
            lambda: client.read_holding_registers(0, count=ORDER_REGISTERS, device_id=1), seconds
        )
    finally:
        client.close()


async def by_exchange(port, seconds):
    link = make_link("b", f"tcp://127.0.0.1:{port}", build_gate([KIND.classify]))
    await link.open()
    session, exchange = KIND.session(0), Exchange(link)
    question, timing = Question(address="1", id="3/0", count=ORDER_REGISTERS), Timing(reply=5, turnaround=0)
    try:
        return await timed(lambda: exchange.converse(session, question, timing), seconds)
    finally:
        await link.close()


async def by_driver(port, seconds):
    text = f"tcp://127.0.0.1:{port}"
    link = make_link("b", text, build_gate([KIND.classify]))
    await link.open()
    driver, wish, aim = driver_on(link, model(ORDER_REGISTERS)), order(names(ORDER_REGISTERS)), target(text)
    try:
        return await timed(lambda: driver.run(wish, aim, 0), seconds)
    finally:
        await link.close()


CLIENTS = {"libmodbus": by_libmodbus, "pymodbus": by_pymodbus, "exchange": by_exchange, "driver": by_driver}


def reads(seconds, rounds):
    """Medians of every client, and ours beside the others."""
    found = {name: [] for name in CLIENTS}
    for _ in range(rounds):
        for name, client in CLIENTS.items():
            with libmodbus.serving({(3, at): at for at in range(ORDER_REGISTERS)}) as port:
                found[name].append(asyncio.run(client(port, seconds)))
    rate = {name: round(statistics.median(rates)) for name, rates in found.items()}
    pairs = (("driver", "libmodbus"), ("exchange", "libmodbus"), ("exchange", "pymodbus"))
    return rate | {f"{ours}_beside_{theirs}": _beside(found[ours], found[theirs]) for ours, theirs in pairs}


def _beside(ours, theirs):
    """The median of the ratios turn by turn: the machine's own moods take hold of both."""
    return round(statistics.median(one / other for one, other in zip(ours, theirs, strict=True)), 3)


def serial_reads(seconds, rounds):
    """The same over a pair of pseudo terminals, without pauses between questions."""
    image, ours, theirs = {(3, at): at for at in range(ORDER_REGISTERS)}, [], []
    for _ in range(rounds):
        with terminals() as (near, far), libmodbus.serving(image, device=far):
            theirs.append(_serial_libmodbus(near, seconds))
        with terminals() as (near, far), libmodbus.serving(image, device=far):
            ours.append(asyncio.run(_serial(near, seconds)))
    found = {"libmodbus": theirs, "exchange": ours}
    return {name: round(statistics.median(rates)) for name, rates in found.items()} | {
        "ratio": _beside(ours, theirs)
    }


def _serial_libmodbus(path, seconds):
    client, count, began = libmodbus.Client(device=path), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        client.read(3, 0, ORDER_REGISTERS)
        count += 1
    rate = count / (time.monotonic() - began)
    client.close()
    return rate


async def _serial(path, seconds):
    kind = PROTOCOLS["modbus-rtu"]
    # A speed at which the silence between frames does not count.
    link = make_link("b", f"serial:{path}?baud=921600&mode=8N1", build_gate([kind.classify]))
    await link.open()
    session, exchange = kind.session(0), Exchange(link)
    question, timing = Question(address="1", id="3/0", count=ORDER_REGISTERS), Timing(reply=5, turnaround=0)
    try:
        return await timed(lambda: exchange.converse(session, question, timing), seconds)
    finally:
        await link.close()


# -- requests -------------------------------------------------------------------------------------------------------


def least(registers, limit, gap):
    """The least number of requests, by trying all first requests from the lowest address on."""
    rows = sorted({(one.at, one.at + one.words) for one in registers})
    best = [0] * (len(rows) + 1)
    for first in reversed(range(len(rows))):
        best[first], end = len(rows), rows[first][0]
        for last in range(first, len(rows)):
            if rows[last][0] - end > gap or max(end, rows[last][1]) - rows[first][0] > limit:
                break
            end = max(end, rows[last][1])
            best[first] = min(best[first], 1 + best[last + 1])
    return best[0]


def fragmented(seed):
    """50 values of one or two registers in fragments, with forbidden registers and a device's limit."""
    rng, at, rows = random.Random(seed), 0, []
    for number in range(ADJACENT):
        kind = rng.choice(["u16", "u32"])
        rows.append({"at": at, "name": f"v{number}", "type": kind})
        at += (1 if kind == "u16" else 2) + rng.choice([0, 0, 0, 3, 30])
    return parse({"registers": rows, "limit": rng.choice([20, 60, 125]), "gap": rng.choice([0, 4, 10])})


async def cycle(port):
    """Requests of one cycle over all devices, and whether every value was right."""
    link = make_link("b", f"tcp://127.0.0.1:{port}", build_gate([KIND.classify]))
    await link.open()
    driver = driver_on(link, model(ADJACENT))
    right = 0
    for device in range(1, DEVICES + 1):
        result = await driver.run(order(names(ADJACENT), unit=str(device)), target("tcp://h:1"), 0)
        right += sum(int(item.id.partition("/")[2]) == item.value for item in result.items)
    await link.close()
    return driver._exchange.questions, right


def requests():
    """What is sent beside the least possible."""
    with registers() as port:
        sent, right = asyncio.run(cycle(port))
    maps = [fragmented(seed) for seed in range(200)]
    ours = sum(len(join(found.registers, found)) for found in maps)
    best = sum(least(found.registers, found.limit, found.gap) for found in maps)
    return {
        "devices": DEVICES,
        "registers_each": ADJACENT,
        "sent": sent,
        "values_right": right,
        "fragmented_maps": len(maps),
        "fragmented_sent": ours,
        "fragmented_least": best,
        "ok": sent == DEVICES and right == DEVICES * ADJACENT and ours == best,
    }


# -- 20,000 points a second -----------------------------------------------------------------------------------------


class Offer:
    """Orders put onto buses at a fixed rate, and what became of them."""

    def __init__(self, buses, points):
        self.buses, self.points = buses, points
        self.offered = self.delivered = self.refused = self.lost = 0

    async def ask(self, bus, name):
        self.offered += len(self.points)
        result = await bus.ask(order(self.points, name=name), Priority.SCHEDULED)
        self.delivered += len(result.readings)
        for _, reason, _ in result.failures:
            self.refused += reason is Failure.BUSY
            self.lost += reason is not Failure.BUSY

    async def run(self, per_second, seconds):
        """`per_second` orders a bus; returns the seconds until the last one was served."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * per_second)):
                await asyncio.sleep(max(0.0, began + number / per_second - loop.time()))
                for name, bus in self.buses.items():
                    group.create_task(self.ask(bus, name))
        return loop.time() - began


async def offer(port, per_second, seconds):
    table, buses = model(POINTS), {}
    text = f"tcp://127.0.0.1:{port}"
    for number in range(DEVICES):
        link = make_link(f"d{number}", text, build_gate([KIND.classify]))
        buses[f"d{number}"] = Bus(
            target(text, f"d{number}"), link, driver_on(link, table), clock=SystemClock(), queue_limit=QUEUE
        )
    process, peak = psutil.Process(os.getpid()), 0
    before = process.memory_info().rss
    offered = Offer(buses, names(POINTS))

    async def watch():
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(bus.run()) for bus in buses.values()] + [group.create_task(watch())]
        cpu = time.process_time()
        took = await offered.run(per_second, seconds)
        cpu = time.process_time() - cpu
        for task in running:
            task.cancel()
    return {
        "offered": offered.offered,
        "delivered": offered.delivered,
        "refused_busy": offered.refused,
        "lost": offered.lost,
        "delivered_per_second": round(offered.delivered / took),
        "seconds": round(took, 1),
        "core": round(cpu / took, 2),
        "more_mib": round((peak - before) / 1_048_576, 1),
    }


def offers(seconds):
    """20,000 points a second, then five times that."""
    with registers() as port:
        asyncio.run(offer(port, 1, 1))  # what is built once
        fits = asyncio.run(offer(port, 1, seconds))
        flood = asyncio.run(offer(port, 20, max(3, seconds / 4)))
    ok = fits["delivered"] == fits["offered"] and not flood["lost"] and flood["more_mib"] <= LIMIT_MIB
    ok = ok and flood["delivered"] + flood["refused_busy"] == flood["offered"]
    return {"at_20000": fits, "at_400000": flood, "ok": ok}


# -- cancelling -----------------------------------------------------------------------------------------------------


async def cancelling(port, rounds):
    """The longest time (ms) that a waiting read took to end when it was cancelled."""
    longest = 0.0
    for _ in range(rounds):
        text = f"tcp://127.0.0.1:{port}"
        link = make_link("b", text, build_gate([KIND.classify]))
        await link.open()
        driver = driver_on(link, model(ORDER_REGISTERS))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(driver.run(order(names(ORDER_REGISTERS)), target(text), 2))
            while not link.sent_bytes:
                await asyncio.sleep(0.001)
            began = time.monotonic()
            task.cancel()
        longest = max(longest, time.monotonic() - began)
        assert task.cancelled()
        await link.close()
    return round(1000 * longest, 2)


async def silent(rounds):
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        return await cancelling(port, rounds)
    finally:
        server.close()


def bench(*, quick):
    seconds, rounds = (0.5, 1) if quick else (2.0, 5)
    found = {
        "reads": reads(seconds, rounds),
        "serial": serial_reads(seconds, rounds),
        "requests": requests(),
        "offered": offers(3 if quick else 10),
        "cancel_ms": asyncio.run(silent(5 if quick else 50)),
    }
    found["goal_beside_pymodbus"] = GOAL_BARE
    found["ok"] = (
        found["reads"]["exchange_beside_pymodbus"] >= GOAL_BARE
        and found["requests"]["ok"]
        and found["offered"]["ok"]
        and found["cancel_ms"] <= 100
    )
    return found


def main():
    """Print the figures; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found = bench(quick=options.quick)
    print(json.dumps(found) if options.json else json.dumps(found, indent=1))
    sys.exit(0 if options.quick or found["ok"] else 1)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
