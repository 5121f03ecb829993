"""TOML to tables; where the text is no TOML, every line that breaks it, in words that say what to do.

Python's reader stops at the first mistake. Here the line is left out and the rest read again, so that one run
names them all; what the rest means without those lines is judged with care by the caller.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.errors import Problem
from config.sealed import is_secret
from config.text import say

__all__ = ["parse"]

_MOST = 20
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_WIDE = {"“": '"', "”": '"', "‘": "'", "’": "'", "＂": '"', "＝": "=", "，": ",", "［": "[", "］": "]", "【": "[",
         "】": "]", "＃": "#", "：": ":", "　": " "}  # fmt: skip
_KEY = re.compile(r"\s*([\w.-]{1,60})\s*=")
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_WITH_UNIT = re.compile(r"([0-9][0-9.]*)\s*[^\W\d_][\w ]{0,20}")
_BARE = re.compile(r"\s*[\w.\"'-]+\s*=\s*([^\s\"'\[{#][^#]*)")
# What the reader says, what that means, and what would be right.
_WORDS: tuple[tuple[str, tuple[str, str], tuple[str, str]], ...] = (
    (
        "Invalid value",
        ("neither text, number, date, list nor true or false", "值不是文本、数字、日期、列表或 true/false"),
        ('text in quotes: key = "text"', '文本加引号：键 = "文本"'),
    ),
    (
        "Expected newline or end of document after a statement",
        ("something stands after the value", "值后面有多余内容"),
        ("one key a line, text in quotes", "每行一个键，文本加引号"),
    ),
    ("Expected '=' after a key", ("no = after the key", "键后缺少 ="), ('key = "text"', '键 = "文本"')),
    ("Cannot overwrite a value", ("this is given twice", "重复给出"), ("each key once", "每个键只写一次")),
    (
        "Cannot declare",
        ("this table is there twice", "该表重复"),
        ("each [table] once, but [[target]] and [[task]] often", "[表] 只写一次；[[target]] 和 [[task]] 可多次"),
    ),
    ("Cannot mutate", ("this is given twice", "重复给出"), ("each key once", "每个键只写一次")),
    ("Cannot define", ("this is given twice", "重复给出"), ("each key once", "每个键只写一次")),
    ("Unclosed array", ("the list does not go on rightly", "列表不完整"), ('["a", "b"]', '["a", "b"]')),
    ("Unclosed inline table", ("the table is not closed", "表未闭合"), ("{a = 1}", "{a = 1}")),
    (
        "Unterminated string",
        ("the text is not closed", "文本的引号未闭合"),
        ('quotes at both ends: "text"', '两端都有引号："文本"'),
    ),
    (
        r"Illegal character '\n'",
        ("the text is not closed on its line", "文本的引号在本行未闭合"),
        ('quotes at both ends: "text"', '两端都有引号："文本"'),
    ),
    (
        "Unescaped",
        ("a backslash stands for something else in TOML", "反斜杠在 TOML 中有特殊含义"),
        (r"'single quotes' or \\", r"'单引号' 或 \\"),
    ),
    ("Expected ']", ("the table's name is not closed", "表名未闭合"), ("[name] or [[name]]", "[名称] 或 [[名称]]")),
    (
        "Invalid initial character for a key part",
        ("no key begins like this", "键不能这样开头"),
        ('key = "text"', '键 = "文本"'),
    ),
    ("Invalid statement", ("neither a key nor a table", "既不是键也不是表"), ('key = "text"', '键 = "文本"')),
    ("Invalid date", ("no date", "不是日期"), ("2026-05-01", "2026-05-01")),
    ("Exceeds the limit", ("too long a number", "数字过长"), ("fewer digits", "更少的位数")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parsed:
    """The tables, and whether lines had to be left out for them (then `problems` got one for each)."""

    tables: dict[str, Any]
    whole: bool


def parse(path: Path, text: str, problems: list[Problem]) -> Parsed:
    """Read TOML; `tables` is empty where nothing could be made of the text at all."""
    lines = text.split("\n")
    dropped: set[int] = set()
    while True:
        try:
            return Parsed(tomllib.loads("\n".join(lines)), not dropped)
        except (ValueError, RecursionError) as error:
            match = _PLACE.search(str(error))
            number = (
                min(int(match[1]), len(lines)) if match and match[1] else _last(lines, placed=bool(match))
            )
            line = lines[number - 1]
            problems.append(_problem(path, number, line, str(error)[: match.start() if match else None]))
            hopeless = number in dropped or not line.strip() or line.lstrip().startswith("[")
            if hopeless or len(dropped) >= _MOST:
                return Parsed({}, whole=False)
            dropped.add(number)
            lines[number - 1] = ""


def _bare(value: str, message: str, expected: str) -> tuple[str, str]:
    """Message and cure for a value without quotes."""
    if truth := _TRUTHS.get(value.lower()):
        return message, truth
    if match := _WITH_UNIT.fullmatch(value):
        said = say(f"{value} is no number", f"{value} 不是数字")
        return said, say(
            f'the number alone, {match[1]}, or text in quotes, "{value}"',
            f'只写数字 {match[1]}，或加引号的文本 "{value}"',
        )
    if message != say(*_WORDS[0][1]):
        return message, expected
    return message, expected + say(f'; perhaps "{value}"', f'；例如 "{value}"')


def _last(lines: Sequence[str], *, placed: bool) -> int:
    """The last line, for a mistake at the end; for one without any place the line that alone makes it, too."""
    for number, line in enumerate(() if placed else lines, 1):
        try:
            tomllib.loads(line)
        except (ValueError, RecursionError) as error:
            if not _PLACE.search(str(error)):
                return number
    return len(lines)


def _problem(path: Path, number: int, line: str, said: str) -> Problem:
    message, expected = said, say("TOML 1.0", "TOML 1.0 格式")
    for begin, words, right in _WORDS:
        if said.startswith(begin):
            message, expected = say(*words), say(*right)
            break
    if wide := next((char for char in line.partition("#")[0] if char in _WIDE), ""):
        message = say(f"a full-width {wide}", f"全角字符 {wide}")
        expected = _WIDE[wide] if _WIDE[wide].strip() else say("a plain space", "普通空格")
    elif (match := _BARE.match(line)) and not is_secret(line.partition("=")[0]):
        message, expected = _bare(match[1].strip(), message, expected)
    key = match[1] if (match := _KEY.match(line)) else "TOML"
    return Problem(file=str(path), line=number, key=key, message=message, expected=expected)
