"""What there is to say of every command, read from the commands themselves; `gateway.cli.show` writes it down."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from config.text import say

__all__ = ["SECTIONS", "Entry", "Manual", "examples", "manuals"]

SECTIONS: Mapping[str, tuple[str, str]] = {
    "init": ("A first meter", "接入第一块表"),
    "check": ("The gateway", "网关"),
    "import": ("Hand-held readers", "抄表机"),
    "ingest": ("The master", "主站"),
    "model": ("Meter models", "表型"),
    "simulate": ("Without hardware", "没有硬件时"),
}
"""Sections of the list of commands: each begins with this command and holds those after it."""

_KINDS: Mapping[type, str] = {int: "N", float: "X", Path: "FILE", str: "TEXT"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An option, an argument or a command of a group: how it is written and what it means."""

    label: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """A command as a person reads of it; `path` is `meterd read`, `commands` those of a group by section."""

    path: str
    usage: str
    summary: str
    more: tuple[str, ...]
    arguments: tuple[Entry, ...]
    options: tuple[Entry, ...]
    commands: tuple[tuple[str, tuple[Entry, ...]], ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parameter:
    """An option or argument as its function declares it."""

    name: str
    kind: type
    many: bool
    info: OptionInfo | ArgumentInfo
    default: Any

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def label(self) -> str:
        info = self.info
        if isinstance(info, ArgumentInfo):
            if info.metavar:
                return info.metavar
            name = self.name.upper() + (" ..." if self.many else "")
            return name if self.required else f"[{name}]"
        # Written inside Annotated, the first name comes as what elsewhere is the default.
        given = [str(name) for name in (info.default, *(info.param_decls or ())) if str(name).startswith("-")]
        names = ", ".join(sorted(given, key=len)) or f"--{self.name.replace('_', '-')}"
        return names if self.kind is bool else f"{names} {info.metavar or _KINDS.get(self.kind, 'TEXT')}"

    @property
    def meaning(self) -> str:
        said = _line(self.info.help or "").rstrip(".。")
        noted = say(", ", "，").join(self._notes())
        if noted:
            said += say(f" ({noted})", f"（{noted}）")
        return said + say(".", "。") if said else ""

    def _notes(self) -> Iterator[str]:
        low, high, default = self.info.min, self.info.max, self.default
        if low is not None and high is not None:
            yield say(f"{low} to {high}", f"{low} 至 {high}")
        elif low:
            yield say(f"from {low}", f"不小于 {low}")
        if self.required and isinstance(self.info, OptionInfo):
            yield say("required", "必填")
        elif isinstance(default, list):
            yield say(f"default {', '.join(default)}", f"默认 {', '.join(default)}")
        elif self.kind is not bool and isinstance(default, str | int | float) and default != "":
            shown = f"{default:g}" if isinstance(default, float) else default
            yield say(f"default {shown}", f"默认 {shown}")


def examples(*lines: str) -> str:
    """Command lines to show below the help of a command."""
    return "\n".join(lines)


def manuals(app: typer.Typer, order: Sequence[str] = (), path: str = "meterd") -> Iterator[Manual]:
    """The manual of a group and of all commands in it; those of `order` come first and are divided into sections."""
    inner = list(_inner(app, path))
    places = {f"{path} {name}": place for place, name in enumerate(order)}
    inner.sort(key=lambda one: places.get(one[0].path, len(places)))
    rows = [Entry(one.path.rpartition(" ")[2], one.summary) for one, *_ in inner]
    yield _group(app, path, tuple(_sections(rows, divided=bool(order))))
    for one, *deeper in inner:
        yield one
        yield from deeper


def _inner(app: typer.Typer, path: str) -> Iterator[tuple[Manual, ...]]:
    for command in app.registered_commands:
        if command.callback is not None and not command.hidden:
            name = command.name or command.callback.__name__.replace("_", "-")
            yield (_manual(f"{path} {name}", command.callback, command.help, command.epilog),)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            yield tuple(manuals(group.typer_instance, (), f"{path} {group.name}"))


def _group(app: typer.Typer, path: str, commands: tuple[tuple[str, tuple[Entry, ...]], ...]) -> Manual:
    info, root = app.info, app.registered_callback
    callback = root.callback if root is not None else None
    given = [source for source in (root, info) if source is not None]
    told = next((one.help for one in given if isinstance(one.help, str) and one.help), None)
    epilog = next((one.epilog for one in given if isinstance(one.epilog, str)), None)
    return _manual(path, callback or (lambda: None), told, epilog, commands)


def _manual(
    path: str,
    callback: Callable[..., Any],
    told: str | None,
    epilog: str | None,
    commands: tuple[tuple[str, tuple[Entry, ...]], ...] = (),
) -> Manual:
    found = [one for one in _parameters(callback) if not one.info.hidden]
    arguments = [one for one in found if isinstance(one.info, ArgumentInfo)]
    options = [one for one in found if isinstance(one.info, OptionInfo)]
    summary, *more = inspect.cleandoc(told or callback.__doc__ or "").split("\n\n")
    needed = [
        one.label.partition(", ")[0].split()[0] + " " + one.label.split()[-1]
        for one in options
        if one.required
    ]
    rest = [say("[OPTIONS]", "[选项]")] if len(needed) < len(options) else []
    which = [say("COMMAND", "命令")] if commands else []
    return Manual(
        path=path,
        usage=" ".join([path, *needed, *rest, *which, *(one.label for one in arguments)]),
        summary=_line(summary),
        more=tuple(map(_line, more)),
        arguments=tuple(Entry(one.label, one.meaning) for one in arguments),
        options=tuple(Entry(one.label, one.meaning) for one in options),
        commands=commands,
        examples=tuple((epilog or "").splitlines()),
    )


def _parameters(callback: Callable[..., Any]) -> Iterator[_Parameter]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, *extras = get_args(hints[name]) if hasattr(hints[name], "__metadata__") else (hints[name],)
        info = next((one for one in extras if isinstance(one, OptionInfo | ArgumentInfo)), None)
        if info is None:
            continue
        bare, many = _bare(kind)
        yield _Parameter(name=name, kind=bare, many=many, info=info, default=parameter.default)


def _bare(kind: Any) -> tuple[type, bool]:
    """A type without `| None` and without its list, and whether it was one."""
    inner = [one for one in get_args(kind) if one is not type(None)]
    if getattr(kind, "__origin__", None) in (list, tuple):
        return _bare(inner[0])[0], True
    if inner:
        return _bare(inner[0])
    return kind, False


def _sections(rows: Sequence[Entry], *, divided: bool) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    title, gathered = say("Commands", "命令"), list[Entry]()
    for row in rows:
        if divided and row.label in SECTIONS:
            if gathered:
                yield title, tuple(gathered)
            title, gathered = say(*SECTIONS[row.label]), []
        gathered.append(row)
    if gathered:
        yield title, tuple(gathered)


def _line(paragraph: str) -> str:
    """A paragraph as one line; Chinese lines are joined without a space."""
    text = ""
    for line in map(str.strip, paragraph.splitlines()):
        text += (" " if text and (text[-1].isascii() or line[:1].isascii()) else "") + line
    return text.strip()
