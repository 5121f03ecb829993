"""Whatever bytes come: rows, bad rows, or DumpError, soon; never anything else."""

import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.profiles import profiles
from drivers.dumps.files import opened
from drivers.dumps.formats import FORMATS, choose, rows
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row, Status
from simulators import dumps
from simulators.dumps import FORMATS as WRITTEN
from simulators.dumps import Style, values
from tests.protocols.dumps.toy import TZ

ALL = tuple(profiles())
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(path, wanted=None):
    began = time.monotonic()
    notes, items = Notes(), []
    try:
        with opened(path) as file:
            spec = wanted or choose(file, ALL)
            items.extend(rows(file, spec, TZ, notes))
    except DumpError as error:
        notes.refuse(error.reason)
    assert time.monotonic() - began < 20
    for item in items:
        if isinstance(item, Bad):
            assert item.text.isprintable()
            assert item.offset is None or 0 <= item.offset <= path.stat().st_size
        else:
            whole(item)
    return items, notes


def whole(row: Row):
    """What the import relies on."""
    assert row.asset_no or row.comm_addr or row.cons_no
    if row.status is Status.READ:
        assert row.this_read is not None
        assert row.this_read.is_finite()
        assert row.read_time is not None
        assert row.read_time.utcoffset() is not None
    else:
        assert row.this_read is None


@SETTINGS
@given(st.binary(max_size=3000))
def test_any_bytes(tmp_path, raw):
    path = tmp_path / "any"
    path.write_bytes(raw)
    read(path)


HEADS = (
    b"SQLite format 3\0", b"PK\x03\x04", b"<MeterReadings>", b"<feed>", b"100,NEM12\n200,", b"100,NEM13\n250,", b"\x02",
    b"/ABC5\r\n", b"{", b"\xff\xfe", "资产编号,本次示数,抄表时间\n".encode("gb18030"), b"H" * 160,
    bytes([3, 124, 5, 1]),
)  # fmt: skip


@SETTINGS
@given(st.sampled_from(HEADS), st.binary(max_size=2000))
def test_any_bytes_behind_a_familiar_head(tmp_path, head, raw):
    path = tmp_path / "any"
    path.write_bytes(head + raw)
    read(path)


@SETTINGS
@given(st.sampled_from(sorted(FORMATS)), st.binary(min_size=1, max_size=2000))
def test_any_bytes_into_any_profile(tmp_path, form, raw):
    path = tmp_path / "any"
    path.write_bytes(raw)
    read(path, next(spec for spec in ALL if spec.format == form))


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A dump in every format."""
    folder = tmp_path_factory.mktemp("clean")
    found = {}
    for form in WRITTEN:
        dumps.write(folder / form, form, values(30, 9, tariffs=1, unread=0.1), Style(encoding="gb18030"))
        found[form] = (folder / form).read_bytes()
    return found


MARKS = (b"\0", b'"', b"\n", b",", b"\xff", b"(", b"<", b"{", b"9" * 50, b"\x1a", b"-")


def spoilt(raw, rng):
    """A copy with a few wounds: bytes changed, cut out, doubled, or put in."""
    body = bytearray(raw)
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(body) or 1)
        size = rng.choice((1, 1, 2, 7, 100))
        match rng.randrange(4):
            case 0:
                body[place : place + size] = rng.randbytes(size)
            case 1:
                del body[place : place + size]
            case 2:
                body[place:place] = body[place : place + size]
            case _:
                body[place:place] = rng.choice(
                    (b"\0", b'"', b"\n", b",", b"\xff", b"(", b"<", b"{", b"9" * 50, b"\x1a", b"-")
                )
    return bytes(body)


@pytest.mark.parametrize("form", WRITTEN)
def test_wounded_dumps(tmp_path, clean, form):
    rng = random.Random(f"{form} 7")
    path = tmp_path / "wounded"
    for _ in range(60 if form != "xlsx" else 25):
        path.write_bytes(spoilt(clean[form], rng))
        read(path)


@pytest.mark.long
@pytest.mark.parametrize("form", WRITTEN)
def test_many_wounded_dumps(tmp_path, clean, form):
    rng = random.Random(f"{form} long")
    path = tmp_path / "wounded"
    for _ in range(3_000):
        path.write_bytes(spoilt(clean[form], rng))
        read(path)
