"""Pages of an archive in any order, twice, of two states, damaged."""

import json
import random
import zlib
from dataclasses import replace

import pytest

from gateway.archived import Table, tables_of
from gateway.master.archive.collect import ArchiveError, Collector, digest_of
from gateway.uplink.pages import paginate
from tests.gateway.master.archive.make import archive, meter


def bodies(tables, gateway: str = "so-001") -> list[tuple[str, bytes]]:
    pages = paginate(gateway, tables)
    return [("", pages.manifest), *((str(n), page) for n, page in enumerate(pages.pages, 1))]


def large() -> dict[str, Table]:
    return tables_of(archive(meters=tuple(meter(f"M{n:04}") for n in range(450))))


@pytest.mark.parametrize("seed", range(5))
def test_pages_in_any_order_and_twice_give_the_archive_once(seed):
    tables = large()
    arriving = bodies(tables) * 2
    random.Random(seed).shuffle(arriving)
    collector = Collector()
    found = [one for page, body in arriving if (one := collector.take("so-001", page, body))]
    assert len(found) == 1
    assert {name: list(table.rows) for name, table in found[0].tables.items()} == {
        name: list(table.rows) for name, table in tables.items()
    }


def test_of_two_states_only_the_whole_one_counts():
    old, new = large(), tables_of(archive())
    collector = Collector()
    for page, body in bodies(old)[1:]:
        assert collector.take("so-001", page, body) is None
    for page, body in bodies(new)[1:]:
        assert collector.take("so-001", page, body) is None
    found = collector.take("so-001", *bodies(new)[0])
    assert found is not None
    assert list(found.tables["meters"].rows) == list(new["meters"].rows)


def test_another_content_has_another_name():
    one = collected(tables_of(archive()))
    other = collected(tables_of(replace(archive(), exchanges=())))
    assert one.digest != other.digest
    assert (
        digest_of({"a": "1", "b": "2"}) == digest_of({"b": "2", "a": "1"}) != digest_of({"a": "2", "b": "1"})
    )


def collected(tables):
    collector = Collector()
    return next(one for page, body in bodies(tables) if (one := collector.take("so-001", page, body)))


def test_the_manifest_of_an_older_gateway_has_the_meters_alone():
    tables = tables_of(archive())
    pages = paginate("so-001", {"meters": tables["meters"]})
    manifest = json.loads(zlib.decompress(pages.manifest))
    del manifest["tables"]
    collector = Collector()
    assert collector.take("so-001", "1", pages.pages[0]) is None
    found = collector.take("so-001", "", json.dumps(manifest).encode())
    assert found is not None
    assert set(found.tables) == {"meters"}


def test_a_page_that_was_changed_does_not_pass():
    tables = tables_of(archive())
    collector = Collector()
    manifest, first, *rest = bodies(tables)
    page = json.loads(zlib.decompress(first[1]))
    page["rows"][0][0] = "OTHER"
    for name, body in (manifest, *rest):
        collector.take("so-001", name, body)
    with pytest.raises(ArchiveError, match="hash"):
        collector.take("so-001", "1", json.dumps(page).encode())


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("", b"nonsense"),
        ("", b"x\x9c\x00"),
        ("", b"[]"),
        ("", b'{"v":1,"gateway":"so-002"}'),
        ("", b'{"v":1,"gateway":"so-001","sha256":"a","columns":[],"pages":-1}'),
        ("", b'{"v":1,"gateway":"so-001","sha256":"a","columns":[],"pages":1,"tables":{"meters":{}}}'),
        ("1", b'{"v":1,"gateway":"so-001","page":2}'),
        ("0", b'{"v":1,"gateway":"so-001","page":0}'),
        ("a/b", b'{"v":1,"gateway":"so-001"}'),
        ("1", b'{"v":1,"gateway":"so-001","page":1,"sha256":"a","columns":["a"],"rows":[[1,2]]}'),
        ("1", b'{"v":1,"gateway":"so-001","page":1,"sha256":"a","columns":["a"],"rows":[7]}'),
        ("1", zlib.compress(b" " * 2_000_000)),
        ("1", b" " * 70_000),
    ],
)
def test_what_is_no_archive(page, body):
    with pytest.raises(ArchiveError):
        Collector().take("so-001", page, body)
