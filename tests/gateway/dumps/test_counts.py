"""Refusals in a fixed list of classes."""

import pytest

from gateway.dumps.counts import CLASSES, DumpCounts
from gateway.dumps.words import REASONS


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("outbox_full", "outbox"),
        ("no_profile", "format"),
        ("bomb", "size"),
        ("link", "other"),
        ("bad_share", "content"),
    ],
)
def test_classes(reason, expected):
    counts = DumpCounts()
    counts.refuse(reason)
    assert counts.refused == {expected: 1}


def test_every_reason_has_one():
    counts = DumpCounts()
    for reason in REASONS:
        counts.refuse(reason)
    assert set(counts.refused) == set(CLASSES)
