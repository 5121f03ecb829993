"""`meterd process` as a person calls it."""

import json
from contextlib import closing
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from gateway.cli import _build
from gateway.master.stores import store_of
from tests.gateway.master.plant import FIRST, Plant
from tests.gateway.master.stores.test_process import WITHOUT_EXCHANGE


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path}/m.db"
    with closing(store_of(url)) as store:
        store.connect()
        Plant(store, WITHOUT_EXCHANGE).usual(3)
    return url


def call(*words: str):
    return CliRunner().invoke(_build(["process", "decode"]), ["process", *words])


def test_days_by_hand(database):
    one = call("--database", database, "--day", FIRST.isoformat(), "--json")
    assert one.exit_code == 0
    (found,) = json.loads(one.stdout)["databases"]
    assert (found["periods"], found["losses"], found["held"]) == (2, 4, False)
    assert "1d 2026-03-01  1/1" in one.stderr
    rest = json.loads(call("--database", database, "--json").stdout)["databases"][0]
    assert rest["periods"] > 2
    words = ("--database", database, "--day", (FIRST + timedelta(days=1)).isoformat(), "--again", "--json")
    first, second = (json.loads(call(*words).stdout)["databases"][0] for _ in range(2))
    assert first["periods"] == second["periods"] == 2
    assert second["energies"] == second["losses"] == 0


@pytest.mark.parametrize(
    "words",
    [(), ("--again",), ("--day", "tomorrow", "--database", "sqlite:///x"), ("--database", "mysql://x")],
)
def test_bad_input(words):
    assert call(*words).exit_code == 2


def test_a_database_that_is_not_there(tmp_path):
    found = call("--database", f"sqlite:///{tmp_path}/no/folder/m.db", "--json")
    assert (found.exit_code, found.stdout) == (1, "")
