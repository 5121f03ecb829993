"""Entries as journald gets them."""

import json
import os
import socket

import pytest

from gateway import logs
from gateway.journal import Journal, is_ours


def parsed(raw):
    """An entry as the protocol says: `NAME=value` lines, and long ones with their length."""
    found = {}
    while raw:
        line, _, raw = raw.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            length = int.from_bytes(raw[:8], "little")
            value, raw = raw[8 : 8 + length], raw[9 + length :]
        found[name.decode()] = value.decode()
    return found


@pytest.fixture
def journald(tmp_path):
    """A socket in journald's place: its path, and what it has received last."""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.settimeout(5)
        yield path, lambda: parsed(sock.recv(1 << 20))


def test_fields_can_be_asked_for(journald):
    path, received = journald
    fields = {"level": "warning", "component": "bus", "event": "link down", "target": "line1", "tries": 3}
    assert Journal(path).send("link down  target=line1", fields)
    assert received() == {
        "MESSAGE": "link down  target=line1",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "meterd",
        "METERD_LEVEL": "warning",
        "METERD_COMPONENT": "bus",
        "METERD_EVENT": "link down",
        "METERD_TARGET": "line1",
        "METERD_TRIES": "3",
    }


def test_no_value_forges_a_field(journald):
    path, received = journald
    assert Journal(path).send("x", {"level": "info", "meter": "1\nPRIORITY=0\n_UID=0", "表": "中"})
    entry = received()
    assert entry["METERD_METER"] == "1\nPRIORITY=0\n_UID=0"
    assert entry["PRIORITY"] == "6"
    assert set(entry) == {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "METERD_LEVEL", "METERD_METER"}


def test_without_journald_the_entry_is_not_taken(tmp_path):
    assert not Journal(tmp_path / "none").send("x", {"level": "info"})


def test_an_entry_that_is_too_long_is_not_taken(journald):
    path, _ = journald
    assert not Journal(path).send("x" * (64 << 20), {"level": "info"})


def test_a_stream_is_the_journals_only_if_it_is_that_one(tmp_path):
    with (tmp_path / "a").open("w") as stream, (tmp_path / "b").open("w") as other:
        found = os.fstat(stream.fileno())
        environment = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert is_ours(stream, environment)
        assert not is_ours(other, environment)
        assert not is_ours(stream, {})
        assert not is_ours(stream, {"JOURNAL_STREAM": "x"})


@pytest.fixture
def stream(tmp_path, monkeypatch):
    """A file that the service manager calls the journal's."""
    with (tmp_path / "stderr").open("w+") as found:
        told = os.fstat(found.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{told.st_dev}:{told.st_ino}")
        yield found
    monkeypatch.undo()
    logs.setup()


def test_log_lines_become_entries(stream, journald, monkeypatch):
    path, received = journald
    monkeypatch.setattr(logs, "Journal", lambda: Journal(path))
    logs.setup(stream=stream)
    logs.get("uplink").error("refused", reason="0x87\x1b[31m", 表="中")
    entry = received()
    assert entry["MESSAGE"] == r"refused  reason=0x87\x1b[31m 表=中"
    assert (entry["PRIORITY"], entry["METERD_COMPONENT"]) == ("3", "uplink")
    stream.seek(0)
    assert stream.read() == ""


def test_what_the_journal_does_not_take_is_a_line_with_its_priority(stream, tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "Journal", lambda: Journal(tmp_path / "none"))
    logs.setup(stream=stream)
    logs.get("uplink").warning("refused", reason="0x87")
    stream.flush()
    stream.seek(0)
    prefix, line = stream.read(3), stream.read()
    assert prefix == "<4>"
    assert json.loads(line)["reason"] == "0x87"
