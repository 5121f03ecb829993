"""Whatever a simulated meter answers, the catalogue decodes whole: lengths, signs, units and no leftovers."""

from datetime import datetime
from decimal import Decimal

import pytest

from protocols.dlt645.catalogue import identifiers, lookup
from protocols.dlt645.value import decode
from simulators.electric import Electric, Spec
from simulators.memory1997 import Memory1997
from simulators.memory2007 import Memory2007

NOW = datetime(2026, 3, 3, 14, 20, 31)
SPECS = {
    "2007": Spec(address="645000000001", seed=3, kind="solar", phases=3),
    "1997": Spec(address="645000000002", seed=3, kind="solar", phases=3, standard="1997"),
}


def _memory(standard):
    spec = SPECS[standard]
    return (Memory2007 if standard == "2007" else Memory1997)(spec, Electric(spec))


@pytest.mark.parametrize("standard", ["2007", "1997"])
def test_every_identifier_served_is_decoded_whole(standard):
    memory, served = _memory(standard), 0
    for di in identifiers(standard):
        data = memory.read(bytes.fromhex(di), NOW)
        if data is None:
            continue
        served += 1
        items = decode(lookup(standard, di), data)
        assert items, di
        assert not items.trailing, di
        # A freeze block's members depend on the meter's mode word, so it is not taken apart.
        assert {item.error for item in items} <= ({None, "mode"} if di[:6] == "0506FF" else {None}), di
    assert served > {"2007": 800, "1997": 60}[standard]


@pytest.mark.parametrize(
    ("di", "quantity"), [("00010000", 1), ("00020300", 2), ("00050000", 5), ("00000000", 0)]
)
def test_registers_have_the_value_and_the_sign(di, quantity):
    (item,) = decode(lookup("2007", di), _memory("2007").read(bytes.fromhex(di), NOW))
    truth = Electric(SPECS["2007"]).register(quantity, int(di[4:6]), NOW)
    assert item.value == Decimal(truth).scaleb(-2)


def test_power_that_flows_out_is_negative():
    (item,) = decode(lookup("2007", "02030000"), _memory("2007").read(bytes.fromhex("02030000"), NOW))
    assert item.value == Decimal(Electric(SPECS["2007"]).power(0, NOW)).scaleb(-4)
    assert item.value < 0


@pytest.mark.parametrize("kind", range(7))
def test_load_records_are_decoded_with_their_stamps(kind):
    di = bytes((6, kind, 0, 1))
    data = _memory("2007").records(di, 2, datetime(2026, 3, 3, 8), NOW)
    items = decode(lookup("2007", di.hex().upper()), data)
    assert {item.at for item in items} == {datetime(2026, 3, 3, 8), datetime(2026, 3, 3, 8, 15)}
    assert not any(item.error for item in items)
    if kind in (0, 4):
        forward = [item.value for item in items if item.point == "1-0:1.8.0"]
        truth = [Electric(SPECS["2007"]).register(1, 0, datetime(2026, 3, 3, 8, m)) for m in (0, 15)]
        assert forward == [Decimal(value).scaleb(-2) for value in truth]


def test_a_daily_freeze_block_is_decoded():
    data = _memory("2007").read(bytes.fromhex("05060101"), NOW)
    items = decode(lookup("2007", "05060101"), data)
    assert [item.point for item in items][:2] == ["1-0:1.8.0", "1-0:1.8.1"]
