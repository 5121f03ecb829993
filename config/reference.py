"""The settings and the archive's columns described from the code: JSON Schema for editors, Markdown for people."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.aliases import aliases
from config.archive import Exchange, Meter, Node, Relation
from config.columns import column_meaning
from config.meanings import meaning, table_meaning
from config.schema import Settings
from config.text import language, say

__all__ = ["archive_markdown", "keys", "markdown", "schema"]

_TABLES: dict[str, type] = {"meters": Meter, "relations": Relation, "nodes": Node, "exchanges": Exchange}
_CHOICES = {
    "status": "status",
    "wiring": "wiring",
    "node_kind": "node_kind",
    "kind": "node_kind",
    "side": "side",
}


def schema() -> str:
    """JSON Schema of `meterd.toml`, ending with a new line."""
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(),
        "title": "meterd.toml",
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _tables() -> Iterator[tuple[str, str, type[BaseModel]]]:
    """The tables of the file: their names, headers and records."""
    for name, field in Settings.model_fields.items():
        record = next(
            kind
            for kind in (field.annotation, *get_args(field.annotation))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        )
        origin = get_origin(field.annotation)
        header = f"[[{name}]]" if origin is tuple else f"[{name}.CLASS]" if origin is dict else f"[{name}]"
        yield name, header, record
        for key, inner in record.model_fields.items():
            if (nested := _nested(inner)) is not None:
                yield f"{name}.{key}", f"[[{name}.{key}]]", nested


def _nested(field: FieldInfo) -> type[BaseModel] | None:
    """The record of a list of tables inside a table."""
    first = next(iter(get_args(field.annotation)), None)
    if get_origin(field.annotation) is tuple and isinstance(first, type) and issubclass(first, BaseModel):
        return first
    return None


def keys() -> list[str]:
    """Every key as `table.key`."""
    return [f"{name}.{key}" for name, _, record in _tables() for key in record.model_fields]


_KINDS: dict[Any, tuple[str, str]] = {
    str: ("text", "文本"),
    int: ("whole number", "整数"),
    float: ("number", "数"),
    bool: ("true, false", "true、false"),
    Path: ("path", "路径"),
    date: ("date", "日期"),
}


def _kind(field: FieldInfo) -> str:
    kind, metadata = _bare(field.annotation, list(field.metadata))
    if _nested(field) is not None:
        return say("tables, see below", "表，见下")
    if get_origin(kind) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(kind))
    return say(*_KINDS.get(kind, ("list of texts", "文本列表"))) + _limits(metadata)


def _bare(kind: Any, metadata: list[Any]) -> tuple[Any, list[Any]]:
    """A kind without `| None` and without what is annotated to it, which is returned beside it."""
    if isinstance(kind, UnionType) or get_origin(kind) is Union:
        kind = next(part for part in get_args(kind) if part is not type(None))
    if get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        for one in more:
            metadata += one.metadata if isinstance(one, FieldInfo) else [one]
    return kind, metadata


def _limits(metadata: Iterable[Any]) -> str:
    least, most = "", ""
    for limit in metadata:
        if isinstance(limit, annotated_types.Ge | annotated_types.Gt):
            least = f"{getattr(limit, 'ge', getattr(limit, 'gt', None)):.16g}"
        if isinstance(limit, annotated_types.Le):
            most = f"{limit.le:.16g}"
    if least and most:
        return say(f", {least} to {most}", f"，{least} 至 {most}")
    return say(f", at least {least}", f"，至少 {least}") if least else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return say("**required**", "**必填**")
    value = field.default
    if value is None:
        return ""
    return (
        f"`{json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)}`"
    )


_HEAD = (
    "# Configuration",
    "",
    (
        "One TOML file, by custom `/etc/meterd/meterd.toml`, and the [archive](archive.md) beside it. Paths are "
        "relative to the file."
    ),
    (
        "`meterd check -c FILE` names every mistake with file, line, key and what was expected; "
        "`meterd schema` prints a JSON Schema for editors (also in `config/meterd.schema.json`)."
    ),
    "An example that runs without hardware is in `config/example/`. [中文](zh/configuration.md)",
    "",
    "This page is what `meterd schema --markdown` prints.",
    "",
)
_HEAD_ZH = (
    "# 配置",
    "",
    (
        "一个 TOML 文件（通常为 `/etc/meterd/meterd.toml`）加上旁边的[档案](archive.md)。"
        "文件中的相对路径相对于该文件。"
    ),
    (
        "`meterd check -c FILE` 一次指出全部错误：文件、行号、键、期望值和最接近的正确写法；"
        "`meterd schema` 输出供编辑器使用的 JSON Schema（亦见 `config/meterd.schema.json`）。"
    ),
    "无需硬件即可运行的示例在 `config/example/`。[English](../configuration.md)",
    "",
    "本页即 `METERD_LANG=zh meterd schema --markdown` 的输出。",
    "",
)


def markdown() -> str:
    """The reference of `meterd.toml` in the reader's language: every key with kind, default and meaning."""
    chinese = language() == "zh"
    lines = list(_HEAD_ZH if chinese else _HEAD)
    for name, header, record in _tables():
        lines += [f"## `{header}`", "", table_meaning(name, record), ""]
        lines += [
            say("| key | kind | default | meaning |", "| 键 | 类型 | 默认值 | 含义 |"),
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{key}` | {_kind(field)} | {_default(field)} | {meaning(name, key, field.description or '')} |"
            for key, field in record.model_fields.items()
        ]
        lines.append("")
    return "\n".join(lines)


_ARCHIVE = (
    "# The archive",
    "",
    (
        "A folder of tables as a utility has them, CSV or XLSX (first sheet; needs the extra `dumps`): `meters`, and "
        "where wanted `relations`, `nodes`, `exchanges`. [中文](zh/archive.md)"
    ),
    (
        "CSV is read as UTF-8 (with or without a mark) or GB18030. The first row that is not empty holds the headers, "
        "in English or by any of the Chinese names below, in any order. A column of no known name is an error."
    ),
    "`meterd check` names every wrong cell with file, row and column.",
    "",
    (
        "Dates are written `2026-05-01`, `2026/5/1` or `2026年5月1日`. What is only kept has no effect yet, beside "
        "being checked and, where it tells nothing of people, published with the archive."
    ),
    "",
    "This page is what `meterd schema --archive` prints.",
    "",
)
_ARCHIVE_ZH = (
    "# 档案",
    "",
    (
        "档案是一个目录，内有电力公司常用的表格，CSV 或 XLSX（取第一个工作表，需要附加组件 `dumps`）："
        "`meters`（电能表），需要时还有 `relations`（关系）、`nodes`（节点）、`exchanges`（换表）。"
        "[English](../archive.md)"
    ),
    (
        "CSV 按 UTF-8（有无 BOM 均可）或 GB18030 读取。第一个非空行为表头，用英文列名或下列任一中文名，顺序不限；"
        "不认识的列名视为错误。"
    ),
    "`meterd check` 指出每个有错的单元格：文件、行和列。",
    "",
    (
        "日期写作 `2026-05-01`、`2026/5/1` 或 `2026年5月1日`。注明“仅保存”的列目前除检查外不起作用；"
        "不涉及个人的列随档案发布到主站。"
    ),
    "",
    "本页即 `METERD_LANG=zh meterd schema --archive` 的输出。",
    "",
)


def _values(column: str) -> str:
    table = aliases()["values"].get(_CHOICES.get(column, column), {})
    return "; ".join(f"`{value}` ({', '.join(others)})" for value, others in table.items())


def archive_markdown() -> str:
    """The columns of the archive's tables with their Chinese headers, in the reader's language."""
    lines = list(_ARCHIVE_ZH if language() == "zh" else _ARCHIVE)
    for name, record in _TABLES.items():
        lines += [f"## `{name}`", "", column_meaning(name, "_"), ""]
        lines += [
            say("| column | Chinese headers | default | meaning |", "| 列 | 中文表头 | 默认值 | 含义 |"),
            "|---|---|---|---|",
        ]
        lines += [
            _column(name, field, others)
            for field in fields(record)
            if (others := aliases()[name].get(field.name)) is not None
        ]
        lines.append("")
    return "\n".join(lines)


def _column(table: str, field: Field[Any], others: Iterable[str]) -> str:
    needed = f"**{say('required', '必填')}**"
    default = (
        needed if field.default is MISSING else "" if field.default in ("", None) else f"`{field.default}`"
    )
    meaning = " ".join(part for part in (column_meaning(table, field.name), _values(field.name)) if part)
    return f"| `{field.name}` | {', '.join(others)} | {default} | {meaning} |"
