"""How tables of data name events."""

import pytest

from config.patterns import pattern


@pytest.mark.parametrize(
    ("ident", "event", "known"),
    [
        ("031100??", "0311000A", True),
        ("031100??", "03120001", False),
        ("gdw1376.1:ERC1", "gdw1376.1:ERC14", False),
        ("iec102:SP*", "iec102:SP12", True),
        ("iec102:SP*", "iec102:restart", False),
    ],
)
def test_ids_with_any_character_and_any_rest(ident, event, known):
    assert pattern(ident).knows(event) is known


@pytest.mark.parametrize(
    ("conditions", "name", "detail", "fits"),
    [
        (None, "x", {}, True),
        ({"name": "power off"}, "power off", {}, True),
        ({"name": "power off"}, "power on", {}, False),
        ({"flag": "C0/40"}, "", {"flag": "41"}, True),
        ({"flag": "C0/40"}, "", {"flag": "C1"}, False),
        ({"flag": "C0/40"}, "", {}, False),
        ({"flag": "C0/00"}, "", {"flag": None}, True),
        ({"flag": "C0/40", "other": "01/01"}, "", {"flag": "40", "other": "no number"}, False),
    ],
)
def test_conditions_on_name_and_masked_fields(conditions, name, detail, fits):
    assert pattern("E", conditions).fits(name, detail) is fits
