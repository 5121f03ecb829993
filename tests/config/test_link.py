"""Links as text (config.link)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.link import LinkError, parse_link


def test_links_as_in_the_configuration():
    serial = parse_link("serial:/dev/ttyS1?baud=9600&mode=8n1")
    assert (serial.path, serial.baud, serial.mode, serial.bits) == ("/dev/ttyS1", 9600, "8N1", 10)
    assert (parse_link("serial:COM3").path, parse_link("serial:/dev/ttyS1").baud) == ("COM3", 2400)
    assert parse_link("serial:/dev/ttyS1").bits == 11
    tcp = parse_link("tcp://192.0.2.7:9001")
    assert (tcp.scheme, tcp.host, tcp.port) == ("tcp", "192.0.2.7", 9001)
    assert parse_link("tcp://[::1]:5").host == "::1"
    listening = parse_link("tcp-listen://:0")
    assert (listening.host, listening.port) == ("", 0)
    assert parse_link("replay:a.jsonl?speed=2").speed == 2


def test_radios_and_modems():
    radio = parse_link("radio:/dev/ttyS2?baud=1200&key_up_ms=250&turnaround_ms=0")
    assert (radio.path, radio.baud, radio.key_up_ms, radio.turnaround_ms) == ("/dev/ttyS2", 1200, 250, 0)
    assert parse_link("radio:/dev/ttyS2").turnaround_ms == 100
    modem = parse_link("modem:/dev/ttyS3?init=ATZ;AT%26F;ATE0S0=0&dial_seconds=90&answer=2")
    assert (modem.init, modem.dial_seconds, modem.answer) == (("ATZ", "AT&F", "ATE0S0=0"), 90, 2)
    assert parse_link("modem:/dev/ttyS3").init == ("ATZ", "ATE0V1", "ATS0=0")
    assert parse_link("modem:/dev/ttyS3").mode == "8N1"


def test_the_same_channel_has_one_key():
    slow, fast = parse_link("serial:/dev/ttyS1?baud=2400"), parse_link("serial:/dev/ttyS1?mode=8N1")
    assert slow.key == fast.key
    assert parse_link("tcp://a:1").key != parse_link("tcp://a:2").key


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("", "serial:DEV"),
        ("tcp", "tcp://HOST:PORT"),
        ("udp://h:1", "tcp-listen://HOST:PORT"),
        ("tcp:a:1", "tcp://HOST:PORT"),
        ("tcp://host", "tcp://HOST:PORT"),
        ("tcp://host:x", "tcp://HOST:PORT"),
        ("tcp://host:0", "tcp://HOST:PORT"),
        ("tcp://host:+5", "tcp://HOST:PORT"),
        ("tcp://host:70000", "tcp://HOST:PORT"),
        ("tcp://host:٣٣", "tcp://HOST:PORT"),
        (f"tcp://host:{'9' * 5000}", "tcp://HOST:PORT"),
        ("tcp://:5", "tcp://HOST:PORT"),
        ("tcp://[::g]:5", "tcp://HOST:PORT"),
        (f"tcp://{'a' * 64}:5", "tcp://HOST:PORT"),
        ("tcp://a:1?baud=2400", "target's key baud"),
        ("serial:", "serial:DEV"),
        ("serial:/dev/x\0", "serial:DEV"),
        ("serial:/dev/x?baud=fast", "50 .. 921600"),
        ("serial:/dev/x?baud=240²0", "50 .. 921600"),
        (f"serial:/dev/x?baud={'9' * 5000}", "50 .. 921600"),
        ("serial:/dev/x?mode=8X1", "8E1"),
        ("serial:/dev/x?speed=1", "serial:DEV?baud=2400&mode=8E1"),
        ("radio:/dev/x?key_up_ms=6000", "0 .. 5000"),
        ("radio:/dev/x?init=ATZ", "radio:DEV"),
        ("modem:/dev/x?init=X", "ATZ;ATE0V1"),
        ("modem:/dev/x?init=ATZ%0DATD1", "ATZ;ATE0V1"),
        ("modem:/dev/x?init=ATZ%ff", "ATZ;ATE0V1"),
        ("modem:/dev/x?answer=10", "0 .. 9"),
        ("replay:", "replay:FILE"),
        ("replay:x?speed=fast", "0 .. 1000"),
        ("replay:x?speed=nan", "0 .. 1000"),
    ],
)
def test_bad_ones_say_what_was_expected(link, expected, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    with pytest.raises(LinkError) as caught:
        parse_link(link)
    assert expected in caught.value.expected
    assert caught.value.expected in str(caught.value)
    assert len(caught.value.message) < 300


def test_every_wrong_option_is_told_at_once(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    with pytest.raises(LinkError) as caught:
        parse_link("serial:/dev/x?baud=fast&mode=9E1&spead=2&" + "&".join(f"x{n}=1" for n in range(900)))
    for wrong in ("baud=fast is not right", "mode=9E1 is not right", "unknown option 'spead'"):
        assert wrong in caught.value.message
    assert "50 .. 921600" in caught.value.expected
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("link", "nearest"),
    [
        ("/dev/ttyUSB0?baud=9600", "serial:/dev/ttyUSB0?baud=9600"),
        ("COM3", "serial:COM3"),
        ("192.0.2.7:9001", "tcp://192.0.2.7:9001"),
        ("TCP://h:1", "tcp://h:1"),
        ("tcplisten://:1", "tcp-listen://:1"),
        ("http://h", ""),
        ("", ""),
    ],
)
def test_what_was_meant(link, nearest):
    with pytest.raises(LinkError) as caught:
        parse_link(link)
    assert caught.value.nearest == nearest


@given(
    start=st.sampled_from(["serial:/dev/x?baud=", "serial:", "tcp://h:", "tcp://", "replay:x?speed=", ""]),
    rest=st.text(),
)
def test_any_text_is_a_link_or_a_link_error(start, rest):
    with contextlib.suppress(LinkError):
        assert parse_link(start + rest).key
