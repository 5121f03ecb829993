"""The reader's language (config.text)."""

import pytest

from config.text import language, say


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
