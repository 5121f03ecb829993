"""The archive in pages that fit and add up to the table of the manifest's hash."""

import hashlib
import json
import zlib

import pytest

from gateway.archived import Table
from gateway.payload import MAX_BODY
from gateway.uplink.pages import paginate


def meters(columns, rows) -> dict[str, Table]:
    return {"meters": Table(columns, rows)}


def read(body: bytes) -> dict:
    return json.loads(zlib.decompress(body) if body[:1] == b"x" else body)


@pytest.mark.parametrize("count", [0, 1, 200, 201, 3_000])
def test_pages_add_up_to_the_table(count):
    columns = ["asset_no", "address", "model"]
    rows = [[f"M{n:06}", f"{n:012}", "表" * (n % 60)] for n in range(count)]
    found = paginate("so-001", meters(columns, rows))
    manifest, pages = read(found.manifest), [read(page) for page in found.pages]
    text = json.dumps([columns, rows], ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(text).hexdigest()
    assert (manifest["sha256"], manifest["pages"], manifest["rows"]) == (digest, len(pages), count)
    assert [(page["page"], page["sha256"]) for page in pages] == [(n + 1, digest) for n in range(len(pages))]
    assert [row for page in pages for row in page["rows"]] == rows
    assert all(len(body) <= MAX_BODY for body in found.pages)
    assert all(0 < len(page["rows"]) <= 200 for page in pages)


def test_long_rows_take_more_pages_and_too_long_ones_are_refused():
    rows = [["x" * 20_000] for _ in range(5)]
    assert len(paginate("g", meters(["a"], rows)).pages) == 5
    with pytest.raises(ValueError, match="takes"):
        paginate("g", meters(["a"], [["x" * 40_000]]))


def test_the_same_table_gives_the_same_bodies():
    assert paginate("g", meters(["a"], [["1"]])) == paginate("g", meters(("a",), (("1",),)))


def test_other_tables_come_after_the_meters_and_leave_their_manifest_as_it_was():
    rows = [[f"M{n}"] for n in range(201)]
    alone = read(paginate("g", meters(["a"], rows)).manifest)
    found = paginate("g", {"nodes": Table(["kind"], [["line"]]), **meters(["a"], rows)})
    manifest, pages = read(found.manifest), [read(page) for page in found.pages]
    assert {key: manifest[key] for key in alone if key != "tables"} == {
        key: value for key, value in alone.items() if key != "tables"
    }
    assert manifest["tables"]["nodes"] | {"sha256": ""} == {
        "first": 3, "pages": 1, "rows": 1, "columns": ["kind"], "sha256": "",
    }  # fmt: skip
    assert [page.get("table") for page in pages] == [None, None, "nodes"]
    assert pages[2]["sha256"] == manifest["tables"]["nodes"]["sha256"] != manifest["sha256"]
