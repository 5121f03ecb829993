"""From the text of a link to the link (drivers)."""

import pytest

from config.link import parse_link
from drivers import LINKS, Gate, make_link, wire_of
from drivers.links.listen import ListenLink
from drivers.links.replay import ReplayLink
from drivers.links.serial import SerialLink
from drivers.links.tcp import TcpLink
from protocols.session import Effect


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("serial:/dev/ttyS1", SerialLink),
        ("tcp://192.0.2.7:9001", TcpLink),
        ("tcp-listen://:0", ListenLink),
        ("replay:a.jsonl", ReplayLink),
    ],
)
def test_every_kind_of_link_that_is_a_text_can_be_made(text, link):
    assert type(make_link("line", text, Gate(lambda data: Effect.READ))) is link


def test_every_kind_of_link_can_be_written():
    """A scheme that the configuration refuses could never be used."""
    for scheme in LINKS:
        with pytest.raises(ValueError, match=f"after {scheme}:"):
            parse_link(f"{scheme}:")


def test_time_on_the_wire():
    assert wire_of("serial:/dev/x?baud=2400").seconds(24) == pytest.approx(0.11)
    assert wire_of("tcp://a:1").seconds(24) == 0
    assert wire_of("tcp://a:1").latency == pytest.approx(0.2)
    assert wire_of("tcp://a:1", baud=9600, latency_ms=300).latency == pytest.approx(0.5)
    assert wire_of("tcp://a:1", baud=9600).seconds(96) == pytest.approx(0.11)
