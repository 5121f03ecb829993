"""Lines that are no TOML (config.syntax)."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.syntax import parse


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")


def mistakes(text):
    problems = []
    parsed = parse(Path("f.toml"), text, problems)
    assert parsed.whole == (not problems)
    return parsed.tables, problems


def test_good_toml():
    assert mistakes("a = 1\n[b]\nc = [2]") == ({"a": 1, "b": {"c": [2]}}, [])


@pytest.mark.parametrize(
    ("line", "key", "message", "expected"),
    [
        ("name = so-001", "name", "neither text, number", 'perhaps "so-001"'),
        ('name = "so', "name", "not closed on its line", "quotes at both ends"),
        ("name = 5 5", "name", "after the value", "one key a line"),
        ("size = 64MB", "size", "64MB is no number", 'the number alone, 64, or text in quotes, "64MB"'),
        ("every = 15m # slot", "every", "15m is no number", '"15m"'),
        ("freeze = yes", "freeze", "neither text, number", "true"),
        ("name", "TOML", "no =", 'key = "text"'),
        ("= 5", "TOML", "neither a key nor a table", 'key = "text"'),
        ("ok = 2", "ok", "given twice", "each key once"),
        ("name = [1 2]", "name", "list does not go on", '["a", "b"]'),
        ("name = {b=1", "name", "table is not closed", "{a = 1}"),
        (r'name = "C:\dev"', "name", "backslash", "single quotes"),
        ("name = “x”", "name", "a full-width “", '"'),
        ('name ＝ "x"', "TOML", "a full-width ＝", "="),
        ("name = " + "9" * 5000, "name", "too long a number", "fewer digits"),
        ("name = " + "[" * 5000, "name", "", "TOML 1.0"),
        ("[store", "TOML", "name is not closed", "[name]"),
        ("[[target]", "TOML", "name is not closed", "[[name]]"),
    ],
)
def test_a_line_is_named_with_what_would_be_right(line, key, message, expected):
    _, (problem,) = mistakes(f"ok = 1\n{line}\n")
    assert (problem.line, problem.key) == (2, key)
    assert message in problem.message
    assert expected in problem.expected


def test_all_lines_are_named_and_the_others_are_read():
    tables, problems = mistakes("a = x\nb = 1\nc = y\n[t]\nd = 2\ne = z\n")
    assert [problem.line for problem in problems] == [1, 3, 6]
    assert tables == {"b": 1, "t": {"d": 2}}


def test_a_table_without_its_header_is_not_read_at_all():
    """Its keys would seem to belong to the table before."""
    assert mistakes("a = 1\n[t\nb = 2\n")[0] == {}


def test_a_table_twice():
    assert mistakes("[t]\na = 1\n[t]\n")[1][0].line == 3


def test_there_is_an_end_to_it():
    assert 1 < len(mistakes("a = x\n" * 1000)[1]) < 100


@given(st.text(alphabet="ab=[]{}\"'\\\n#,.1 “\0", max_size=60))
def test_any_text_is_read_or_named(text):
    _, problems = mistakes(text)
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in problems)
