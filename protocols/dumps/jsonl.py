"""JSON lines: one object a line with canonical names, or the names of the profile."""

import json
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, BinaryIO

from protocols.dumps.build import Builder
from protocols.dumps.cells import CellError, fold
from protocols.dumps.errors import DumpError
from protocols.dumps.record import Bad, Notes, Row
from protocols.dumps.spec import Spec
from protocols.dumps.text import clean, detect, lines

__all__ = ["fit", "rows"]

_SHOWN = 80
_LONGEST = 40
_NESTED = {"old_final": "old_final", "new_initial": "new_initial", "exch_time": "exch_time",
           "asset_no": "new_asset", "new_asset": "new_asset", "ct": "new_ct", "pt": "new_pt"}  # fmt: skip


def fit(reader: BinaryIO, spec: Spec) -> int:
    """How many keys of the first objects the profile knows; 0 where it lacks one that it needs."""
    encoding = detect(reader, spec.encoding)
    for _, _, raw in lines(reader, encoding):
        if not raw.strip():
            continue
        try:
            found = {spec.columns.get(fold(key), "") for key in _object(raw.decode(encoding.name, "replace"))}
        except CellError:
            return 1
        return len(found - {""}) if found & {"asset_no", "comm_addr", "cons_no"} else 0
    return 0


def rows(reader: BinaryIO, spec: Spec, tz: tzinfo, notes: Notes) -> Iterator[Row | Bad]:
    """The rows of a file."""
    encoding = detect(reader, spec.encoding)
    notes.encoding = encoding.name
    builder = Builder(spec, tz)
    for line, offset, raw in lines(reader, encoding):
        if not raw.strip():
            continue
        notes.records += 1
        try:
            text = raw.decode(encoding.name)
            cells = _cells(_object(text), spec, notes)
        except UnicodeDecodeError as error:
            yield Bad(line, offset, "encoding", "", f"byte {offset + error.start}")
        except CellError as error:
            yield Bad(line, offset, error.reason, "", clean(text, _SHOWN))
        else:
            yield from builder.build(cells, line, offset)
    if not notes.records:
        raise DumpError("empty")


def _object(text: str) -> dict[str, Any]:
    """One object, its numbers as they are written; raises CellError."""
    try:
        found = json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_number, object_pairs_hook=_pairs
        )
    except RecursionError:
        raise CellError("too_deep") from None
    except CellError:
        raise
    except ValueError:
        raise CellError("json") from None
    if not isinstance(found, dict):
        raise CellError("json")
    return found


def _number(text: str) -> str:
    if len(text) > _LONGEST or not (text[-1].isdigit() and text.isascii()):
        raise CellError("number")
    mantissa, mark, power = text.replace("E", "e").partition("e")
    if not mark:
        return text
    return f"{float(text):.15g}" if abs(int(power)) < len(mantissa) + _LONGEST else text


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CellError("json_twice")
    return found


def _cells(found: Mapping[str, Any], spec: Spec, notes: Notes) -> dict[str, str]:
    cells: dict[str, str] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            if fold(key) in {"new_meter", "exchange"}:
                cells |= {_NESTED[k]: _text(v) for k, v in value.items() if k in _NESTED}
            continue
        name = spec.columns.get(fold(key), "")
        if not name:
            notes.remark("columns_unknown", clean(key, 40))
        elif name not in cells:
            cells[name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, str):
        raise CellError("json")
    return value
