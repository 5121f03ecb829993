"""The settings and the archive's columns described from the code: JSON Schema for editors, Markdown for people."""

import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.aliases import aliases
from config.archive import Exchange, Meter, Node, Relation
from config.schema import Settings

__all__ = ["archive_markdown", "keys", "markdown", "schema"]

_TABLES: dict[str, tuple[type, str]] = {
    "meters": (Meter, "One row a meter. Only `asset_no`, `address`, `protocol` and `target` are required."),
    "relations": (
        Relation,
        (
            "Which meter counts for which line or transformer. A public transformer's total meter is supply for its "
            "area and sale for its line: two rows."
        ),
    ),
    "nodes": (Node, "Lines and transformers. Where this table is present, relations may name only its rows."),
    "exchanges": (
        Exchange,
        (
            "Meter exchanges. Beside these columns there is one for each register: `old:1-0:1.8.0` (or `旧:`) for "
            "the last reading of the old meter, `new:1-0:1.8.0` (or `新:`) for the first of the new one."
        ),
    ),
}
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


def _tables() -> Iterator[tuple[str, type[BaseModel], FieldInfo]]:
    """The tables of the file: their headers, records and places."""
    for name, field in Settings.model_fields.items():
        record = next(
            kind
            for kind in (field.annotation, *get_args(field.annotation))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        )
        origin = get_origin(field.annotation)
        header = f"[[{name}]]" if origin is tuple else f"[{name}.CLASS]" if origin is dict else f"[{name}]"
        yield header, record, field


def keys() -> list[str]:
    """Every key as `table.key`."""
    return [f"{header.strip('[]')}.{key}" for header, record, _ in _tables() for key in record.model_fields]


def _kind(field: FieldInfo) -> str:
    kind = field.annotation
    parts = [part for part in get_args(kind) if part is not type(None)]
    if get_origin(kind) is not Literal and get_origin(kind) is not tuple and parts:
        kind = parts[0]
    if get_origin(kind) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(kind))
    names: dict[Any, str] = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true, false",
        Path: "path",
    }
    return names.get(kind, "list of texts") + _limits(field)


def _limits(field: FieldInfo) -> str:
    least, most = "", ""
    for limit in field.metadata:
        if isinstance(limit, annotated_types.Ge | annotated_types.Gt):
            least = f"{getattr(limit, 'ge', getattr(limit, 'gt', None)):.16g}"
        if isinstance(limit, annotated_types.Le):
            most = f"{limit.le:.16g}"
    if least and most:
        return f", {least} to {most}"
    return f", at least {least}" if least else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value is None:
        return ""
    return (
        f"`{json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)}`"
    )


def markdown() -> str:
    """The reference of `meterd.toml`: every table and key with kind, default and meaning."""
    lines = [
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
    ]
    for header, record, _ in _tables():
        text = " ".join((record.__doc__ or "").split())
        meaning = text.partition(": ")[2] or text
        lines += [f"## `{header}`", "", meaning[:1].upper() + meaning[1:], ""]
        lines += ["| key | kind | default | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{key}` | {_kind(field)} | {_default(field)} | {field.description} |"
            for key, field in record.model_fields.items()
        ]
        lines.append("")
    return "\n".join(lines)


def _values(column: str) -> str:
    table = aliases()["values"].get(_CHOICES.get(column, column), {})
    return "; ".join(f"`{value}` ({', '.join(others)})" for value, others in table.items())


def archive_markdown() -> str:
    """The columns of the archive's tables with their Chinese headers."""
    lines = [
        "# The archive (档案)",
        "",
        (
            "A folder of tables as a utility has them, CSV or XLSX (first sheet; needs the extra `dumps`): "
            "`meters`, and where wanted `relations`, `nodes`, `exchanges`."
        ),
        (
            "CSV is read as UTF-8 (with or without a mark) or GB18030. The first row that is not empty holds the "
            "headers, in English or by any of the Chinese names below, in any order. Addresses are filled to 12 "
            "digits from the left."
        ),
        "`meterd check` names every wrong cell with file, row and column.",
        "",
        (
            "Ratios are written `300/5` or `60`, dates `2026-05-01`, `2026/5/1` or `2026年5月1日`, the time of an "
            "exchange with its offset: `2026-05-01T10:30:00+08:00`."
        ),
        "",
        "This page is what `meterd schema --archive` prints.",
        "",
    ]
    for name, (record, text) in _TABLES.items():
        lines += [
            f"## `{name}`",
            "",
            text,
            "",
            "| column | Chinese headers | default | values |",
            "|---|---|---|---|",
        ]
        for field in fields(record):
            others = aliases()[name].get(field.name)
            if others is None:
                continue
            needed = field.default is MISSING
            default = (
                "**required**" if needed else "" if field.default in ("", None) else f"`{field.default}`"
            )
            lines.append(f"| `{field.name}` | {', '.join(others)} | {default} | {_values(field.name)} |")
        lines.append("")
    return "\n".join(lines)
