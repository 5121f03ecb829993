"""`meterd run` with two nodes: simulated meters, a real broker, sums as they arrive there."""

import asyncio
import csv
from contextlib import suppress
from decimal import Decimal

import pytest

from gateway import payload
from gateway.mqtt import Broker, connect
from tests.tools.plant import plant

RELATIONS = (
    ("0", "transformer", "T1", "supply"),
    ("0", "line", "L1", "sale"),
    ("1", "transformer", "T1", "sale"),
    ("2", "transformer", "T1", "sale"),
    ("3", "line", "L1", "sale"),
)


def relate(p):
    """Relations beside the plant's meters, and no grace."""
    assets = [row["asset_no"] for row in p.fleet.rows()]
    with (p.folder / "archive/relations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("meter", "node_kind", "node", "side"))
        writer.writerows((assets[int(row[0])], *row[1:]) for row in RELATIONS)
    with p.config.open("a", encoding="utf-8") as file:
        file.write("[aggregate]\ngrace_seconds = 60\n")
    return assets


async def heard(url, wanted):
    """Sums and registers that come over the broker until there are enough sums."""
    sums, registers = [], {}
    async with connect(Broker(url=url, client_id="watcher", session_seconds=60)) as client:
        await client.subscribe("meterd/v1/+/up/#")
        async for message in client.messages:
            kind = message.topic.split("/up/")[1]
            if kind not in {"aggregate", "reading"}:
                continue
            columns = payload.COLUMNS[kind]
            for row in payload.decode(message.payload).rows:
                cells = dict(zip(columns, row, strict=True))
                if kind == "aggregate":
                    sums.append(cells)
                else:
                    registers.setdefault(cells["meter"], []).append(Decimal(cells["value"]))
            if wanted(sums):
                return sums, registers
    raise AssertionError("the broker went away")


@pytest.mark.asyncio
async def test_two_nodes_are_summed_up_to_the_broker(tmp_path, mosquitto):
    factor = 240.0
    with plant(tmp_path / "p", meters=4, lines=1, factor=factor, every="15m", uplink={"ack": "broker"}) as p:
        p.write(mosquitto.url)
        relate(p)

        def enough(sums):
            whole = {
                (one["node"], one["side"])
                for one in sums
                if one["span"] == "15m" and one["present"] == one["due"]
            }
            return len(whole) == 3 and len({one["start"] for one in sums if one["span"] == "15m"}) >= 3

        listening = asyncio.create_task(heard(mosquitto.url, enough))
        child = p.daemon().start()
        try:
            async with asyncio.timeout(100):
                sums, registers = await listening
        finally:
            with suppress(AssertionError):
                child.stop()
    short = [one for one in sums if one["span"] == "15m"]
    assert {(one["node_kind"], one["node"], one["side"], one["due"]) for one in short} == {
        ("transformer", "T1", "supply", 1),
        ("transformer", "T1", "sale", 2),
        ("line", "L1", "sale", 2),
    }
    keys = [(one["node"], one["side"], one["span"], one["start"], one["version"]) for one in sums]
    assert len(keys) == len(set(keys))
    most = sum(max(found) - min(found) for found in registers.values())
    whole = [Decimal(one["energy"]) for one in short if one["present"] == one["due"]]
    assert all(0 <= energy <= most for energy in whole)
    assert any(whole)
