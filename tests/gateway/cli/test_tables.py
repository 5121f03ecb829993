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
    lines = shown(24, "", ("name", "value"), [("a long name of it all", "1234.56")], ("value",))
    assert "…" not in "".join(lines)
    assert lines[0].split() == ["name", "value"]
    assert any(line.endswith(" 1234.56") for line in lines)
    assert "alongnameofitall" in "".join(line.replace("1234.56", "") for line in lines[1:]).replace(" ", "")


def test_where_columns_do_not_fit_every_row_is_a_block_with_its_titles():
    rows = [("line", "L1", "2026-03-01", "12.00 %"), ("line", "L2", "", "3.00 %")]
    lines = shown(21, "losses", ("kind", "code", "day", "loss rate"), rows, ("loss rate",))
    assert lines[0] == "losses"
    assert lines[1] == "line  L1"
    assert " ".join(" ".join(lines[2:-2]).split()) == "day 2026-03-01 loss rate 12.00 %"
    assert lines[-2:] == ["line  L2", "  loss rate\u00a03.00 %"]


def test_columns_that_one_can_do_without_go_first_and_are_named():
    head, row = ("code", "from", "to", "rate"), ("L1", "1.00 %", "2.00 %", "1.50 %")
    heads, cells, note = shown(24, "", head, [row], head[1:], ("to", "from"))[:3]
    assert (heads.split(), cells) == (["code", "from", "rate"], "L1    1.00 %  1.50 %")
    assert note.startswith("no room here for: to")
    assert shown(80, "", head, [row], head[1:], ("to", "from"))[0].split() == list(head)


def test_words_are_as_wide_as_they_look():
    lines = shown(80, "", ("名称", "b"), [("集中器", "x")])
    assert lines == ["名称    b", "集中器  x"]


def test_brackets_are_no_markup():
    assert shown(80, "[bold]", ("a",), [("[/red]",)]) == ["[bold]", "a", "[/red]"]
