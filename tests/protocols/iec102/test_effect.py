"""What the send gate is told of frames to an ERTU: reading, its clock, and nothing else."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.iec102 import asdu as app
from protocols.iec102 import request
from protocols.iec102.asdu import Asdu
from protocols.iec102.dialect import Dialect
from protocols.iec102.effect import classify
from protocols.iec102.frame import Frame, encode
from protocols.iec102.types import down
from protocols.session import Effect
from tests.protocols.iec102.frames import BAD, GOOD

AT = datetime(2026, 3, 10, 8, 30)
SITES = [
    Dialect(address_bytes=a, station_bytes=s, object_bytes=o) for a in (1, 2) for s in (1, 2) for o in (1, 2)
]


def sent(asdu, dialect=None, control=0x73):
    dialect = dialect or Dialect()
    return encode(Frame(control, 1, app.encode(asdu, dialect)), dialect.address_bytes)


@pytest.mark.parametrize("dialect", SITES, ids=str)
def test_every_question_reads_whatever_the_widths(dialect):
    span = (AT, AT)
    questions = [
        request.totals(kind, (1, 200), span, 1, dialect)
        for kind, known in down().items()
        if known.body in ("range", "objects")
    ]
    questions += [
        request.read_time(1, dialect), request.product(1, dialect), request.single_points(span, 1, dialect)
    ]  # fmt: skip
    assert {classify(sent(one, dialect)) for one in questions} == {Effect.READ}
    assert classify(sent(request.set_time(AT, 1, dialect), dialect)) is Effect.TIME_SET


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("control", [0x40, 0x49, 0x5A, 0x7A, 0x5B, 0x7B])
def test_link_service_reads(control, width):
    assert classify(encode(Frame(control, 1), width)) is Effect.READ


@pytest.mark.parametrize("control", [0x41, 0x42, 0x43, 0x44, 0x48, 0x4C, 0x4F, 0xC0, 0x00, 0x08])
def test_other_link_services_do_not_pass(control):
    assert classify(encode(Frame(control, 1))) is Effect.UNKNOWN


@pytest.mark.parametrize("kind", sorted(set(range(256)) - set(down())))
def test_no_type_passes_that_is_not_on_the_list(kind):
    asdu = Asdu(type=kind, cause=6, station=1, body=bytes(12))
    assert classify(sent(asdu)) is Effect.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"cause": 48}, {"cause": 1}, {"count": 2}, {"sequence": True}, {"test": True}, {"negative": True},
        {"body": bytes(10)}, {"body": b""},
    ],
)  # fmt: skip
def test_a_question_in_another_form_does_not_pass(change):
    fields = {"type": 120, "cause": 6, "station": 1, "body": bytes(12)}
    assert classify(sent(Asdu(**fields))) is Effect.READ
    assert classify(sent(Asdu(**fields | change))) is Effect.UNKNOWN


@pytest.mark.parametrize("change", [{"cause": 6}, {"body": bytes(8)}, {"count": 2}, {"test": True}])
def test_the_clock_is_set_in_one_form_only(change):
    fields = {"type": 128, "cause": 48, "station": 1, "body": bytes(7)}
    assert classify(sent(Asdu(**fields))) is Effect.TIME_SET
    assert classify(sent(Asdu(**fields | change))) is Effect.UNKNOWN


def test_data_goes_only_where_it_is_confirmed():
    asdu = Asdu(type=120, cause=6, station=1, body=bytes(12))
    assert classify(sent(asdu, control=0x44)) is Effect.UNKNOWN
    assert classify(sent(asdu, control=0xD3)) is Effect.UNKNOWN
    assert classify(sent(asdu, control=0x08)) is Effect.UNKNOWN


@pytest.mark.parametrize("row", GOOD + BAD, ids=lambda row: row["hex"][:24])
def test_of_frames_that_were_seen_only_good_questions_pass(row):
    reads = row["checksum_ok"] and row["direction"] == "down"
    assert classify(bytes.fromhex(row["hex"])) is (Effect.READ if reads else Effect.UNKNOWN)


def test_two_frames_and_half_a_frame_do_not_pass():
    poll = encode(Frame(0x5A, 1))
    assert classify(poll * 2) is Effect.UNKNOWN
    assert classify(poll[:-1]) is Effect.UNKNOWN
    assert classify(b"") is Effect.UNKNOWN
    assert classify(b"\xe5") is Effect.UNKNOWN


@given(st.binary(max_size=64))
def test_bytes_are_never_more_than_unknown(raw):
    assert classify(raw) is Effect.UNKNOWN


@given(st.integers(0, 255), st.binary(min_size=1, max_size=40))
def test_no_frame_is_taken_for_two_things(control, asdu):
    assert classify(encode(Frame(control, 1, asdu))) is not Effect.CONTROL
