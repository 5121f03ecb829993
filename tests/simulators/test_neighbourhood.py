from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from simulators.ertu import TieMeter
from simulators.fleet import specs
from simulators.neighbourhood import LINES, TRANSFORMERS, Neighbourhood

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 16, tzinfo=UTC)


@pytest.fixture
def place():
    return Neighbourhood(
        specs(5, seed=1), 2, now=lambda: NOW, tz=ZoneInfo("Asia/Shanghai"), baud=9600, homes=7, seed=1
    )


def test_every_meter_has_its_place_in_the_network(place):
    rows = list(place.meters())
    assert Counter(row["target"] for row in rows if not row["target"].startswith("line")) == {
        "jzq1": 7,
        "jzq2": 7,
        "zd1": 2,
        "cco1": 20,
        "ertu1": 2,
    }
    assert {row["node"] for row in rows} == {*LINES, *TRANSFORMERS}
    assert len({row["asset_no"] for row in rows}) == len(rows) == 5 + 7 + 7 + 2 + 20 + 2
    assert {row["node"] for row in rows if row.get("side") == "supply"} == set(LINES)


def test_no_home_draws_what_only_three_phases_carry(place):
    kinds = {
        point.meter.spec.kind
        for terminal in place.homes.terminals.values()
        for point in terminal.points.values()
    }
    assert kinds
    assert "factory" not in kinds


async def test_one_target_for_each_line_and_each_piece_of_equipment(place):
    async with AsyncExitStack() as stack:
        equipment = await place.serve(stack, ("127.0.0.1", 4059))
    assert [(one.driver, bool(one.address)) for one in equipment] == [
        ("meter", False),
        ("meter", False),
        ("concentrator", True),
        ("concentrator", True),
        ("terminal", True),
        ("carrier", True),
        ("ertu", True),
    ]
    assert equipment[3].link == "tcp-listen://127.0.0.1:4059"
    assert len(place.callers) == 1


def test_what_a_meter_would_have_said_is_known_and_nothing_else(place):
    (home, *_) = (row for row in place.meters() if row["target"] == "jzq1")
    (point, *_) = next(iter(place.homes.terminals.values())).points.values()
    said = point.meter.electric.register(1, 0, datetime(2026, 3, 2)) * Decimal("0.01")
    assert place.knows(home["asset_no"], "1-0:1.8.0", said, MIDNIGHT)
    assert place.knows(home["asset_no"], "1-0:1.8.0", said + Decimal("0.01"), MIDNIGHT) is False
    assert place.knows(home["asset_no"], "1-0:1.8.0", said, MIDNIGHT - timedelta(hours=9)) is False


def test_tie_meters_are_watched_too(place):
    said = TieMeter(first=1).total(0, datetime(2026, 3, 2)) * Decimal("0.01")
    assert place.knows("TIE1", "1-0:1.8.0", said, MIDNIGHT)
    assert place.knows("TIE1", "1-0:1.8.0", said, MIDNIGHT + timedelta(hours=1)) is False
    assert place.knows("TIE2", "1-0:1.8.0", said, MIDNIGHT) is False
