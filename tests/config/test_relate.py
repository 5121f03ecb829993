"""What must hold between rows (config.relate)."""

from pathlib import Path

import pytest

from config.relate import (
    Line,
    References,
    check_meters,
    check_periods,
    check_relations,
    fill_addresses,
)

REFERENCES = References(
    ["line3"], ["dlt645-1997", "dlt645-2007"], {"dlt645-1997": "dlt645-1997", "a": "dlt645-2007"}
)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


def lines(*rows):
    return [Line(Path("t.csv"), number, dict(row)) for number, row in enumerate(rows, 2)]


def meter(**values):
    return {"asset_no": "M1", "address": "1", "protocol": "dlt645-2007", "target": "line3"} | values


def problems_of(check, *rows, **more):
    problems = []
    check(lines(*rows), *more.values(), problems)
    return [(problem.line, problem.key) for problem in problems]


def test_addresses_are_filled():
    (line,) = lines(meter(address="12"))
    fill_addresses([line], [])
    assert line.values["address"] == "000000000012"


@pytest.mark.parametrize("address", ["12a", "²", "１", "1" * 13, "9" * 12])
def test_what_is_no_address(address):
    assert problems_of(fill_addresses, meter(address=address)) == [(2, "address")]


def test_repeats_are_named_with_both_lines():
    rows = meter(), meter(), meter(asset_no="M2", point_no=3), meter(asset_no="M3", status="removed")
    assert problems_of(fill_addresses, *rows) == [(3, "asset_no"), (3, "address")]


def test_a_meter_names_what_there_is():
    rows = meter(), meter(target="line4"), meter(protocol="dlt645"), meter(model="b"), meter(model="a")
    assert problems_of(check_meters, *rows, r=REFERENCES) == [(3, "target"), (4, "protocol"), (5, "model")]


def test_a_model_of_another_protocol_names_the_fitting_ones():
    problems = []
    check_meters(lines(meter(protocol="dlt645-1997", model="a")), REFERENCES, problems)
    assert (problems[0].key, problems[0].expected) == ("model", "dlt645-1997")


def test_periods():
    rows = {"valid_from": 5, "valid_to": 4}, {"valid_from": 5, "valid_to": 5}, {"valid_to": 4}
    assert problems_of(check_periods, *rows) == [(2, "valid_to")]


def relation(**values):
    return {"meter": "M1", "node_kind": "line", "node": "L1", "side": "supply"} | values


def test_relations():
    nodes = lines({"kind": "line", "code": "L1"}, {"kind": "transformer", "code": "T1"})
    rows = relation(), relation(meter="M2"), relation(node="T1"), relation(node_kind="transformer", node="T1")
    found = problems_of(check_relations, *rows, m=lines(meter()), n=nodes)
    assert found == [(3, "meter"), (4, "node")]


def test_relations_are_not_judged_by_tables_that_are_not_there():
    assert not problems_of(check_relations, relation(), m=[], n=[])


def test_a_row_of_which_half_is_missing():
    for check in (fill_addresses, check_periods):
        assert not problems_of(check, {}, {})
    assert not problems_of(check_meters, {}, r=REFERENCES)
    assert not problems_of(check_relations, {}, m=lines(meter()), n=lines({"kind": "line", "code": "L1"}))
