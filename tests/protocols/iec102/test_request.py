"""Questions as bytes."""

from datetime import datetime

import pytest

from protocols.errors import CatalogueError
from protocols.iec102 import asdu as app
from protocols.iec102 import request
from protocols.iec102.dialect import Dialect
from protocols.iec102.frame import Frame, encode

SITE = Dialect(record=31)
HOUR = (datetime(2012, 11, 1), datetime(2012, 11, 1, 1))


def test_the_question_of_a_real_master_but_for_its_checksum():
    asdu = request.totals(120, (1, 64), HOUR, 1, SITE)
    assert encode(Frame(0x53, 1, app.encode(asdu, SITE))).hex().upper() == (
        "6815156853010078010601001F01400000010B0C0001010B0C6516"
    )


def test_the_time_is_read_and_set():
    assert app.encode(request.read_time(1, SITE), SITE).hex() == "67010501001f"
    at = datetime(2026, 3, 10, 8, 30, 59, 999_000)
    assert app.encode(request.set_time(at, 1, SITE), SITE).hex() == "80013001001fe7ef1e080a031a"


def test_measurements_of_now_name_no_time():
    assert request.totals(171, (1, 9), HOUR, 1, SITE).body == b"\x01\x09"


def test_events_and_the_maker():
    assert request.single_points(HOUR, 1, SITE).body.hex() == "0000010b0c0001010b0c"
    assert app.encode(request.product(1, SITE), SITE).hex() == "64010501001f"


def test_what_cannot_be_asked():
    with pytest.raises(CatalogueError, match="no range"):
        request.totals(103, (1, 2), HOUR, 1, SITE)
    with pytest.raises(CatalogueError, match="no range"):
        request.totals(140, (1, 2), HOUR, 1, SITE)
    with pytest.raises(CatalogueError, match="do not fit"):
        request.totals(120, (1, 256), HOUR, 1, SITE)
