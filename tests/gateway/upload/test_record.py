"""The append-only record (gateway.upload.record)."""

import errno
import os

import pytest

from gateway.upload import record as module
from gateway.upload.errors import BadRecord
from gateway.upload.record import Record, numbered
from tests.gateway.upload.toy import NOW

GIVEN = {"user": "li", "address": "192.0.2.1", "name": "x.csv", "size": 3, "sha256": "ab"}


def filled(path, count=3):
    record = Record(path)
    for number in range(count):
        record.put("received", f"240502-00000{number}", NOW, **GIVEN)
    record.put("withdrawn", "240502-000001", NOW, user="chen")
    return record


def test_it_is_read_again(tmp_path):
    path = tmp_path / "page/record.jsonl"
    filled(path)
    again = Record(path)
    found = again.find("240502-000001")
    assert (found.state, found.user, found.last_user, found.name) == ("withdrawn", "li", "chen", "x.csv")
    assert [one.number[-1] for one in again.newest(2)] == ["2", "1"]
    assert [one.number[-1] for one in again.open()] == ["0", "2"]
    assert again.newest(5, "wang") == []
    again.put("confirmed", "240502-000002", NOW)
    assert len(list(Record.events(path))) == 5
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace(b"192.0.2.1", b"192.0.2.9"), *lines[1:]],
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [lines[0], *lines[2:]],
    ],
)
def test_a_change_is_noticed(tmp_path, change):
    path = tmp_path / "record.jsonl"
    filled(path)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(BadRecord, match="line"):
        list(Record.events(path))


def test_a_torn_line_is_passed_over(tmp_path):
    path = tmp_path / "record.jsonl"
    filled(path)
    path.write_bytes(path.read_bytes() + b'{"number": "240502-00000')
    record = Record(path)
    record.put("confirmed", "240502-000002", NOW)
    assert [one["event"] for one in Record.events(path)][-1] == "confirmed"
    assert Record(path).find("240502-000002").state == "confirmed"


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    path = tmp_path / "record.jsonl"
    record = filled(path)
    before, write = path.read_bytes(), os.write
    monkeypatch.setattr(module.os, "write", lambda handle, data: write(handle, data[:10]))
    with pytest.raises(OSError, match="space") as caught:
        record.put("confirmed", "240502-000002", NOW)
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert record.find("240502-000002").state == "received"
    record.put("confirmed", "240502-000002", NOW)
    assert len(list(Record.events(path))) == 5


def test_old_uploads_are_found_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 10)
    path = tmp_path / "record.jsonl"
    record = Record(path)
    for number in range(30):
        record.put("received", f"240502-0000{number:02}", NOW, **GIVEN)
        record.put("imported" if number % 2 else "checked", f"240502-0000{number:02}", NOW)
    assert len(record.newest(99)) <= 16
    assert record.find("240502-000001").state == "imported"
    assert record.find("240502-0000FF") is None
    assert len(record.open()) == 15
    assert len(Record(path).open()) == 15


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("240502-3F9A0C", "240502-3F9A0C"),
        (" 240502 3f9a0c ", "240502-3F9A0C"),
        ("24o5o2-3F9AOC", "240502-3F9A0C"),
        ("", "-"),
        ("../../etc", "ETC-"),
        ("x" * 1000, "XXXXXX-" + "X" * 58),
    ],
)
def test_numbers_as_people_type_them(typed, meant):
    assert numbered(typed) == meant


def test_a_record_that_cannot_be_read(tmp_path):
    (tmp_path / "record.jsonl").mkdir()
    with pytest.raises(BadRecord):
        Record(tmp_path / "record.jsonl")


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "record.jsonl").symlink_to(tmp_path / "elsewhere")
    record = Record(tmp_path / "record.jsonl")
    with pytest.raises(OSError, match="symbolic"):
        record.put("received", "240502-000000", NOW)
