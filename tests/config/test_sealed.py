"""Addresses without their secrets (config.sealed)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sealed import bare, has_password, without_secrets, without_secrets_of

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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("broker mqtt://u:c4n4ry@h:1883 away", "broker mqtt://(removed)@h:1883 away"),
        ('"mqtt://u:c4n4ry/@x@h"', '"mqtt://(removed)@h"'),
        ("postgresql://h/db?user=u&password=c4n4ry&x=1", "postgresql://h/db?user=u&password=(removed)&x=1"),
        ("PGPASSWORD=c4n4ry meterd", 'PGPASSWORD="(removed)" meterd'),
        ('{"db_password": "c4n4ry x", "a": 1}', '{"db_password": "(removed)", "a": 1}'),
        ("see http://h/page, password_file = p", "see http://h/page, password_file = p"),
    ],
)
def test_a_text_without_its_secrets(text, left):
    assert without_secrets(text) == left


def test_a_configuration_without_its_secrets():
    text = """
[uplink]
broker = "mqtts://u:c4n4ry-1@h:8883"   # not like this
user = "so-001"
password_file = "mqtt.password"
key_credential = "mqtt.key"
password = "c4n4ry-2 with a space"
# password = "c4n4ry-3"
[uplink.secrets]
list = ["c4n4ry-4"]
long = '''
c4n4ry-5
c4n4ry-6'''
"""
    left = without_secrets_of(text)
    assert "c4n4ry" not in left
    for kept in ('user = "so-001"', '"mqtt.password"', '"mqtt.key"', "@h:8883", "# not like this"):
        assert kept in left


def test_what_is_no_configuration_is_given_up():
    with pytest.raises(ValueError, match=r"Unterminated|Expected|at "):
        without_secrets_of('password = """c4n4ry')
