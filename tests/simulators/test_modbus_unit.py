"""Simulated units of every model say what they are known to say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from config.models import known_models, load_model
from gateway.simulate import modbus_unit
from protocols.modbus.frame import Frame
from protocols.modbus.plan import join
from simulators.modbus_unit import SUNSPEC_BASE, ModbusUnit

NOW = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
MODELS = [
    name for name in known_models() if "map" in load_model(name) and not load_model(name).get("generic")
]


def ask(unit, function, start, count, now=NOW):
    reply = unit.answer(
        Frame(unit.unit, function, start.to_bytes(2, "big") + count.to_bytes(2, "big"), 7), now
    )
    assert (reply.unit, reply.transaction) == (unit.unit, 7)
    return reply


def words(unit, request):
    reply = ask(unit, request.function, request.start, request.count)
    assert reply.function == request.function, f"refused {request}"
    return [int.from_bytes(reply.body[at : at + 2], "big") for at in range(1, len(reply.body), 2)]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("number", [1, 2])
def test_every_point_of_every_model_reads_as_the_unit_says(name, number):
    unit = modbus_unit(number, name, seed=3)
    found = unit.map
    image = {}
    for request in join(found.registers, found, apart=True):
        places = ((request.function, at) for at in range(request.start, request.end))
        image.update(zip(places, words(unit, request), strict=True))
    for register in found.registers:
        item = found.item(register, image)
        assert item.error is None
        assert item.value == unit.value(register.point, NOW), register.point


def test_figures_are_plausible_and_energy_rises():
    unit = modbus_unit(1, "eastron-sdm630")
    later = NOW + timedelta(hours=5)
    assert 200 < unit.value("1-0:32.7.0", NOW) < 260
    assert 49 < unit.value("1-0:14.7.0", NOW) < 51
    assert unit.value("1-0:1.8.0", later) > unit.value("1-0:1.8.0", NOW)
    assert unit.value("1-0:131.7.0", NOW) < 0


def test_the_same_seed_gives_the_same_unit():
    values = [modbus_unit(1, "abb-b23", seed=seed).value("1-0:1.8.0", NOW) for seed in (1, 1, 2)]
    assert values[0] == values[1] != values[2]


def test_what_a_unit_refuses():
    unit = modbus_unit(1, "carlo-gavazzi-em24")
    assert ask(unit, 6, 0, 1).body == b"\x01"
    assert ask(unit, 4, 40_000, 1).body == b"\x02"
    assert ask(unit, 4, 0, 12).body == b"\x03"  # this model takes 11
    assert ask(unit, 4, 0, 0).body == b"\x03"
    assert unit.requests[6] == 1


def test_sunspec_units_have_the_one_or_the_other_model():
    for number, block in ((1, 203), (2, 213)):
        unit = modbus_unit(number, "sunspec")
        image = unit.image(NOW)
        assert (image[3, SUNSPEC_BASE], image[3, SUNSPEC_BASE + 1]) == (0x5375, 0x6E53)
        assert image[3, SUNSPEC_BASE + 70] == block
        assert image[3, SUNSPEC_BASE + 72 + image[3, SUNSPEC_BASE + 71]] == 0xFFFF


def test_bits():
    from protocols.modbus.registers import parse

    found = parse({"registers": [{"at": 3, "function": 1, "type": "bit", "name": "alarm"}]})
    unit = ModbusUnit(1, found, examples={"alarm": "1"})
    assert ask(unit, 1, 3, 1).body == b"\x01\x01"


def test_a_generic_model_has_nothing_to_simulate():
    with pytest.raises(ValueError, match="no registers"):
        modbus_unit(1, "modbus-tcp")
    with pytest.raises(KeyError):
        modbus_unit(1, "none")


def test_values_are_exact_decimals():
    assert all(isinstance(modbus_unit(1, name).value("1-0:1.8.0", NOW), Decimal) for name in MODELS)
