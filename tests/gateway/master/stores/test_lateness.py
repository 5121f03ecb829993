"""Whatever comes when and how often: the findings of days are those of what is known in the end."""

import random
from contextlib import closing
from datetime import timedelta

import pytest

from gateway.master.stores import store_of
from tests.gateway.master.archive.make import archive
from tests.gateway.master.plant import FIRST, Plant, registers
from tests.gateway.master.stores.asking import ask

DAYS = 12
LAST = FIRST + timedelta(days=DAYS - 1)
FINDINGS = """SELECT rule, meter, began, ended, severity, state, value, count FROM finding
    WHERE rule LIKE 'P%' AND ended IS NOT began ORDER BY rule, meter, began"""


def findings(path, arrivals) -> list[tuple]:
    """Of readings that come in these parts, with a run after each."""
    with closing(store_of(f"sqlite:///{path}")) as store:
        store.connect()
        plant = Plant(store, archive(exchanges=()))
        for part in arrivals:
            plant.send(*part)
            plant.run(LAST)
        return ask(store, FINDINGS)


def readings() -> list:
    """Steady days, but a home takes far less from the seventh on, and a customer has a day beyond measure."""
    home = [40 * n if n < 7 else 40 * 6 + 4 * (n - 6) for n in range(DAYS + 1)]
    big = [n if n < 9 else n + 4_000 for n in range(DAYS + 1)]
    found = registers("TOTAL", [f"{n * 1.25:.2f}" for n in range(DAYS + 1)])
    found += registers("TOTAL", ["7.00"] * (DAYS + 1), point="1-0:2.8.0")
    found += registers("HOME2", ["5.00"] * (DAYS + 1), point="1-0:2.8.0")
    found += registers("HOME2", [str(56 * n) for n in range(DAYS + 1)])
    return (
        found + registers("HOME1", [str(one) for one in home]) + registers("BIG", [str(one) for one in big])
    )


@pytest.mark.parametrize("seed", range(2))
def test_any_order_any_repetition_and_any_lateness_give_the_same_findings(tmp_path, seed):
    chance, sent = random.Random(seed), readings()
    wanted = findings(tmp_path / "at-once.db", [sent])
    assert {"P005", "P031"} <= {row[0] for row in wanted}
    arriving = sent + chance.choices(sent, k=6)
    chance.shuffle(arriving)
    parts = []
    while arriving:
        parts.append(arriving[: (count := chance.randrange(5, 16))])
        del arriving[:count]
    assert findings(tmp_path / "late.db", parts) == wanted
