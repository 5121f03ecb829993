"""The layouts by name: how each is recognised among profiles and read."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import BinaryIO

from drivers.dumps import sqlite, xlsx
from drivers.dumps.files import Opened
from protocols.dumps import cim, dbf, delimited, espi, fixed, iec62056, jsonl, nem, sniff
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec

__all__ = ["FORMATS", "Format", "choose", "rows"]

Read = Callable[[Opened, Spec, tzinfo, Notes], Iterator[Row | Bad]]
Fit = Callable[[Opened, Spec], int]
Parse = Callable[[BinaryIO, Spec, tzinfo, Notes], Iterator[Row | Bad]]


@dataclass(frozen=True, slots=True)
class Format:
    """`read` yields rows; `fit` says how well a profile of this layout fits a file: above 0 the better, below 0 the
    columns that are missing, 0 not at all.

    `layouts` are the names that `sniff.layout` may give for such a file.
    """

    read: Read
    fit: Fit
    layouts: tuple[str, ...]


def _always(_file: Opened, _spec: Spec) -> int:
    return 1


def _pure(parse: Parse) -> Read:
    return lambda file, spec, tz, notes: parse(file.reader, spec, tz, notes)


FORMATS: dict[str, Format] = {
    "delimited": Format(
        _pure(delimited.rows), lambda file, spec: delimited.fit(file.reader, spec), ("text",)
    ),
    "fixed": Format(_pure(fixed.rows), lambda file, spec: fixed.fit(file.reader, spec, UTC), ("text",)),
    "dbf": Format(_pure(dbf.rows), lambda file, spec: dbf.fit(file.reader, spec), ("dbf",)),
    "sqlite": Format(sqlite.rows, sqlite.fit, ("sqlite",)),
    "xlsx": Format(xlsx.rows, xlsx.fit, ("xlsx",)),
    "jsonl": Format(_pure(jsonl.rows), lambda file, spec: jsonl.fit(file.reader, spec), ("jsonl",)),
    "nem12": Format(_pure(nem.rows12), _always, ("nem12",)),
    "nem13": Format(_pure(nem.rows13), _always, ("nem13",)),
    "iec62056-21": Format(_pure(iec62056.rows), _always, ("iec62056-21",)),
    "cim": Format(_pure(cim.rows), _always, ("cim",)),
    "espi": Format(_pure(espi.rows), _always, ("espi",)),
}


def choose(file: Opened, known: Iterable[Spec], wanted: Spec | None = None) -> Spec:
    """The profile that fits a file best, or the wanted one if the file can be of its layout; raises DumpError.

    Where none fits, the one that lacks the fewest columns: reading by it tells which.
    """
    layout = sniff.layout(file.head(sniff.HEAD))
    if wanted is not None:
        if not layout or layout not in FORMATS[wanted.format].layouts:
            raise DumpError("other_format", f"{layout or '?'} != {wanted.format}")
        return wanted
    if not layout:
        raise DumpError("unknown_format")
    fitting = [spec for spec in known if layout in FORMATS[spec.format].layouts]
    scored = [(FORMATS[spec.format].fit(file, spec), spec) for spec in fitting]
    scored = [pair for pair in scored if pair[0]]
    if not scored:
        raise DumpError("no_profile", layout)
    return max(scored, key=lambda pair: pair[0])[1]


def rows(file: Opened, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The records of a file by its profile; raises DumpError where it cannot be read on."""
    for count, item in enumerate(FORMATS[spec.format].read(file, spec, tz, notes), 1):
        if count > file.limits.max_rows:
            raise DumpError("too_many_rows", str(file.limits.max_rows))
        yield item
