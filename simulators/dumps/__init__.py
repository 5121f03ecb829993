"""Dumps of hand-held readers and other systems, in every format, clean and with each kind of fault.

Written without looking at the parsers: what they make of these files shows whether both mean the same format.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from simulators.dumps import tables, text, xml
from simulators.dumps.faults import FILE_FAULTS, VALUE_FAULTS, spoil, spoiled
from simulators.dumps.text import Style
from simulators.dumps.values import Value, values

__all__ = ["FAULTS", "FORMATS", "Style", "Value", "values", "write"]

_TEXTS: dict[str, Callable[[Iterable[Value], Style], Iterator[bytes]]] = {
    "delimited": text.delimited,
    "fixed": text.fixed,
    "jsonl": text.jsonl,
    "nem12": text.nem12,
    "nem13": text.nem13,
    "iec62056-21": text.iec62056,
    "cim": lambda found, _style: xml.cim(found),
    "espi": lambda found, _style: xml.espi(found),
}
_TABLES: dict[str, Callable[[Path, Iterable[Value]], None]] = {
    "dbf": tables.dbf,
    "sqlite": tables.sqlite,
    "xlsx": tables.xlsx,
}
FORMATS = (*_TEXTS, *_TABLES)
FAULTS = (*VALUE_FAULTS, *FILE_FAULTS)


def write(path: Path, form: str, found: Iterable[Value], style: Style | None = None, fault: str = "") -> None:
    """Write a dump; raises KeyError for a format that is none and OSError."""
    found = spoiled(found, fault)
    if form in _TABLES:
        path.unlink(missing_ok=True)
        _TABLES[form](path, found)
    else:
        with path.open("wb") as file:
            file.writelines(_TEXTS[form](found, style or Style()))
    spoil(path, fault)
