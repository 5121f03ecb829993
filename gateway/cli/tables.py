"""Tables on a terminal: what is in a cell is always whole, and a column with nothing in it is left out.

Where the columns do not fit beside each other, those that one can do without go first, and are named; then each row
stands on lines of its own, every value with its title.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from config.text import say

__all__ = ["out", "table", "visible"]

_GAP = 2
_LEAST = 14
"""A column of words may be folded to this width, not further."""
_HEADS = 2
_WIDE = 1_000
"""Columns of an output that is no terminal: a pager or a file takes long lines."""


def visible(cell: object) -> str:
    """A text on one line; foreign text may not steer the reader's terminal."""
    text = str(cell)
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


def out() -> Console:
    """Standard output; as wide as its lines where it is no terminal."""
    is_narrow = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if is_narrow else _WIDE, highlight=False)


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    is_figure: bool
    cells: list[str]

    @property
    def widest(self) -> int:
        return max(map(cell_len, (self.title, *self.cells)))

    @property
    def least(self) -> int:
        return self.widest if self.is_figure else min(self.widest, _LEAST)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Knows its width only when it is printed."""

    title: str
    columns: Sequence[_Column]
    spare: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        if self.title:
            yield Text(self.title, style="bold")
        room, shown = options.max_width, list(self.columns)
        gone: list[str] = []
        for title in self.spare:
            if _least(shown) <= room:
                break
            gone += [column.title for column in shown if column.title == title]
            shown = [column for column in shown if column.title != title]
        if shown and _least(shown) > room:
            yield from _stacked(self.columns)
            return
        yield _beside(shown)
        if gone:
            names = ", ".join(reversed(gone))
            text = say(
                f"no room here for: {names} (a wider terminal, --json or --csv)",
                f"此处显示不下：{names}（加宽终端，或用 --json、--csv）",
            )
            yield Text(text, style="dim")


def _least(columns: Sequence[_Column]) -> int:
    return sum(column.least + _GAP for column in columns) - _GAP


def _beside(columns: Sequence[_Column]) -> Table:
    found = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False)
    for column in columns:
        found.add_column(
            Text(column.title),
            justify="right" if column.is_figure else "left",
            overflow="fold",
            no_wrap=column.is_figure,
            min_width=min(column.least, column.widest),
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        found.add_row(*map(Text, row))
    return found


def _stacked(columns: Sequence[_Column]) -> Iterator[RenderableType]:
    """Each row as a block: what names it, then every value that there is beside its title."""
    heads = next((place for place, one in enumerate(columns[:_HEADS]) if one.is_figure), _HEADS)
    for row in zip(*(column.cells for column in columns), strict=True):
        if name := "  ".join(cell for cell in row[:heads] if cell):
            yield Text(name, style="bold")
        told = zip(columns[heads:], row[heads:], strict=True)
        pairs = [(column.title, cell) for column, cell in told if cell]
        line = Text("   ").join(Text.assemble((f"{title}\u00a0", "dim"), value) for title, value in pairs)
        yield Padding(line, (0, 0, 0, 2), expand=False)


def table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Iterable[str] = (),
    spare: Sequence[str] = (),
) -> ConsoleRenderable:
    """Rows under their columns below a title; those of `right` are figures. None leaves a cell empty.

    Columns of `spare` may go where there is no room, the first one first.
    """
    cells = [["" if cell is None else visible(cell) for cell in row] for row in rows]
    figures = set(right)
    found = [
        _Column(name, name in figures, [row[place] for row in cells]) for place, name in enumerate(columns)
    ]
    return _Sheet(title, [column for column in found if not cells or any(column.cells)], spare)
