"""The folder for USB sticks (gateway.dumps.drop)."""

import json
import os

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
        self.begin()

    def begin(self):
        self.drop = DropFolder(
            self.folder,
            self.spool,
            self.clock,
            quiet=QUIET,
            max_bytes=1_000,
            show=lambda report: f"rows {report.rows}",
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
