"""Tables on a terminal: what is in a cell is always whole, and a column with nothing in it is left out."""

from collections.abc import Iterable, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

__all__ = ["table", "visible"]


def visible(cell: object) -> str:
    """A text on one line; foreign text may not steer the reader's terminal."""
    text = str(cell)
    return text if text.isprintable() else "".join(char if char.isprintable() else "\ufffd" for char in text)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], right: Iterable[str] = ()
) -> Group:
    """Rows under their columns below a title; those of `right` are figures. None leaves a cell empty."""
    cells = [["" if cell is None else visible(cell) for cell in row] for row in rows]
    filled = [place for place in range(len(columns)) if not cells or any(row[place] for row in cells)]
    figures = set(right)
    found = Table(box=None, padding=(0, 2, 0, 0))
    for place in filled:
        is_figure = columns[place] in figures
        justify = "right" if is_figure else "left"
        found.add_column(columns[place], justify=justify, overflow="fold", no_wrap=is_figure)  # type: ignore[arg-type]
    for row in cells:
        found.add_row(*(Text(row[place]) for place in filled))
    return Group(*([Text(title, style="bold")] if title else []), found)
