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
        ("[review]\ndefault = 5\n", "5: not right", "[review.default]"),
        ("[review]\nstill_days = 5\n", "5: not right", "[review.default]"),
        ("[[uplink]]\nwindow = 5\n", "not right", "[uplink]"),
        (
            "[uplink]\nversion = 4\n",
            "4: not right",
            '"5", "3.1.1" (MQTT version; 3.1.1 needs ack = "master")',
        ),
        ("[[tariffs]]\nnames = []\n", "not right", "at least one entry"),
        ("[[tariffs]]\nnames = 'x'\n", "'x': not right", 'a list, ["a", "b"]'),
        ("[[tariffs]]\nnames = ['x', '']\n", "'': not right", "at least 1 characters"),
        (
            "[[tariffs]]\nnames = ['x']\nvalid_from = '1.5.2026'\n",
            "'1.5.2026': not right",
            "a date without quotes, 2026-05-01",
        ),
    ],
)
def test_plain_words(folder, more, message, expected):
    folder.toml = TOML + more
    problem = folder.problem()
    assert (problem.message, problem.expected) == (message, expected)


@pytest.mark.parametrize(
    ("more", "example"),
    [
        ('[time_set]\nat = "noon"\n', '"03:30" (Local time'),
        ('[uplink]\nuser = "\\u0000"\n', '"meterd" (User name'),
        ('[uplink]\nkey_credential = "../x"\n', '"line3-rs485" (Name of a systemd'),
    ],
)
def test_a_text_of_another_form_has_an_example(folder, more, example):
    folder.toml = TOML + more
    assert f"a text like {example}" in folder.problem().expected


def test_a_key_of_another_table_is_sent_home(folder):
    folder.toml = TOML + "[store]\nwindow = 5\n"
    assert "there is one in [uplink]" in folder.problem().message


@pytest.mark.parametrize("header", ["[target]", "[task]"])
def test_a_list_of_tables_has_two_pairs_of_brackets(folder, header):
    folder.toml = TOML.replace(f"[{header}]", header)
    assert folder.problem().expected == f"[{header}]"


def test_no_mistake_is_told_in_two_languages(folder, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    folder.toml = "[gateway]\n"
    folder.archive["meters.csv"] = "asset_no,address,protocol,target\n"
    assert folder.problem().expected.startswith("网关名称")


def test_long_values_are_cut(folder):
    folder.toml = TOML.replace("so-001", "x" * 500)
    assert len(folder.problem().message) < 100


def test_the_record_at_a_place():
    assert model_at(("target", 0)).__name__ == "Target"
    assert model_at(("review", "default")).__name__ == "Review"
    assert model_at(()).__name__ == "Settings"
