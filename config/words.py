"""What pydantic found wrong, in plain words, with the nearest known key and without any secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from config.errors import Problem
from config.locate import line_of
from config.meanings import meaning
from config.schema import Settings
from config.sealed import is_secret
from config.text import say
from protocols.alike import alike

__all__ = ["model_at", "problem"]

Place = tuple[str | int, ...]

_LONGEST = 60
_WORDS: dict[str, tuple[str, str]] = {
    "string_type": ("a text in quotes", "带引号的文本"),
    "string_too_short": ("at least {min_length} characters", "至少 {min_length} 个字符"),
    "string_too_long": ("at most {max_length} characters", "至多 {max_length} 个字符"),
    "int_type": ("a whole number, without quotes and unit", "整数，不带引号和单位"),
    "int_parsing": ("a whole number, without quotes and unit", "整数，不带引号和单位"),
    "int_parsing_size": ("a smaller number", "较小的数"),
    "int_from_float": ("a whole number", "整数"),
    "float_type": ("a number, without quotes and unit", "数，不带引号和单位"),
    "float_parsing": ("a number, without quotes and unit", "数，不带引号和单位"),
    "finite_number": ("a finite number", "有限的数"),
    "bool_type": ("true or false", "true 或 false"),
    "bool_parsing": ("true or false", "true 或 false"),
    "path_type": ("a path in quotes", "带引号的路径"),
    "date_type": ("a date without quotes, 2026-05-01", "不带引号的日期 2026-05-01"),
    "date_parsing": ("a date without quotes, 2026-05-01", "不带引号的日期 2026-05-01"),
    "date_from_datetime_parsing": ("a date without quotes, 2026-05-01", "不带引号的日期 2026-05-01"),
    "date_from_datetime_inexact": ("a date without quotes, 2026-05-01", "不带引号的日期 2026-05-01"),
    "tuple_type": ('a list, ["a", "b"]', '列表，["a", "b"]'),
    "too_short": ("at least one entry", "至少一项"),
    "too_long": ("at most {max_length} entries", "至多 {max_length} 项"),
    "greater_than": ("more than {gt:g}", "大于 {gt:g}"),
    "greater_than_equal": ("{ge:g} or more", "不小于 {ge:g}"),
    "less_than": ("less than {lt:g}", "小于 {lt:g}"),
    "less_than_equal": ("{le:g} or less", "不大于 {le:g}"),
}
_TABLES = ("model_type", "model_attributes_type", "dict_type")


def problem(file: str, text: str, mistake: Mapping[str, Any]) -> Problem:
    """One of `ValidationError.errors()` as a problem with its line in `text`."""
    place = tuple(mistake["loc"])
    message, expected, nearest = _said(place, mistake)
    key = ".".join(str(part) for part in place)
    line = line_of(text, place)
    return Problem(file=file, line=line, key=key, message=message, expected=expected, nearest=nearest)


def _said(place: Place, mistake: Mapping[str, Any]) -> tuple[str, str, str]:
    """Message, what was expected, and the nearest thing that would be right."""
    if mistake["type"] == "extra_forbidden":
        return _unknown(place)
    if mistake["type"] == "missing":
        return say("missing", "缺失"), _form(place) or _meaning(place), ""
    message = _shown(place, mistake.get("input")) + say("not right", "不正确")
    if mistake["type"] in _TABLES or (len(place) == 1 and mistake["type"] == "tuple_type"):
        return message, _form(place), ""
    if mistake["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", mistake["ctx"]["expected"])
        listed = ", ".join(f'"{choice}"' for choice in choices)
        return message, f"{listed} ({_meaning(place)})", _near(mistake.get("input"), choices)
    if mistake["type"] == "string_pattern_mismatch":
        return message, _like(place), ""
    words = _WORDS.get(mistake["type"], (mistake["msg"], mistake["msg"]))
    return message, say(*words).format(**mistake.get("ctx", {})), ""


def _unknown(place: Place) -> tuple[str, str, str]:
    """A key that there is not: perhaps it belongs into another table, or is written otherwise."""
    key = str(place[-1])
    known = list(model_at(place[:-1]).model_fields)
    homes = [
        _header(name) for name, model in _tables() if key in model.model_fields and model is not Settings
    ]
    message = say("unknown key", "未知的键")
    if len(place) > 1 and homes:
        where = ", ".join(homes)
        message = say(f"unknown key here; there is one in {where}", f"此处没有这个键；{where} 中有")
    return message, ", ".join(known), _near(key, known)


def _tables() -> Iterator[tuple[str, type[BaseModel]]]:
    for name in Settings.model_fields:
        yield name, model_at((name,))


def _header(table: str) -> str:
    """A table's header as it is written."""
    origin = get_origin(Settings.model_fields[table].annotation)
    return f"[[{table}]]" if origin is tuple else f"[{table}.default]" if origin is dict else f"[{table}]"


def _form(place: Place) -> str:
    """How the table at a place is written; empty for a key that is no table."""
    if place[0] not in Settings.model_fields or any(isinstance(part, str) for part in place[2:]):
        return ""
    if len(place) == 1 or get_origin(Settings.model_fields[place[0]].annotation) is dict:
        return _header(str(place[0]))
    return _header(str(place[0])) if isinstance(place[1], int) and len(place) == 2 else ""


def _near(given: object, known: list[str]) -> str:
    return alike(given, known) if isinstance(given, str) else ""


def _shown(place: Place, given: object) -> str:
    """The value that was given, unless it is long or may be a secret."""
    name = next((part for part in reversed(place) if isinstance(part, str)), "")
    if is_secret(name) or isinstance(given, dict | list | tuple):
        return ""
    text = repr(given)
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}: "


def _like(place: Place) -> str:
    """An example of a text, and the key's meaning."""
    field = model_at(place[:-1]).model_fields.get(str(place[-1]))
    example = next(iter(_examples(field)), "") if field else ""
    return say(f'a text like "{example}"', f'形如 "{example}" 的文本') + f" ({_meaning(place)})"


def _examples(field: Any) -> list[Any]:
    if field.examples:
        return list(field.examples)
    inner = (extra for part in get_args(field.annotation) for extra in get_args(part))
    return next((list(one.examples) for one in inner if getattr(one, "examples", None)), [])


def _meaning(place: Place) -> str:
    field = model_at(place[:-1]).model_fields.get(str(place[-1]))
    return meaning(str(place[0]), str(place[-1]), field.description or "").rstrip(".") if field else ""


def model_at(place: Place) -> type[BaseModel]:
    """The record that holds the keys at a place such as ("target", 0)."""
    model: type[BaseModel] = Settings
    for part in place:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        for kind in candidates:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return model
