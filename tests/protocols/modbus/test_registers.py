"""Models as records, and values with their factors out of an image."""

from decimal import Decimal

import pytest

from protocols.errors import CatalogueError
from protocols.modbus.registers import parse

MODEL = {
    "registers": [
        {"at": 0, "name": "ct"},
        {"at": 1, "name": "digits", "type": "s16"},
        {"at": 10, "point": "1-0:1.8.0", "type": "u32", "scale": "0.01", "times": ["ct"]},
        {"at": 12, "point": "1-0:16.7.0", "type": "s16", "exponent": "digits", "none": [0x8000]},
        {"at": 14, "name": "maker", "type": "text", "length": 2},
        {"at": 16, "name": "tariff", "unit": "x", "type": "bcd16"},
        {"at": 5, "function": 2, "name": "alarm", "type": "bit"},
    ]
}
IMAGE = {
    (3, 0): 40,
    (3, 1): 0xFFFF,
    (3, 10): 0,
    (3, 11): 12345,
    (3, 12): 0xFF85,
    (3, 14): 0x4142,
    (3, 15): 0,
    (3, 16): 0x00A1,
    (2, 5): 1,
}


@pytest.fixture
def found():
    return parse(MODEL)


def item(found, point, **image):
    return found.item(found.find(point), IMAGE | {(3, int(key[1:])): word for key, word in image.items()})


def test_fixed_scale_and_ratio(found):
    assert item(found, "1-0:1.8.0").value == Decimal("4938.00")
    assert item(found, "1-0:1.8.0").unit == "kWh"


def test_an_exponent_from_a_register(found):
    assert str(item(found, "1-0:16.7.0").value) == "-12.3"
    assert str(item(found, "1-0:16.7.0", r1=2).value) == "-12300"


def test_a_value_that_the_device_does_not_have(found):
    assert item(found, "1-0:16.7.0", r12=0x8000).value is None
    assert item(found, "1-0:16.7.0", r12=0x8000).error is None


def test_nothing_has_no_minus(found):
    assert str(item(found, "1-0:16.7.0", r12=0).value) == "0.0"


def test_texts_bits_and_errors(found):
    assert item(found, "maker").value == "AB"
    assert item(found, "alarm").value == 1
    assert item(found, "tariff").error == "bcd"


def test_a_value_whose_factor_is_not_there_is_not_there(found):
    image = {place: word for place, word in IMAGE.items() if place != (3, 0)}
    assert found.item(found.find("1-0:1.8.0"), image) is None


def test_a_factor_beyond_reason_gives_no_value(found):
    assert item(found, "1-0:16.7.0", r1=21).error == "factor"


def test_what_is_needed_has_the_factors(found):
    needed = found.needed([found.find("1-0:1.8.0"), found.find("1-0:16.7.0")])
    assert [register.at for register in needed] == [0, 1, 10, 12]


@pytest.mark.parametrize("point", ["1-0:1.8.0", "3/10", "modbus:3/10", "modbus-tcp:3/10"])
def test_a_point_has_many_names(found, point):
    assert found.find(point).at == 10


def test_a_register_of_no_model(found):
    register = found.find("4/0x34/float32/CDAB")
    assert (register.function, register.at, register.words, register.order) == (4, 52, 2, "CDAB")
    assert found.find("3/700").kind == "u16"
    assert found.find("1/7").kind == "bit"


@pytest.mark.parametrize(
    "point",
    [
        "1-0:2.8.0",
        "dlt645-2007:00010000",
        "5/1",
        "3/65536",
        "3/x",
        "3/1/text",
        "3/1/u16/XYZ",
        "3/65535/u32",
        "1/1/u16",
    ],
)
def test_a_point_that_there_is_not(found, point):
    with pytest.raises(CatalogueError):
        found.find(point)


def test_the_nearest_point_is_named(found):
    with pytest.raises(CatalogueError, match="tariff"):
        found.find("tarif")


@pytest.mark.parametrize(
    "rows",
    [
        [{"at": 0}],
        [{"at": 0, "point": "9-9:9.9.9"}],
        [{"at": 0, "name": "a"}, {"at": 1, "name": "a"}],
        [{"at": 0xFFFF, "name": "a", "type": "u32"}],
        [{"at": 0, "name": "a", "type": "text", "length": 126}],
        [{"at": 0, "name": "a", "type": "bit"}],
        [{"at": 0, "name": "a", "times": ["b"]}],
        [
            {"at": 0, "name": "a", "times": ["b"]},
            {"at": 1, "name": "b", "times": ["c"]},
            {"at": 2, "name": "c"},
        ],
    ],
    ids=["nameless", "no point", "twice", "end", "long", "bit", "no factor", "factor of a factor"],
)
def test_a_model_that_is_not_right(rows):
    with pytest.raises((ValueError, KeyError, CatalogueError)):
        parse({"registers": rows})


def test_blocks_are_put_where_they_were_found():
    model = {
        "discovery": "sunspec",
        "gap": 5,
        "block": [
            {"id": 203, "registers": [{"at": 2, "point": "1-0:1.8.0"}]},
            {"id": 213, "registers": [{"at": 4, "point": "1-0:1.8.0", "type": "float32"}]},
        ],
    }
    located = parse(model).located({213: 40070})
    assert [(one.at, one.kind) for one in located.registers] == [(40074, "float32")]
    assert located.heads == {(3, 40070): 213}
    assert [one.at for one in located.marks()] == [40070]
