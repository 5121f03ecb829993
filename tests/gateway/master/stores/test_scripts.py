"""The SQL files of the dialects belong together."""

import re

import pytest

from gateway.master.stores.intake import Intake
from gateway.master.stores.scripts import migrations, statements

DIALECTS = ("sqlite", "postgresql")
ALONE = {
    "sqlite": {"readings", "stage", "stage_rows", "differing", "unstage", "energies"},
    "postgresql": {
        "there",
        "copy",
        "copy_energy",
        "meter_names",
        "point_names",
        "scales",
        "layout",
        "months",
        "serial",
    },
}
"""Statements that only one of them needs."""


def test_both_dialects_know_the_same_statements_and_migrations():
    shared = [set(statements(dialect)) - ALONE[dialect] for dialect in DIALECTS]
    assert shared[0] == shared[1]
    assert Intake
    numbers = [[number for number, _ in migrations(dialect)] for dialect in DIALECTS]
    assert numbers[0] == numbers[1] == list(range(1, len(numbers[0]) + 1))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_statement_is_two(dialect):
    assert not [name for name, text in statements(dialect).items() if re.search(r";\s*\S", text)]


def test_both_dialects_have_the_same_tables_with_the_same_columns():
    found = []
    for dialect in DIALECTS:
        text = dict(migrations(dialect))[3]
        tables = re.findall(r"^CREATE TABLE (\w+) \(\n(.*?)^\)", text, re.S | re.M)
        found.append({name: set(re.findall(r"^    ([a-z_]+) ", body, re.M)) for name, body in tables})
    assert {name: columns for name, columns in found[1].items() if found[0][name] != columns} == {}
    assert set(found[0]) - set(found[1]) == {"energy_row"}  # there divided by months, in a block of its own
