"""Frames decoded to values per second beside two other ways: `python -m tests.bench.bench_decode [--json]`.

Ours is the production path: stream, splitter, frame, catalogue, values. Beside it, in turn in the same run: a
declarative construct definition of the same frames as it is interpreted (RawCopy, Checksum; goal 3 times), and the
PyPI package dlt645 from bytes to its value (goal: faster). A short frame carries one register, a block 46 values.
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median

from construct import (
    Adapter,
    Byte,
    Bytes,
    Checksum,
    Const,
    ExprAdapter,
    GreedyRange,
    RawCopy,
    Struct,
    this,
)
from dlt645.protocol.protocol import DLT645Protocol
from rich.console import Console
from rich.table import Table

from protocols.dlt645 import value
from protocols.dlt645.catalogue import lookup
from protocols.dlt645.frame import Frame, Splitter, encode

GOAL_CONSTRUCT, GOAL_PACKAGE = 3.0, 1.0
METER = "123456789012"
SHORT = encode(Frame(METER, 0x91, bytes.fromhex("0000010056341200")), 4)
BLOCK = encode(Frame(METER, 0x91, bytes.fromhex("00FF0100") + bytes.fromhex("56341200") * 46), 4)


class _Energy(Adapter):
    def _decode(self, obj, context, path):
        return int(obj[::-1].hex()) / 100

    def _encode(self, obj, context, path):
        raise NotImplementedError


# As quick as the offset can be, so that the comparison is one of the layouts.
_PLUS = bytes((b + 0x33) & 0xFF for b in range(256))
_MINUS = bytes((b - 0x33) & 0xFF for b in range(256))


PAYLOAD = Struct("di" / Bytes(4), "registers" / GreedyRange(_Energy(Bytes(4))))
DECLARED = Struct(
    "wakeup" / Const(b"\xfe" * 4),
    "body"
    / RawCopy(
        Struct(
            Const(b"\x68"),
            "address" / Bytes(6),
            Const(b"\x68"),
            "control" / Byte,
            "length" / Byte,
            "data"
            / ExprAdapter(
                Bytes(this.length),
                lambda obj, ctx: obj.translate(_MINUS),
                lambda obj, ctx: obj.translate(_PLUS),
            ),
        )
    ),
    "checksum" / Checksum(Byte, lambda data: sum(data) & 0xFF, this.body.data),
    Const(b"\x16"),
)


def ours(data: bytes) -> int:
    (frame,) = Splitter().feed(data)
    entry = lookup("2007", frame.data[3::-1].hex().upper())
    return len(value.decode(entry, frame.data[4:]))


def declared(data: bytes) -> int:
    return len(PAYLOAD.parse(DECLARED.parse(data).body.value.data).registers)


def package(data: bytes) -> int:
    frame = DLT645Protocol.deserialize(data)
    body = bytes(frame.data)
    return len([int(body[at : at + 4][::-1].hex()) / 100 for at in range(4, len(body), 4)])


def rate(work: Callable[[bytes], int], data: bytes, seconds: float) -> float:
    count, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < seconds:
        for _ in range(50):
            work(data)
        count += 50
    return count / spent


def measure(data: bytes, rounds: int, seconds: float) -> dict:
    ways = {"ours": ours, "construct": declared, "package": package}
    assert len({work(data) for work in ways.values()}) == 1
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            rates[name].append(rate(work, data, seconds))
    over = {
        name: round(median(a / b for a, b in zip(rates["ours"], rates[name], strict=True)), 2)
        for name in ("construct", "package")
    }
    return {
        "frames_per_second": {name: round(median(found)) for name, found in rates.items()},
        "microseconds_ours": round(1e6 / median(rates["ours"]), 2),
        "times_construct": over["construct"],
        "times_package": over["package"],
        "reached": over["construct"] >= GOAL_CONSTRUCT and over["package"] > GOAL_PACKAGE,
    }


def _table(found: dict) -> Table:
    table = Table(
        "frame", "ours /s", "construct /s", "dlt645 /s", "x construct", "x dlt645", "goals", box=None
    )
    for name in ("short", "block"):
        of = found[name]
        cells = [f"{of['frames_per_second'][way]:,}" for way in ("ours", "construct", "package")]
        reached = "reached" if of["reached"] else "missed"
        table.add_row(name, *cells, str(of["times_construct"]), str(of["times_package"]), reached)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    rounds, seconds = (2, 0.1) if asked.quick else (7, 0.4)
    found = {
        "short": measure(SHORT, rounds, seconds),
        "block": measure(BLOCK, rounds, seconds),
        "goal_times_construct": GOAL_CONSTRUCT,
        "goal_times_package": GOAL_PACKAGE,
    }
    print(json.dumps(found)) if asked.json else Console().print(_table(found))


if __name__ == "__main__":
    main()
