"""What the archive's tables and columns mean, in the reader's language."""

import tomllib
from functools import cache
from importlib import resources

from config.text import say

__all__ = ["column_meaning", "columns"]


@cache
def columns() -> dict[str, dict[str, list[str]]]:
    """English and Chinese by table and column; `_` is the table itself."""
    return tomllib.loads(resources.files("config").joinpath("columns.toml").read_text(encoding="utf-8"))


def column_meaning(table: str, column: str) -> str:
    """The meaning of a column, or of its whole table under `_`."""
    english, chinese = columns()[table][column]
    return say(english, chinese)
