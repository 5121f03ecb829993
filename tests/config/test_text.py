"""The reader's language (config.text)."""

import pytest

from config.text import language, say, speaking


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"METERD_LANG": "zh", "LC_ALL": "C"}, "zh"),
    ],
)
def test_language(monkeypatch, environment, expected):
    for name in ("METERD_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
    assert say("yes", "是") == ("是" if expected == "zh" else "yes")


def test_one_reader_of_many_is_spoken_to_in_their_language(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    with speaking("en"):
        assert say("yes", "是") == "yes"
        with speaking("zh"):
            assert say("yes", "是") == "是"
        assert language() == "en"
    assert language() == "zh"
