"""Settings of a gateway's own sums."""

import pytest
from pydantic import ValidationError

from config.aggregate import Aggregate


def test_all_spans_by_default():
    known = Aggregate()
    assert (known.enabled, known.spans) == (True, ("15m", "1h", "1d", "1mo"))
    assert known.grace_seconds < known.day_grace_seconds


@pytest.mark.parametrize("wrong", [{"spans": ("7m",)}, {"grace_seconds": -1}, {"day_grace_seconds": 259_201}])
def test_what_is_refused(wrong):
    with pytest.raises(ValidationError):
        Aggregate(**wrong)
