"""The folder for USB sticks (gateway.dumps.drop)."""

import json
import os
import socket
import stat

import pytest

from gateway.dumps.drop import DropFolder
from gateway.dumps.report import Report
from gateway.dumps.spool import Spool
from tests.gateway.dumps.toy import NOW

QUIET = 10


class Hand:
    """A clock moved by hand."""

    pace = 1.0

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return NOW

    def monotonic(self):
        return self.seconds


class Watched:
    """A drop folder whose rounds are made one by one."""

    def __init__(self, folder, spool):
        self.folder, self.spool, self.clock = folder, Spool(spool), Hand()
        self.move = True
        self.begin()

    def begin(self):
        self.drop = DropFolder(
            self.folder,
            self.spool,
            self.clock,
            quiet=QUIET,
            max_bytes=1_000,
            show=lambda report: f"rows {report.rows}",
            move=self.move,
        )

    def look(self, *, after=0):
        self.clock.seconds += after
        self.drop.look()
        return [ticket.name for ticket in self.spool.waiting()]

    def finish(self, **counts):
        """What the importer does with everything that waits."""
        for ticket in self.spool.waiting():
            self.spool.finish(ticket, Report(file=ticket.name, **counts).as_json())

    def names(self, place="."):
        return (
            sorted(path.name for path in (self.folder / place).iterdir())
            if (self.folder / place).exists()
            else []
        )


@pytest.fixture
def watched(tmp_path):
    (tmp_path / "stick").mkdir()
    return Watched(tmp_path / "stick", tmp_path / "spool")


def test_a_file_is_taken_once_it_rests_and_its_report_is_laid_beside_it(watched):
    (watched.folder / "route17.txt").write_bytes(b"abc")
    assert watched.look() == []
    assert watched.look(after=QUIET - 1) == []
    assert watched.look(after=1) == ["route17.txt"]
    (ticket,) = watched.spool.waiting()
    assert (ticket.via, ticket.origin, ticket.size) == ("folder", "stick", 3)
    assert watched.names() == ["taken"]
    watched.finish(rows=7)
    watched.look()
    name = f"{ticket.receipt}-route17.txt"
    assert watched.names("taken") == [name, f"{name}.report.json", f"{name}.report.txt"]
    assert (watched.folder / "taken" / f"{name}.report.txt").read_text() == "rows 7"
    assert json.loads((watched.folder / "taken" / f"{name}.report.json").read_text())["rows"] == 7


def test_a_file_that_grows_is_waited_for(watched):
    path = watched.folder / "a.txt"
    for size in range(1, 6):
        path.write_bytes(b"x" * size)
        assert watched.look(after=QUIET - 1) == []
    assert watched.look(after=QUIET) == ["a.txt"]
    assert watched.spool.waiting()[0].size == 5


def test_a_file_that_changes_while_it_is_read_is_left_for_later(watched, monkeypatch):
    path = watched.folder / "a.txt"
    path.write_bytes(b"before")
    watched.look()
    receive = Spool.receive

    def meanwhile(spool, chunks, **given):
        ticket = receive(spool, chunks, **given)
        path.write_bytes(b"after!!")
        return ticket

    monkeypatch.setattr(Spool, "receive", meanwhile)
    assert watched.look(after=QUIET) == []
    monkeypatch.undo()
    assert not list((watched.spool._folder / "held").iterdir())
    watched.look()
    assert watched.look(after=QUIET) == ["a.txt"]
    assert watched.spool.waiting()[0].size == 7


def test_traps_are_not_touched(watched, tmp_path):
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    (watched.folder / "link.txt").symlink_to(outside)
    os.link(outside, watched.folder / "second-name.txt")
    os.mkfifo(watched.folder / "pipe.txt")
    (watched.folder / ".hidden.txt").write_bytes(b"x")
    (watched.folder / "folder.txt").mkdir()
    watched.look()
    assert watched.look(after=QUIET) == []
    assert outside.read_bytes() == b"secret"
    assert (watched.drop.taken, watched.drop.refused) == (0, 0)


