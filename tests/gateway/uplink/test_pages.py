"""The archive in pages that fit and add up to the table of the manifest's hash."""

import hashlib
import json
import zlib

import pytest

from gateway.payload import MAX_BODY
from gateway.uplink.pages import paginate


def read(body: bytes) -> dict:
    return json.loads(zlib.decompress(body) if body[:1] == b"x" else body)


@pytest.mark.parametrize("count", [0, 1, 200, 201, 3_000])
def test_pages_add_up_to_the_table(count):
    columns = ["asset_no", "address", "model"]
    rows = [[f"M{n:06}", f"{n:012}", "表" * (n % 60)] for n in range(count)]
    found = paginate("so-001", columns, rows)
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
    assert len(paginate("g", ["a"], rows).pages) == 5
    with pytest.raises(ValueError, match="takes"):
        paginate("g", ["a"], [["x" * 40_000]])


def test_the_same_table_gives_the_same_bodies():
    assert paginate("g", ["a"], [["1"]]) == paginate("g", ("a",), (("1",),))
