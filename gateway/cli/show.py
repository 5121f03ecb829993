"""Writes manuals down: as `--help` on a terminal, and as the sections of docs/commands.md."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rich.cells import cell_len

from config.text import say
from gateway.cli.manual import Entry, Manual

__all__ = ["dress", "markdown", "text"]

_WIDTH = 100
_INDENT = 2
_LABEL = 26
_CLOSING = "，。；：、）！？"


def dress(command: Any, known: Iterable[Manual]) -> Any:
    """Let a command and those in it show these manuals as their help; returns the command."""
    _dress(command, "meterd", {manual.path: manual for manual in known})
    return command


def _dress(command: Any, path: str, known: Mapping[str, Manual]) -> None:
    command.format_help = partial(_format, known[path])
    for name, inner in getattr(command, "commands", {}).items():
        _dress(inner, f"{path} {name}", known)


def _format(manual: Manual, _context: Any, formatter: Any) -> None:
    formatter.write(text(manual))


def text(manual: Manual) -> str:
    """The manual for a terminal of a hundred columns."""
    parts = [f"{say('Usage: ', '用法：')}{manual.usage}"]
    parts += ["\n".join(_folded(one, _WIDTH)) for one in (manual.summary, *manual.more) if one]
    options = (*manual.options, Entry("--help", say("Show this.", "显示本说明。")))
    tables = [
        (say("Arguments", "参数"), manual.arguments),
        *manual.commands,
        (say("Options", "选项"), options),
    ]
    parts += [f"{title}{say(':', '：')}\n{_table(rows)}" for title, rows in tables if rows]
    if manual.examples:
        lines = "\n".join(" " * _INDENT + line for line in manual.examples)
        parts.append(f"{say('Examples:', '示例：')}\n{lines}")
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[Entry]) -> str:
    width = min(_LABEL, max(cell_len(row.label) for row in rows))
    lines = list[str]()
    for row in rows:
        label = row.label + " " * (width - cell_len(row.label))
        if cell_len(row.label) > width:
            lines.append(" " * _INDENT + row.label)
            label = " " * width
        first, *others = _folded(row.meaning, _WIDTH - width - 2 * _INDENT) or [""]
        lines.append(f"{' ' * _INDENT}{label}{' ' * _INDENT}{first}".rstrip())
        lines += [" " * (width + 2 * _INDENT) + line for line in others]
    return "\n".join(lines)


def _folded(paragraph: str, width: int) -> list[str]:
    """Lines of at most `width` cells; Chinese has no spaces to break at and takes two cells a character."""
    if cell_len(paragraph) == len(paragraph):
        return textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)
    lines, line = list[str](), ""
    for piece in _pieces(paragraph):
        if line and cell_len(line + piece.rstrip()) > width and piece not in _CLOSING:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()]


def _pieces(paragraph: str) -> Iterator[str]:
    """Single wide characters, and runs of narrow ones with the space behind them."""
    word = ""
    for char in paragraph:
        wide = cell_len(char) > 1
        if not wide:
            word += char
        if word and (wide or char == " "):
            yield word
            word = ""
        if wide:
            yield char
    if word:
        yield word


def markdown(manual: Manual) -> str:
    """The manual as part of a page, below its heading."""
    parts = [manual.summary, *manual.more]
    rows = [*manual.arguments, *manual.options]
    inner = [
        Entry(f"{manual.path} {row.label}", row.meaning) for _, rows_ in manual.commands for row in rows_
    ]
    if rows:
        parts.append(_markdown_table(say("argument or option", "参数或选项"), rows))
    if inner:
        parts.append(_markdown_table(say("command", "命令"), inner))
    if manual.examples:
        parts.append("\n".join(["```sh", *manual.examples, "```"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(head: str, rows: Iterable[Entry]) -> str:
    lines = [f"| {head} | {say('meaning', '含义')} |", "|---|---|"]
    lines += ["| `{}` | {} |".format(row.label, row.meaning.replace("|", "\\|")) for row in rows]
    return "\n".join(lines)
