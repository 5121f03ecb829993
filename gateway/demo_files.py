"""The files of a demonstration: configuration and archive as somebody would write them for its place."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.simulate import write_archive

__all__ = ["Place", "Table", "write"]

_OURS = ("node", "side")
"""What rows of meters say that belongs into the table of relations."""

Table = tuple[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Rows of meters with their `node` and `side`; `lines`, and `transformers` with the line that feeds each.

    `targets` and `tasks` are tables of the configuration.
    """

    meters: Sequence[Mapping[str, str]]
    targets: Sequence[Mapping[str, object]]
    tasks: Sequence[Mapping[str, object]]
    lines: Sequence[str] = ()
    transformers: Mapping[str, str]


def write(folder: Path, name: str, place: Place, database: Path, others: Iterable[Table] = ()) -> Path:
    """Configuration and archive of a gateway and of the master with this database; returns the configuration."""
    archive = folder / "archive"
    archive.mkdir()
    _table(archive / "meters.csv", [{k: v for k, v in row.items() if k not in _OURS} for row in place.meters])
    _table(archive / "relations.csv", list(_relations(place)))
    nodes = [{"kind": "line", "code": code} for code in place.lines]
    nodes += [{"kind": "transformer", "code": c, "line": line} for c, line in place.transformers.items()]
    _table(archive / "nodes.csv", nodes)
    tables: list[Table] = [
        ("[gateway]", {"name": name, "state_dir": str(folder / "state"), "archive": "archive"}),
        ("[metrics]", {"listen": ""}),
        *others,
        *(("[[target]]", one) for one in place.targets),
        *(("[[task]]", one) for one in place.tasks),
        ("[master]", {"broker": "mqtt://127.0.0.1", "database": f"sqlite:///{database}"}),
    ]
    path = folder / "meterd.toml"
    lines = [line for head, keys in tables for line in (head, *_lines(keys), "")]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _lines(keys: Mapping[str, object]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in keys.items()]


def _relations(place: Place) -> Iterator[dict[str, str]]:
    for row in place.meters:
        yield {
            "meter": row["asset_no"],
            "node_kind": "line" if row["node"] in place.lines else "transformer",
            "node": row["node"],
            "side": row.get("side", "sale"),
        }


def _table(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows may lack what others have."""
    names = dict.fromkeys(name for row in rows for name in row)
    write_archive(path, [{name: row.get(name, "") for name in names} for row in rows])
