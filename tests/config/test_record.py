import pytest
from pydantic import ValidationError

from config.record import Record


class Some(Record):
    """A record."""

    height: float = 1.0
    """In metres."""


def test_an_unknown_key_is_an_error_and_nothing_changes_later():
    with pytest.raises(ValidationError):
        Some(hight=2)
    with pytest.raises(ValidationError):
        Some().height = 2


def test_the_text_under_a_field_is_its_meaning():
    assert Some.model_fields["height"].description == "In metres."
