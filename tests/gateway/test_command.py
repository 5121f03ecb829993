"""Commands from the master: run, or answered, counted and not run."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.order import Failure, Order, Result, Want
from gateway.command import OUTCOMES, Commander
from protocols.reading import Reading, State
from tests.gateway.plant import meters

NOW = datetime(2026, 5, 1, tzinfo=UTC)
METERS = {meter.asset_no: meter for meter in meters(2)}


class Wall:
    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    def synced(self):
        return True


class Desk:
    """A commander whose meters answer 1.23, or not at all for M01."""

    def __init__(self):
        self.asked = []
        self.hold = None
        self.commander = Commander(lambda: METERS, self.ask, Wall())

    async def ask(self, meter, points):
        self.asked.append((meter.asset_no, points))
        if self.hold:
            await self.hold.wait()
        order = Order(meter=meter, want=Want.LIVE, points=points)
        if meter.asset_no == "M01":
            return Result(order=order, failures=tuple((p, Failure.TIMEOUT, "") for p in points)), []
        reading = Reading(
            meter=meter.asset_no,
            point=points[0],
            value=Decimal("1.23"),
            unit="kWh",
            at=NOW,
            read_at=NOW,
            state=State.PASSED,
        )
        return Result(order=order, readings=(reading,)), [reading]

    async def send(self, **changed):
        command = {
            "id": "c1",
            "expires": (NOW + timedelta(minutes=1)).isoformat(),
            "kind": "read",
            "meter": "M00",
            "points": ["1-0:1.8.0"],
        }
        command.update(changed)
        body = json.dumps({name: value for name, value in command.items() if value is not ...}).encode()
        return json.loads(await self.commander.handle(body))


@pytest.fixture
def desk():
    return Desk()


async def test_a_read_is_run_and_answered(desk):
    reply = await desk.send()
    assert (reply["id"], reply["ok"], reply["error"]) == ("c1", True, None)
    assert reply["rows"][0][:4] == ["M00", "1-0:1.8.0", "1.23", "kWh"]
    assert desk.asked == [("M00", ("1-0:1.8.0",))]
    assert desk.commander.counts["run"] == 1


async def test_a_silent_meter_is_told(desk):
    reply = await desk.send(meter="M01")
    assert (reply["ok"], reply["error"], reply["rows"]) == (False, "1-0:1.8.0: timeout", [])


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"kind": "trip"}, "unknown_kind"),
        ({"kind": None}, "malformed"),
        ({"meter": "M99"}, "unknown_meter"),
        ({"meter": 7}, "malformed"),
        ({"expires": NOW.isoformat()}, "expired"),
        ({"expires": "2026-05-01T00:01:00"}, "malformed"),
        ({"expires": "soon"}, "malformed"),
        ({"expires": None}, "malformed"),
        ({"expires": ...}, "malformed"),
        ({"points": []}, "malformed"),
        ({"points": ["p"] * 65}, "malformed"),
        ({"points": [1]}, "malformed"),
        ({"points": "1-0:1.8.0"}, "malformed"),
        ({"id": ""}, "malformed"),
        ({"id": "x" * 200}, "malformed"),
        ({"id": ["x"]}, "malformed"),
    ],
)
async def test_what_is_not_a_fresh_read_is_answered_counted_and_not_run(desk, changed, outcome):
    reply = await desk.send(**changed)
    assert reply["ok"] is False
    assert reply["error"]
    assert desk.commander.counts[outcome] == 1
    assert desk.asked == []


async def test_a_replayed_id_is_not_run_again(desk):
    await desk.send()
    assert (await desk.send())["error"]
    assert desk.commander.counts["replayed"] == 1
    assert len(desk.asked) == 1


async def test_only_so_many_run_at_once(desk):
    desk.hold = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(desk.send(id=f"c{n}")) for n in range(8)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        reply = await desk.send(id="one too many")
        desk.hold.set()
    assert desk.commander.counts["busy"] == 1
    assert reply["ok"] is False
    assert all(task.result()["ok"] for task in running)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{" * 100_000,
        b'{"a":' * 3000,
        b"[" * 16_000,
        b"9" * 16_000,
        b"x" * 20_000,
    ],
)
async def test_abuse_is_malformed(desk, body):
    assert json.loads(await desk.commander.handle(body))["ok"] is False
    assert desk.commander.counts["malformed"] == 1


@given(
    st.binary(max_size=300)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_answered(body):
    desk = Desk()
    assert json.loads(asyncio.run(desk.commander.handle(body)))["ok"] is False
    assert desk.asked == []


def test_all_outcomes_are_counted_from_the_start(desk):
    assert dict(desk.commander.counts) == dict.fromkeys(OUTCOMES, 0)
