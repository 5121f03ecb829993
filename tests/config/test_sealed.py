"""Addresses without their secrets (config.sealed)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sealed import bare, has_password

CANARY = "c4n4ry"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mqtt://broker:1883", "mqtt://broker:1883"),
        ("mqtts://user:c4n4ry@broker", "mqtts://broker"),
        ("postgresql://meterd@db/meterd", "postgresql://db/meterd"),
        ("postgresql://meterd:c4n4ry@[::1]:5432/meterd?sslmode=require", "postgresql://[::1]:5432/meterd"),
        ("postgresql:///meterd?user=u&password=c4n4ry", "postgresql:///meterd"),
        ("sqlite:////var/lib/m.db", "sqlite:////var/lib/m.db"),
        ("mqtt://user:c4n4ry/x@broker", "mqtt://…"),
        ("mqtt://user:c4n4ry#x@broker", "mqtt://…"),
        ("postgresql://u:c4n4ry?x@broker/db", "postgresql://…"),
        ("postgresql://db/m?password=c4n4ry@x", "postgresql://…"),
        ("host=db password=c4n4ry", "…"),
        ("", "…"),
    ],
)
def test_what_may_be_shown(url, shown):
    assert bare(url) == shown


@given(st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_no_password_before_the_host_is_ever_shown(before, after):
    shown = bare(f"postgresql://user:{before}{CANARY}{after}@broker/db")
    assert CANARY not in shown


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://meterd@db/meterd", False),
        ("postgresql:///meterd", False),
        ("sqlite:////a:b", False),
        ("postgresql://meterd:x@db/meterd", True),
        ("postgresql://db/meterd?password=x", True),
        ("postgresql://db/meterd?sslmode=off&sslpassword=x", True),
    ],
)
def test_a_password_is_seen(url, found):
    assert has_password(url) is found
