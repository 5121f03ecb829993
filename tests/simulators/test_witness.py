from datetime import datetime
from decimal import Decimal

import pytest

from protocols.dlt645.frame import Frame
from simulators.bcd import stamp5
from simulators.dlt645_meter import Meter
from simulators.electric import Defect, Spec
from simulators.witness import Witness

NOW = datetime(2026, 3, 3, 14, 20, 31)


@pytest.mark.parametrize("standard", ["2007", "1997"])
@pytest.mark.parametrize(
    "what", ["single", "tariff", "block", "reverse", "settlement", "freeze", "record", "records"]
)
def test_every_way_to_read_a_register_is_witnessed(standard, what):
    asked = {
        "2007": {
            "single": ("00010000", b"", "1-0:1.8.0"),
            "tariff": ("00010200", b"", "1-0:1.8.2"),
            "block": ("0001FF00", b"", "1-0:1.8.4"),
            "reverse": ("00020000", b"", "1-0:2.8.0"),
            "settlement": ("00010001", b"", "1-0:1.8.0"),
            "freeze": ("05060102", b"", "1-0:1.8.3"),
            "record": ("06040002", b"\x01", "1-0:1.8.0"),
            "records": ("06000001", b"\x01" + stamp5(datetime(2026, 3, 3, 8)), "1-0:1.8.0"),
        },
        "1997": {
            "single": ("9010", b"", "1-0:1.8.0"),
            "tariff": ("9012", b"", "1-0:1.8.2"),
            "block": ("901F", b"", "1-0:1.8.4"),
            "reverse": ("9020", b"", "1-0:2.8.0"),
            "settlement": ("9410", b"", "1-0:1.8.0"),
        },
    }[standard]
    if what not in asked:
        return
    di, extra, point = asked[what]
    when = {
        "settlement": datetime(2026, 3, 1),
        "freeze": datetime(2026, 3, 2),
        "record": datetime(2026, 3, 3, 14, 15),
        "records": datetime(2026, 3, 3, 8),
    }.get(what, NOW)
    witness = Witness()
    meter = Meter(Spec(address="645000000001", seed=3, standard=standard, kind="solar"), witness)
    meter.answer(
        Frame(meter.address, 0x11 if standard == "2007" else 0x01, bytes.fromhex(di)[::-1] + extra), NOW
    )
    quantity, tariff = (1 if "1.8" in point else 2), int(point[-1])
    value = Decimal(meter.electric.register(quantity, tariff, when)).scaleb(-2)
    assert witness.knows("A645000000001", point, value)
    assert not witness.knows("A645000000001", point, value + 1)
    assert witness.knows("A645000000001", "1-0:32.7.0", value) is None


def test_what_is_no_number_is_not_witnessed():
    witness = Witness()
    meter = Meter(Spec(address="645000000001", seed=3, defect=Defect.NOT_BCD), witness)
    meter.answer(Frame(meter.address, 0x11, bytes.fromhex("00FF0100")), NOW)
    assert {point for _, point in witness.said} == {f"1-0:1.8.{tariff}" for tariff in range(1, 5)}
    meter.answer(Frame(meter.address, 0x11, bytes.fromhex("00000100")), NOW)
    assert ("A645000000001", "1-0:1.8.0") not in witness.said
