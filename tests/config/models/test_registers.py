"""Modbus models: their vectors, and what their files may not say."""

from decimal import Decimal

import pytest

from config.models import known_models, load_model
from config.models.form import ModelError, checked
from config.models.registers import image_of
from protocols.modbus.registers import parse

MODELS = [name for name in known_models() if load_model(name)["protocol"] == "modbus"]
VECTORS = [(name, number) for name in MODELS for number in range(len(load_model(name)["vectors"]))]
PLAIN = {
    "protocol": "modbus",
    "name": "x",
    "name_zh": "x",
    "source": ["x"],
    "basis": "primary",
    "registers": [{"at": 0, "point": "1-0:1.8.0"}],
    "vectors": [{"words": {"3/0": "0001"}, "values": {"1-0:1.8.0": "1"}}],
}


@pytest.mark.parametrize(("name", "number"), VECTORS)
def test_a_models_words_say_what_it_says(name, number):
    model = load_model(name)
    vector = model["vectors"][number]
    found = model["map"]
    if "block" in vector:
        found = found.located({vector["block"]: 0})
    image = image_of(vector["words"])
    for point, expected in vector["values"].items():
        item = found.item(found.find(point), image)
        assert item is not None, point
        assert item.error is None
        assert (None if item.value is None else str(item.value)) == expected


@pytest.mark.parametrize("name", MODELS)
def test_every_register_of_a_model_can_be_read(name):
    found = load_model(name)["map"]
    for one in (found, *found.blocks.values()):
        for register in one.registers:
            assert one.find(register.point) is register
            assert not any(
                function == register.function and first < register.at + register.words and last >= register.at
                for function, first, last in one.forbidden
            )


@pytest.mark.parametrize("name", MODELS)
def test_a_model_names_its_sources(name):
    assert all(len(source) > 10 for source in load_model(name)["source"])


def test_a_plain_model_is_right():
    assert checked("x", PLAIN)["map"].registers == parse(PLAIN).registers


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"source": []}, "source"),
        ({"basis": "both"}, "basis"),
        ({"registers": []}, "registers"),
        ({"registers": [{"at": 0, "point": "1-0:1.8.0", "scale": "x"}]}, "scale"),
        ({"registers": [{"at": 0, "point": "1-0:1.8.0", "scale": 0.1}]}, "scale"),
        ({"registers": [{"at": 0, "point": "7-7:7.7.7"}]}, "7-7:7.7.7"),
        ({"registers": [{"at": 0, "name": "a", "times": ["b"]}]}, "b"),
        ({"limit": 126}, "limit"),
        ({"discovery": "sunspec"}, "discovery"),
        ({"vectors": []}, "vectors"),
    ],
)
def test_a_wrong_model_names_its_mistake(change, named):
    with pytest.raises(ModelError, match=named):
        checked("x", PLAIN | change)


def test_an_image_of_words_and_bits():
    assert image_of({"4/0x10": "0102 0304", "2/7": "101"}) == {
        (4, 16): 0x0102,
        (4, 17): 0x0304,
        (2, 7): 1,
        (2, 8): 0,
        (2, 9): 1,
    }
    with pytest.raises(ValueError, match="whole"):
        image_of({"3/0": "010"})


def test_values_are_exact():
    found = load_model("eastron-sdm630")["map"]
    item = found.item(found.find("1-0:1.8.0"), image_of({"4/72": "47C0E6B7"}))
    assert item.value == Decimal("98765.43")
