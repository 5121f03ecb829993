"""The line of a key (config.locate)."""

from config.locate import line_of

TEXT = """[gateway]
name = "a"

[[target]]
name = "one"
[[target]]
"name" = "two"
[review."工业"]
still_days = 3
[[task]]
points = [
  "x",
  "y",
]
"""


def test_lines():
    assert line_of(TEXT, ("gateway", "name")) == 2
    assert line_of(TEXT, ("target", 1, "name")) == 7
    assert line_of(TEXT, ("review", "工业", "still_days")) == 9


def test_what_is_missing_has_the_line_of_what_is_around_it():
    assert line_of(TEXT, ("target", 0, "link")) == 4
    assert line_of(TEXT, ("uplink",)) is None


def test_a_list_of_tables_has_the_line_of_its_first():
    assert line_of(TEXT, ("target",)) == 4


def test_a_value_in_a_list_over_several_lines():
    assert line_of(TEXT, ("task", 0, "points"), "y") == 13
    assert line_of(TEXT, ("task", 0, "points"), "z") == 11
