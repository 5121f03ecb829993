"""What pydantic found wrong, in plain words, with the nearest known key and without any secret."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

from config.errors import Problem
from config.locate import line_of
from config.schema import Settings
from config.text import say

__all__ = ["model_at", "problem"]

_SECRET = ("password", "secret", "token", "key", "credential", "broker", "database")
_LONGEST = 60
_WORDS: dict[str, tuple[str, str]] = {
    "string_type": ("a text in quotes", "带引号的文本"),
    "int_type": ("a whole number", "整数"),
    "int_parsing": ("a whole number", "整数"),
    "int_from_float": ("a whole number", "整数"),
    "float_type": ("a number", "数"),
    "float_parsing": ("a number", "数"),
    "finite_number": ("a finite number", "有限的数"),
    "bool_type": ("true or false", "true 或 false"),
    "bool_parsing": ("true or false", "true 或 false"),
    "path_type": ("a path in quotes", "带引号的路径"),
    "tuple_type": ("a list", "列表"),
    "dict_type": ("a table", "表"),
    "model_type": ("a table", "表"),
    "model_attributes_type": ("a table", "表"),
    "too_short": ("at least one entry", "至少一项"),
    "greater_than": ("more than {gt:g}", "大于 {gt:g}"),
    "greater_than_equal": ("{ge:g} or more", "不小于 {ge:g}"),
    "less_than": ("less than {lt:g}", "小于 {lt:g}"),
    "less_than_equal": ("{le:g} or less", "不大于 {le:g}"),
    "literal_error": ("{expected}", "{expected}"),
    "string_pattern_mismatch": ("a text of the form {pattern}", "形如 {pattern} 的文本"),
}


def problem(file: str, text: str, mistake: Mapping[str, Any]) -> Problem:
    """One of `ValidationError.errors()` as a problem with its line in `text`."""
    place = tuple(mistake["loc"])
    line, key = line_of(text, place), ".".join(str(part) for part in place)
    if mistake["type"] == "extra_forbidden":
        known = list(model_at(place[:-1]).model_fields)
        near = get_close_matches(str(place[-1]), known, 1)
        return Problem(
            file=file,
            line=line,
            key=key,
            message=say("unknown key", "未知的键"),
            expected=", ".join(known),
            nearest=near[0] if near else "",
        )
    if mistake["type"] == "missing":
        return Problem(
            file=file, line=line, key=key, message=say("missing", "缺失"), expected=_meaning(place)
        )
    return Problem(
        file=file,
        line=line,
        key=key,
        message=_shown(place, mistake.get("input")) + say("not right", "不正确"),
        expected=_expected(mistake),
        nearest=_nearest(mistake),
    )


def _expected(mistake: Mapping[str, Any]) -> str:
    words = _WORDS.get(mistake["type"])
    context = mistake.get("ctx", {})
    if words is None:
        return str(mistake["msg"])
    return say(words[0].format(**context), words[1].format(**context))


def _nearest(mistake: Mapping[str, Any]) -> str:
    given = mistake.get("input")
    if mistake["type"] != "literal_error" or not isinstance(given, str):
        return ""
    choices = [part.strip(" '") for part in mistake["ctx"]["expected"].replace(" or ", ",").split(",")]
    return next(iter(get_close_matches(given, choices, 1)), "")


def _shown(place: tuple[str | int, ...], given: object) -> str:
    """The value that was given, unless it is long or may be a secret."""
    name = next((part for part in reversed(place) if isinstance(part, str)), "")
    if any(word in name for word in _SECRET) or isinstance(given, dict | list | tuple):
        return ""
    text = repr(given)
    return f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}: "


def _meaning(place: tuple[str | int, ...]) -> str:
    field = model_at(place[:-1]).model_fields.get(str(place[-1]))
    return (field.description or "") if field else ""


def model_at(place: tuple[str | int, ...]) -> type[BaseModel]:
    """The record that holds the keys at a place such as ("target", 0)."""
    model: type[BaseModel] = Settings
    for part in place:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        for kind in candidates:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return model
