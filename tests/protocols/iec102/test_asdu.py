"""The data unit identifier: type, count, cause, station, record."""

import pytest

from protocols.errors import FrameError
from protocols.iec102 import asdu as app
from protocols.iec102.asdu import Asdu
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import decode
from tests.protocols.iec102.frames import SEEN, case

LONG = [row for row in SEEN if "TYP" in row["decoded"]]


@pytest.mark.parametrize("row", LONG, ids=case)
def test_real_identifiers(row):
    known = row["decoded"]
    raw = decode(bytes.fromhex(row["hex"]), lenient=True).asdu
    asdu = app.decode(raw, Dialect())
    assert (asdu.type, asdu.count, asdu.cause) == (known["TYP"], known["VSQ"], known["COT"])
    assert (asdu.station, asdu.record) == (known["asdu_addr"], known["RAD"])
    assert (asdu.sequence, asdu.negative, asdu.test) == (False, False, False)
    assert app.encode(asdu, Dialect()) == raw


@pytest.mark.parametrize("width", [1, 2])
def test_every_bit_has_its_place(width):
    dialect = Dialect(station_bytes=width)
    asdu = Asdu(
        type=2, count=5, sequence=True, cause=13, negative=True, test=True, station=200, record=11, body=b"x"
    )
    raw = app.encode(asdu, dialect)
    assert raw[:3] == bytes((2, 0x85, 0xCD))
    assert app.decode(raw, dialect) == asdu


def test_what_cannot_be():
    with pytest.raises(FrameError, match="station 256"):
        app.encode(Asdu(type=100, station=256), Dialect(station_bytes=1))
    with pytest.raises(FrameError) as error:
        app.decode(b"\x02\x01\x05\x01\x00", Dialect())
    assert error.value.kind == "length"
