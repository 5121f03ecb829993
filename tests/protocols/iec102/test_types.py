"""The table of types."""

import pytest

from protocols.iec102.dialect import STATUSES, Dialect
from protocols.iec102.types import CAUSES, DENIALS, FORMATS, down, part, up


def test_every_type_that_answers_is_there():
    for kind in down().values():
        assert set(kind.answers) <= set(up()), kind
        assert kind.name
        assert kind.name_zh


def test_an_object_is_as_long_as_its_parts():
    assert up()[2].size == 6
    assert up()[160].size == 26
    assert up()[163].size == 9
    assert up()[165].size == 32
    assert all(one.form in FORMATS for kind in up().values() for one in kind.parts)


def test_causes_that_deny_have_names():
    assert {number for number in CAUSES if 13 <= number <= 18} == DENIALS


@pytest.mark.parametrize("text", ["total", "total:u99", ":u8", "a b:u8"])
def test_a_part_that_is_none(text):
    with pytest.raises(ValueError, match="name:format"):
        part(text)


@pytest.mark.parametrize(
    ("how", "status", "good"),
    [("iv", 0x00, True), ("iv", 0x80, False), ("iv", 0x5F, True), ("valid", 0x80, True), ("valid", 0, False),
     ("ignore", 0x80, True)],
)  # fmt: skip
def test_a_status_by_its_dialect(how, status, good):
    assert how in STATUSES
    assert Dialect(status=how).is_good(status) is good


def test_answers_may_be_others_at_a_site():
    assert Dialect().answers(120) == (2, 3, 4)
    assert Dialect(answered={120: (160,)}).answers(120) == (160,)
    assert Dialect().answers(99) == ()
