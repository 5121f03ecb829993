"""Terminals by the number, their rows of the archive, and the ways to reach them."""

import asyncio
from contextlib import suppress

import pytest

from simulators.district import CONCENTRATOR, TERMINAL, Way, district


def test_concentrators_with_the_rows_of_their_homes():
    found = district(CONCENTRATOR, 2, 3, seed=1)
    assert list(found.terminals) == ["jzq1", "jzq2"]
    assert [one.spec.address for one in found.terminals.values()] == ["33010001", "33010002"]
    rows = list(found.rows())
    assert len({row["address"] for row in rows}) == 6
    assert [row["point_no"] for row in rows] == ["1", "2", "3"] * 2
    assert {(row["port"], row["wiring"], row["ct"]) for row in rows} == {("31", "1P", "1")}
    assert not {
        point.meter.spec.kind for one in found.terminals.values() for point in one.points.values()
    } & {"factory"}


def test_terminals_of_special_transformers():
    found = district(TERMINAL, 1, 2)
    assert list(found.terminals) == ["zd1"]
    assert {(row["port"], row["wiring"], row["ct"]) for row in found.rows()} == {("2", "3P4W", "40")}


@pytest.mark.parametrize(("gaps", "missing"), [(0.0, 0), (1.0, 20)])
def test_gaps_are_of_yesterday(gaps, missing):
    (one,) = district(CONCENTRATOR, 1, 20, gaps=gaps).terminals.values()
    assert sum(bool(point.memory.gaps) for point in one.points.values()) == missing


async def _rows(way, found):
    """What is ready, while it is served."""
    ready = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(way.serve(found, ready.set_result, callers := []))
    try:
        return await asyncio.wait_for(ready, 10), callers
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("way", "scheme", "numbers"),
    [
        (Way(), "tcp://127.0.0.1:", []),
        (Way(pty=True), "serial:/dev/", []),
        (Way(modem=True), "modem:/dev/", ["1001", "1002"]),
        (Way(dial=("127.0.0.1", 9)), "tcp-listen://127.0.0.1:9", []),
    ],
)
async def test_ways_to_reach_them(way, scheme, numbers):
    rows, callers = await _rows(way, district(CONCENTRATOR, 2, 1))
    assert [row["target"] for row in rows] == ["jzq1", "jzq2"]
    assert all(row["link"].startswith(scheme) for row in rows)
    assert [row["number"] for row in rows if "number" in row] == numbers
    assert len(callers) == (2 if way.dial else 0)
