"""A report on the terminal, as JSON, CSV, XLSX or a chart."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from config.text import say
from gateway.cli.tables import out, table
from gateway.report.table import Table, as_csv, as_json, as_xlsx

__all__ = ["CsvFile", "XlsxFile", "save", "written", "written_all"]

CsvFile = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help=say("Write a CSV file.", "写 CSV 文件。"))
]
XlsxFile = Annotated[
    Path | None, typer.Option("--xlsx", metavar="FILE", help=say("Write a workbook.", "写 XLSX 工作簿。"))
]


def written(found: Table, key: str, csv: Path | None, xlsx: Path | None, *, as_object: bool) -> None:
    """Files that were asked for, and the table on stdout: for people, or as {key: rows}."""
    written_all({key: found}, csv, xlsx, as_object=as_object)


def written_all(found: Mapping[str, Table], csv: Path | None, xlsx: Path | None, *, as_object: bool) -> None:
    """The same of several tables, of which a CSV file takes the first; people see those with rows."""
    if csv is not None:
        save(csv, as_csv(next(iter(found.values()))).encode("utf-8-sig"))
    if xlsx is not None:
        save(xlsx, as_xlsx(*found.values()))
    if as_object:
        print(json.dumps({key: as_json(one) for key, one in found.items()}, ensure_ascii=False))
        return
    for one in found.values():
        if one.rows or len(found) == 1:
            figures = [column.title for column in one.columns if column.percent or column.places is not None]
            titles = [column.title for column in one.columns]
            out().print(table(one.title, titles, one.cells(), figures, one.spare))


def save(path: Path, content: bytes) -> None:
    """Write a file that was asked for; ends the command with 1 where that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
