"""Tables on a terminal (gateway.cli.tables)."""

import io

from rich.console import Console

from gateway.cli.tables import table


def shown(width, *arguments):
    console = Console(width=width, file=io.StringIO())
    console.print(table(*arguments))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_column_with_nothing_in_it_is_left_out():
    lines = shown(80, "", ("a", "b", "c"), [("x", None, 1), ("y", "", 22)], ("c",))
    assert lines == ["a   c", "x   1", "y  22"]


def test_a_table_without_rows_has_its_heads():
    assert shown(80, "Nothing", ("a", "b"), []) == ["Nothing", "a  b"]


def test_a_cell_is_folded_and_never_cut():
    lines = shown(14, "", ("name", "value"), [("a long name of it", "1234.56")], ("value",))
    assert "…" not in "".join(lines)
    assert any(line.endswith(" 1234.56") for line in lines)
    assert "alongnameofit" in "".join(line.replace("1234.56", "") for line in lines[1:]).replace(" ", "")


def test_brackets_are_no_markup():
    assert shown(80, "[bold]", ("a",), [("[/red]",)]) == ["[bold]", "a", "[/red]"]
