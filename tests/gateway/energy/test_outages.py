"""Times without supply from what was told."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.energy.outages import Spell, spells, together

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hours):
    return START + timedelta(hours=hours)


def spell(began, ended=None):
    return Spell(at(began), None if ended is None else at(ended))


@pytest.mark.parametrize(
    ("told", "powered", "expected"),
    [
        ([spell(1, 3)], [], [spell(1, 3)]),
        ([spell(1)], [], [spell(1)]),
        ([spell(1)], [0, 1, 4, 9], [spell(1, 4)]),
        ([spell(1, 3)], [2], [spell(1, 3)]),
        ([spell(1), spell(1, 3)], [], [spell(1, 3)]),
        ([spell(1, 3), spell(1)], [], [spell(1, 3)]),
        ([spell(1), spell(5)], [], [spell(1, 5), spell(5)]),
        ([spell(5, 6), spell(1)], [2], [spell(1, 2), spell(5, 6)]),
        ([], [1], []),
    ],
)
def test_an_open_spell_ends_with_the_next_sign_of_power(told, powered, expected):
    assert spells(told, map(at, powered)) == expected


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ([], []),
        ([[spell(1, 3)]], [spell(1, 3)]),
        ([[spell(1, 3)], []], []),
        ([[spell(1, 5), spell(8)], [spell(2, 9)]], [spell(2, 5), spell(8, 9)]),
        ([[spell(1, 4)], [spell(4, 6)]], []),
        ([[spell(1)], [spell(2)], [spell(3, 7)]], [spell(3, 7)]),
        ([[spell(1)]], [spell(1, 24)]),
    ],
)
def test_an_area_is_out_while_all_its_supplies_are(several, expected):
    assert together(several, at(24)) == expected