def test_a_link_in_place_of_our_folder_leads_nowhere(watched, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (watched.folder / "taken").symlink_to(elsewhere)
    (watched.folder / "a.txt").write_bytes(b"abc")
    watched.look()
    assert watched.look(after=QUIET) == ["a.txt"]
    watched.finish()
    watched.look(after=QUIET)
    assert watched.look(after=QUIET) == []  # it stays where it is, and is not taken again
    assert not list(elsewhere.iterdir())


def test_too_large_and_empty_are_refused_with_a_reason(watched):
    (watched.folder / "large.txt").write_bytes(bytes(1_001))
    (watched.folder / "empty.txt").touch()
    watched.look()
    assert watched.look(after=QUIET) == []
    reports = [name for name in watched.names("refused") if name.endswith(".json")]
    told = [
        json.loads((watched.folder / "refused" / name).read_text())["refused"][0]["reason"]
        for name in reports
    ]
    assert sorted(told) == ["empty", "too_large"]
    assert watched.names() == ["refused"]


@pytest.mark.parametrize(
    "name", ["a\nb.txt", "=cmd.csv", "-rf.txt", "抄表 17.txt", "x" * 200 + ".txt", "a;b'$(c).txt"]
)
def test_names_are_made_harmless(watched, name):
    (watched.folder / name).write_bytes(b"abc")
    watched.look()
    watched.look(after=QUIET)
    (moved,) = watched.names("taken")
    assert moved.startswith(watched.spool.waiting()[0].receipt)
    assert all(letter.isalnum() or letter in "._-" for letter in moved)
    assert len(moved.encode()) < 255 - len(".report.json")


def test_after_a_restart_the_report_still_comes(watched):
    (watched.folder / "a.txt").write_bytes(b"abc")
    watched.look()
    watched.look(after=QUIET)
    watched.begin()
    watched.finish(rows=1)
    watched.look()
    assert len(watched.names("taken")) == 3


def test_a_stick_that_is_pulled_and_comes_back(watched):
    (watched.folder / "a.txt").write_bytes(b"abc")
    watched.look()
    away = watched.folder.with_name("away")
    watched.folder.rename(away)
    assert watched.look(after=QUIET) == []
    away.rename(watched.folder)
    watched.look()
    assert watched.look(after=QUIET) == ["a.txt"]


def test_a_hundred_copies_are_a_hundred_receipts_of_one_content(watched):
    for number in range(100):
        (watched.folder / f"copy{number}.txt").write_bytes(b"abc")
    watched.look()
    watched.look(after=QUIET)
    assert len({ticket.receipt for ticket in watched.spool.waiting()}) == 100
    assert len({ticket.sha256 for ticket in watched.spool.waiting()}) == 1
    assert watched.names() == ["taken"]


def test_originals_may_stay(watched):
    """With move off only reports are laid out, and neither a look nor a restart takes a file again."""
    watched.move = False
    watched.begin()
    (watched.folder / "a.txt").write_bytes(b"abc")
    (watched.folder / "empty.txt").touch()
    watched.look()
    (ticket,) = (watched.look(after=QUIET), watched.spool.waiting())[1]
    watched.finish(rows=1)
    for _ in range(3):
        assert watched.look(after=QUIET) == []
    report = f"{ticket.receipt}-a.txt.report.txt"
    assert watched.names() == ["a.txt", "empty.txt", "refused", "taken"]
    assert report in watched.names("taken")
    assert len(watched.names("refused")) == 2
    watched.begin()
    watched.look()
    assert watched.look(after=QUIET) == []
    assert watched.drop.taken == 0


def test_a_changed_original_that_stays_is_taken_anew(watched):
    watched.move = False
    watched.begin()
    path = watched.folder / "a.txt"
    for body in (b"abc", b"abcd"):
        path.write_bytes(body)
        watched.look()
        assert watched.look(after=QUIET) == ["a.txt"]
        watched.finish()


def test_content_that_changes_under_the_same_time_and_size_is_left_for_later(watched, monkeypatch):
    """As on a stick whose file system counts in steps of two seconds."""
    path = watched.folder / "a.txt"
    path.write_bytes(b"before")
    watched.look()
    receive, found = Spool.receive, path.stat()

    def meanwhile(spool, chunks, **given):
        ticket = receive(spool, chunks, **given)
        path.write_bytes(b"after!")
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
        return ticket

    monkeypatch.setattr(Spool, "receive", meanwhile)
    assert watched.look(after=QUIET) == []
    monkeypatch.undo()
    assert not list((watched.spool._folder / "held").iterdir())
    watched.look()
    assert watched.look(after=QUIET) == ["a.txt"]


def test_a_device_node_and_a_socket_are_not_opened(watched):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(watched.folder / "socket.txt"))
    if os.geteuid() == 0:
        os.mknod(watched.folder / "zero.txt", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    watched.look()
    assert watched.look(after=QUIET) == []
    assert (watched.drop.taken, watched.drop.refused) == (0, 0)
    listening.close()


def test_a_plain_file_that_becomes_a_link_at_the_last_moment(watched, tmp_path, monkeypatch):
    """Between the look and the opening somebody puts a link in its place."""
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    path = watched.folder / "a.txt"
    path.write_bytes(b"abc")
    watched.look()
    plain = DropFolder._plain_files

    def swapped(drop):
        for found in plain(drop):
            path.unlink()
            path.symlink_to(outside)
            yield found

    monkeypatch.setattr(DropFolder, "_plain_files", swapped)
    assert watched.look(after=QUIET) == []
    assert not list((watched.spool._folder).glob("*/*/dump"))
    assert outside.read_bytes() == b"secret"
