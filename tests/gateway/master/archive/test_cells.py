"""Cells of an archive that make sense, and those that do not."""

import pytest

from gateway.archived import COLUMNS, Table, tables_of
from gateway.master.archive.cells import kept_of
from tests.gateway.master.archive.make import archive


def test_an_archive_comes_whole():
    kept = kept_of(tables_of(archive()))
    assert kept.bad == 0
    assert kept.assets() == {"TOTAL", "HOME1", "HOME2", "HOME2X", "BIG"}
    assert kept.places() == {("line", "L1"), ("transformer", "T1")}
    assert kept.meters["HOME1"][14:16] == ("2026-01-01", None)
    assert ("BIG", ("line", "L1"), "sale", -1, None, None) in kept.relations
    assert kept.nodes["line", "L1"] == ("一号线", "10.0", None, "")
    assert kept.exchanges[0][6:] == ('[["1-0:1.8.0", "1010.50"]]', '[["1-0:1.8.0", "0.20"]]')


def test_a_column_that_is_not_there_has_its_default():
    kept = kept_of({"meters": Table(["asset_no", "ct"], [["M1", "60"]])})
    assert kept.meters["M1"][10:12] == ("60", "1")
    assert kept.meters["M1"][1] == "in service"


def test_a_number_has_one_spelling():
    assert kept_of({"meters": Table(["asset_no", "ct"], [["M1", "6E+1"]])}).meters["M1"][10] == "60"


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        ("meters", {"asset_no": ""}),
        ("meters", {"asset_no": "x\x00"}),
        ("meters", {"asset_no": None}),
        ("meters", {"ct": "0"}),
        ("meters", {"ct": "-1"}),
        ("meters", {"ct": "many"}),
        ("meters", {"digits": "6"}),
        ("meters", {"valid_from": "yesterday"}),
        ("meters", {"register_is_primary": "yes"}),
        ("meters", {"target": "x" * 300}),
        ("relations", {"side": "both"}),
        ("relations", {"sign": 2}),
        ("relations", {"node": ""}),
        ("nodes", {"code": ""}),
        ("exchanges", {"at": "2026-03-05T02:00:00"}),
        ("exchanges", {"old_finals": {"a": "1"}}),
        ("exchanges", {"new_initials": [["1-0:1.8.0"]]}),
    ],
)
def test_rows_that_make_no_sense_are_counted_and_left_out(table, changes):
    tables = tables_of(archive())
    good = dict(zip(COLUMNS[table], tables[table].rows[0], strict=True))
    rows = [list(tables[table].rows[0]), [{**good, **changes}[column] for column in COLUMNS[table]]]
    kept = kept_of({table: Table(COLUMNS[table], rows)})
    assert kept.bad == 1
    assert (
        len(
            {"meters": kept.meters, "relations": kept.relations, "nodes": kept.nodes}.get(
                table, kept.exchanges
            )
        )
        == 1
    )
