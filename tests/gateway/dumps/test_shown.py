"""A report as plain text (gateway.dumps.shown)."""

import pytest

from config.text import speaking
from gateway.dumps.report import Report
from gateway.dumps.shown import shown
from tests.gateway.dumps.toy import archive, checked, dump, line, meter


def test_what_was_taken_and_what_was_not(tmp_path):
    with speaking("en"):
        text = shown(
            checked(dump(tmp_path, line(), line(asset="9999"), line(this="x50")), archive(meter("1001")))
        )
    assert "rows: 3" in text
    assert "unknown meters: 1" in text
    assert "line 4: not a number" in text


@pytest.mark.parametrize(("language", "word"), [("en", "REFUSED"), ("zh", "拒绝")])
def test_a_refusal_in_both_languages(language, word):
    with speaking(language):
        assert word in shown(Report(file="a.txt", refused=[("too_large", "5 > 3")]))


def test_a_repetition_names_the_receipt():
    with speaking("en"):
        assert "imported before as 240501-ABCDEF" in shown(Report(file="a.txt", repeated="240501-ABCDEF"))
