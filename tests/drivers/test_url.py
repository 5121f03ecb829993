"""The text of a link."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import LINKS, wire_of
from drivers.url import parse_link


def test_links_as_in_the_configuration():
    serial = parse_link("serial:/dev/ttyS1?baud=9600&mode=8N1")
    assert (serial.path, serial.baud, serial.mode, serial.bits) == ("/dev/ttyS1", 9600, "8N1", 10)
    assert parse_link("serial:/dev/ttyS1").baud == 2400
    assert parse_link("serial:/dev/ttyS1").bits == 11
    tcp = parse_link("tcp://192.0.2.7:9001")
    assert (tcp.scheme, tcp.host, tcp.port) == ("tcp", "192.0.2.7", 9001)
    assert parse_link("tcp://[::1]:5").host == "::1"
    assert parse_link("tcp-listen://:5").host == ""
    assert parse_link("replay:a.jsonl?speed=2").speed == 2


def test_the_same_channel_has_one_key():
    assert (
        parse_link("serial:/dev/ttyS1?baud=9600").key
        == parse_link("serial:/dev/ttyS1?baud=9600&mode=8E1").key
    )
    assert parse_link("tcp://a:1").key != parse_link("tcp://a:2").key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tcp",
        "udp://a:1",
        "tcp:a:1",
        "tcp://a",
        "tcp://a:x",
        "tcp://a:0",
        "tcp://:5",
        "tcp://a:70000",
        "tcp://a:1?baud=2400",
        "serial:",
        "serial:/dev/x?baud=fast",
        "serial:/dev/x?mode=8X1",
        "serial:/dev/x?speed=1",
        "replay:",
        "replay:x?speed=fast",
    ],
)
def test_what_is_no_link_says_what_was_expected(text):
    with pytest.raises(ValueError, match=r"expected|needs"):
        parse_link(text)


@given(st.text() | st.from_regex(r"(serial|tcp|tcp-listen|replay):.*"))
def test_any_text_is_a_link_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert parse_link(text).scheme in LINKS


def test_time_on_the_wire():
    assert wire_of("serial:/dev/x?baud=2400").seconds(24) == pytest.approx(0.11)
    assert wire_of("tcp://a:1").seconds(24) == 0
    assert wire_of("tcp://a:1").latency == pytest.approx(0.2)
    assert wire_of("tcp://a:1", baud=9600, latency_ms=300).latency == pytest.approx(0.5)
    assert wire_of("tcp://a:1", baud=9600).seconds(96) == pytest.approx(0.11)
