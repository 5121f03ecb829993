"""Mistakes in plain words (config.words)."""

import pytest

from config.words import model_at
from tests.config.conftest import TOML


@pytest.mark.parametrize(
    ("more", "message", "expected"),
    [
        ("[store]\nkeep_days = -1\n", "-1: not right", "0 or more"),
        ("[store]\nmax_bytes = 1.5\n", "1.5: not right", "a whole number"),
        ("[send]\nfreeze = 7\n", "7: not right", "true or false"),
        ("[uplink]\nwindow = 101\n", "101: not right", "100 or less"),
        ("[store]\nkeep_days = nan\n", "nan: not right", "366 or less"),
        ("[review]\ndefault = 5\n", "5: not right", "a table"),
        ('[time_set]\nat = "noon"\n', "'noon': not right", "a text of the form ^[0-2][0-9]:[0-5][0-9]$"),
    ],
)
def test_plain_words(folder, more, message, expected):
    folder.toml = TOML + more
    problem = folder.problem()
    assert (problem.message, problem.expected) == (message, expected)


def test_long_values_are_cut(folder):
    folder.toml = TOML.replace("so-001", "x" * 500)
    assert len(folder.problem().message) < 100


def test_the_record_at_a_place():
    assert model_at(("target", 0)).__name__ == "Target"
    assert model_at(("review", "default")).__name__ == "Review"
    assert model_at(()).__name__ == "Settings"
