"""What a setting means, in the reader's language: English from the records, Chinese from `meanings_zh.toml`."""

import tomllib
from functools import cache
from importlib import resources

from config.text import language

__all__ = ["chinese", "meaning", "table_meaning"]


@cache
def chinese() -> dict[str, dict[str, str]]:
    """Chinese meanings by table and key; `_` is the table itself."""
    text = resources.files("config").joinpath("meanings_zh.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def meaning(table: str, key: str, english: str) -> str:
    """The meaning of a key; `english` is what its record says."""
    return chinese().get(table, {}).get(key, english) if language() == "zh" else english


def table_meaning(table: str, record: type) -> str:
    """The meaning of a whole table."""
    text = " ".join((record.__doc__ or "").split())
    text = text.partition(": ")[2] or text
    return meaning(table, "_", text[:1].upper() + text[1:])
