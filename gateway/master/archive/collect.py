"""Retained pages of archives, put together when all of a manifest's pages are there. Pure."""

import hashlib
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from gateway.archived import MAIN, Table
from gateway.payload import MAX_BODY, MAX_EXPANDED

__all__ = ["ArchiveError", "Collector", "Published", "digest_of"]

_PAGES = 20_000
_HELD = 64 * 1024 * 1024


class ArchiveError(Exception):
    """A body that is no page or manifest of this contract."""


@dataclass(frozen=True, slots=True)
class Published:
    """The whole archive of a gateway; `digest` names its content."""

    gateway: str
    digest: str
    tables: dict[str, Table]


@dataclass(frozen=True, slots=True)
class _Page:
    table: str
    sha256: str
    columns: list[str]
    rows: list[list[Any]]
    size: int


@dataclass(slots=True)
class _Pending:
    """What is there of one gateway; `done` is the digest that was put together last."""

    manifest: dict[str, dict[str, Any]] | None = None
    pages: dict[int, _Page] = field(default_factory=dict)
    done: str = ""


def digest_of(hashes: dict[str, str]) -> str:
    """One name for the content of all tables, from the hash of each."""
    return hashlib.sha256("".join(f"{name}:{hashes[name]}\n" for name in sorted(hashes)).encode()).hexdigest()


class Collector:
    """Takes bodies in any order; of each gateway only what may still be needed is held."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def take(self, gateway: str, page: str, body: bytes) -> Published | None:
        """A manifest (`page` is empty) or a page by its number; the archive where it is whole now.

        Raises ArchiveError.
        """
        found = _parsed(body)
        if found.get("v") != 1 or found.get("gateway") != gateway:
            raise ArchiveError("not an archive of this gateway in this version")
        known = self._pending.setdefault(gateway, _Pending())
        if page:
            self._hold(known, page, found, len(body))
        else:
            known.manifest = _described(found)
        return self._whole(gateway, known)

    def _hold(self, known: _Pending, page: str, found: dict[str, Any], size: int) -> None:
        number = int(page) if page.isascii() and page.isdecimal() else 0
        if not 0 < number <= _PAGES or found.get("page") != number:
            raise ArchiveError("no number of a page")
        if sum(one.size for one in known.pages.values()) + size > _HELD:
            raise ArchiveError("more pages than an archive may have")
        columns, rows, sha = found.get("columns"), found.get("rows"), found.get("sha256")
        if not (isinstance(columns, list) and isinstance(rows, list) and isinstance(sha, str)):
            raise ArchiveError("no columns, rows or hash")
        if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
            raise ArchiveError("a row has not the cells of its columns")
        known.pages[number] = _Page(str(found.get("table", MAIN)), sha, columns, rows, size)

    def _whole(self, gateway: str, known: _Pending) -> Published | None:
        if known.manifest is None:
            return None
        digest = digest_of({name: said["sha256"] for name, said in known.manifest.items()})
        if digest == known.done:
            known.pages.clear()  # the same again, as after a new connection
            return None
        tables: dict[str, Table] = {}
        for name, said in known.manifest.items():
            table = _table(name, said, known.pages)
            if table is None:
                return None
            tables[name] = table
        known.done = digest
        known.pages.clear()
        return Published(gateway, digest, tables)


def _table(name: str, said: dict[str, Any], pages: dict[int, _Page]) -> Table | None:
    rows: list[list[Any]] = []
    for number in range(said["first"], said["first"] + said["pages"]):
        page = pages.get(number)
        if page is None or (page.table, page.sha256) != (name, said["sha256"]):
            return None
        rows += page.rows
    text = json.dumps([said["columns"], rows], ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() != said["sha256"]:
        raise ArchiveError(f"the pages of {name} do not add up to the hash of the manifest")
    return Table(said["columns"], rows)


def _described(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a manifest says of each table; one of an older gateway has only the meters."""
    tables = found.get("tables", {})
    if not isinstance(tables, dict) or MAIN in tables:
        raise ArchiveError("no tables")
    described = {MAIN: {**found, "first": 1}, **tables}
    for said in described.values():
        if not (
            isinstance(said, dict)
            and isinstance(said.get("sha256"), str)
            and isinstance(said.get("columns"), list)
            and all(type(said.get(key)) is int for key in ("first", "pages"))
            and 0 <= said["pages"] <= _PAGES
        ):
            raise ArchiveError("a table without hash, columns or pages")
    return {str(name): {key: said[key] for key in _SAID} for name, said in described.items()}


_SAID = ("sha256", "first", "pages", "columns")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        if len(body) > MAX_BODY:
            raise ArchiveError("larger than a page may be")
        if body[:1] == b"x":
            inflate = zlib.decompressobj()
            body = inflate.decompress(body, MAX_EXPANDED + 1)
            if len(body) > MAX_EXPANDED or not inflate.eof:
                raise ArchiveError("expands too far or is cut off")
        found = json.loads(body)
    except (ValueError, zlib.error, RecursionError) as error:
        raise ArchiveError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ArchiveError("no object")
    return found
