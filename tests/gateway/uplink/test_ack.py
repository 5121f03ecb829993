"""The master's acknowledgement: strict, and nothing but AckError for anything else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.uplink.ack import Ack, AckError


def test_an_acknowledgement_is_read():
    body = json.dumps({"epoch": "e", "upto": 3, "also": [[5, 6], [9, 9]], "more": 1}).encode()
    assert Ack.parse(body) == Ack("e", 3, ((5, 6), (9, 9)))
    assert Ack.parse(b'{"epoch":"e","upto":0}') == Ack("e", 0, ())


WRONG = [
    {"upto": 1},
    {"epoch": 1, "upto": 1},
    {"epoch": "e"},
    {"epoch": "e", "upto": "1"},
    {"epoch": "e", "upto": True},
    {"epoch": "e", "upto": -1},
    {"epoch": "e", "upto": 1.0},
    {"epoch": "e", "upto": 1 << 63},
    {"epoch": "e", "upto": 1, "also": 3},
    {"epoch": "e", "upto": 1, "also": [3]},
    {"epoch": "e", "upto": 1, "also": [[3]]},
    {"epoch": "e", "upto": 1, "also": [[4, 3]]},
    {"epoch": "e", "upto": 1, "also": [[0, 3]]},
    {"epoch": "e", "upto": 1, "also": [[2, 3]] * 10_001},
    [],
    "x",
]


@pytest.mark.parametrize("found", WRONG, ids=lambda found: json.dumps(found)[:40])
def test_anything_else_is_refused(found):
    with pytest.raises(AckError):
        Ack.parse(json.dumps(found).encode())


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 100_000, b" " * 300_000, b'{"epoch":"e","upto":' + b"1" * 5_000 + b"}"]
)
def test_hostile_bodies_are_refused(body):
    with pytest.raises(AckError):
        Ack.parse(body)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()),
    )
)
def test_any_bytes_give_an_ack_or_an_ack_error(body):
    with pytest.raises(AckError):
        Ack.parse(body)
