"""Hosts and ports as text (config.address)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.address import endpoint


def test_a_host_and_a_port():
    assert endpoint("broker.example:1883") == ("broker.example", 1883)
    assert endpoint("192.0.2.7:1") == ("192.0.2.7", 1)
    assert endpoint("[2001:db8::0]:65535") == ("2001:db8::", 65535)
    assert endpoint(":0", any_host=True, any_port=True) == ("", 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a:",
        ":1",
        "a:0",
        "a:65536",
        "a:1 ",
        "a b:1",
        "a..b:1",
        "[::x]:1",
        "[]:1",
        "::1:1",
        "a:1\n",
        "a\0:1",
    ],
)
def test_what_is_neither(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller says what was expected
        endpoint(text)


@given(st.text(max_size=80).map(lambda text: f"{text}:1"))
def test_a_host_that_is_taken_can_be_given_to_a_resolver(text):
    """Only its form is tried: a host that cannot be encoded raises before anybody is asked."""
    try:
        host, _ = endpoint(text)
    except ValueError:
        return
    assert host.encode("idna")
