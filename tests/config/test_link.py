"""Links as text (config.link)."""

import pytest

from config.link import problem_with


@pytest.mark.parametrize(
    "link",
    [
        "serial:/dev/ttyS1?baud=2400&mode=8E1",
        "serial:COM3",
        "tcp://192.0.2.7:9001",
        "tcp://[::1]:9001",
        "tcp-listen://:9001",
        "replay:file.txt",
    ],
)
def test_good(link):
    assert problem_with(link) is None


@pytest.mark.parametrize(
    "link",
    [
        "",
        "tcp",
        "tcp://host",
        "tcp://host:0",
        "tcp://host:70000",
        "serial:",
        "serial:/dev/x?baud=fast",
        "serial:/dev/x?speed=1",
        "udp://h:1",
        "replay:",
    ],
)
def test_bad_ones_say_what_was_expected(link):
    _, expected = problem_with(link)
    assert ":" in expected
