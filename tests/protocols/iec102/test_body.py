"""Objects of answers and bodies of questions."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iec102 import asdu as app
from protocols.iec102.asdu import Asdu
from protocols.iec102.body import Wanted, decode_body, decode_wanted, size_of
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import decode
from protocols.iec102.stamp import Stamp
from tests.protocols.iec102.frames import SEEN

TA = bytes.fromhex("1E080A031A")
AT = datetime(2026, 3, 10, 8, 30)


def seen(**known):
    row = next(row for row in SEEN if known.items() <= row["decoded"].items())
    return app.decode(decode(bytes.fromhex(row["hex"]), lenient=True).asdu, Dialect())


def test_real_totals():
    body = decode_body(seen(TYP=2), Dialect())
    assert len(body.objects) == 34
    assert body.objects[0].address == 1
    assert body.objects[0].parts == {"total": 21619, "status": 0x80, "check": 0xFF}
    assert [one.address for one in body.objects] == [*range(1, 35)]
    assert body.shared == Stamp(datetime(2012, 11, 1), tariff=True, weekday=4)
    assert (body.tail, body.error) == (b"", "")


def test_a_real_question():
    asdu = seen(TYP=120, COT=10)
    assert decode_wanted(asdu, Dialect()) == Wanted(
        1, 64, Stamp(datetime(2012, 11, 1)), Stamp(datetime(2012, 11, 1, 1))
    )
    assert decode_wanted(asdu, Dialect()).named == (1, 64, datetime(2012, 11, 1), datetime(2012, 11, 1, 1))


def test_objects_in_sequence_count_on_from_the_first():
    parts = b"".join(bytes((n, 0, 0, 0, 0, 0)) for n in (5, 6, 7))
    asdu = Asdu(type=2, count=3, sequence=True, body=b"\x09" + parts + TA)
    body = decode_body(asdu, Dialect())
    assert [(one.address, one.parts["total"]) for one in body.objects] == [(9, 5), (10, 6), (11, 7)]


def test_object_addresses_of_two_bytes():
    asdu = Asdu(type=2, body=b"\x01\x02" + bytes((1, 0, 0, 0, 0, 0)) + TA)
    assert decode_body(asdu, Dialect(object_bytes=2)).objects[0].address == 0x201
    wanted = Asdu(type=120, body=b"\x01\x02\x04\x02" + TA + TA)
    assert decode_wanted(wanted, Dialect(object_bytes=2)).named == (0x201, 0x204, AT, AT)


@pytest.mark.parametrize(
    ("kind", "raw", "total"),
    [
        (2, "FFFFFFFF", -1),
        (3, "FFFF7F", 0x7FFFFF),
        (4, "0080", -0x8000),
        (160, "FFFFFFFF" + "00" * 20, 0xFFFFFFFF),
    ],
)
def test_numbers_by_their_format(kind, raw, total):
    asdu = Asdu(type=kind, body=b"\x01" + bytes.fromhex(raw) + b"\x00\x00" + TA)
    assert decode_body(asdu, Dialect()).objects[0].parts["total"] == total


def test_a_demand_carries_its_own_time():
    asdu = Asdu(type=163, body=b"\x01\x10\x00\x00\x00" + TA + TA)
    assert decode_body(asdu, Dialect()).objects[0].parts == {"demand": 16, "occurred": Stamp(AT)}


def test_what_has_no_address():
    asdu = Asdu(type=72, body=b"\x00\x78" + TA)
    (one,) = decode_body(asdu, Dialect()).objects
    assert one.address is None
    assert one.parts == {"time": Stamp(AT.replace(second=30))}
    events = Asdu(type=1, count=2, body=(b"\x01\x03\x00\x00" + TA) * 2)
    assert [part.parts["point"] for part in decode_body(events, Dialect()).objects] == [1, 1]


@pytest.mark.parametrize(
    "asdu", [Asdu(type=99, body=b"ab"), Asdu(type=2, body=b"\x01" * 10), Asdu(type=2, count=0)]
)
def test_what_does_not_fit_is_kept_as_it_is(asdu):
    body = decode_body(asdu, Dialect())
    assert body.objects == ()
    assert body.tail == asdu.body
    assert body.error


def test_a_question_of_another_shape_names_nothing():
    assert decode_wanted(Asdu(type=120, body=b"\x01\x02"), Dialect()) is None
    assert decode_wanted(Asdu(type=102, body=TA + TA), Dialect()).named == (None, None, AT, AT)
    assert decode_wanted(Asdu(type=171, body=b"\x01\x09"), Dialect()).named == (1, 9, None, None)
    assert decode_wanted(Asdu(type=100), Dialect()) == Wanted()
    assert size_of("range", 1) == 12


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=250))
def test_any_bytes_end_somewhere(kind, vsq, raw):
    asdu = Asdu(type=kind, count=vsq & 127, sequence=vsq > 127, body=raw)
    for dialect in (Dialect(), Dialect(object_bytes=2)):
        body = decode_body(asdu, dialect)
        assert body.error or len(body.objects) == asdu.count
        decode_wanted(asdu, dialect)
