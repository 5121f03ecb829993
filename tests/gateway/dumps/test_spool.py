"""The spool: whole files or nothing, and no name of a sender becomes a path."""

import os
from datetime import timedelta

import pytest

from gateway.dumps.spool import Spool, SpoolError
from tests.gateway.dumps.toy import NOW

HOSTILE = [
    "../../etc/passwd", "/etc/passwd", "..\\..\\boot.ini", "C:\\dump.txt", "a\0b", "%2e%2e%2fx", "..", ".", "",
    "\xc0\xae\xc0\xae/x", "x" * 300, "a\r\nSet-Cookie: b", "\x1b[2Jx", "<script>alert(1)</script>", "=cmd|'/c'!A1",
    "'; DROP TABLE meter;--", "con", "a/b/c/../../../../x", "~/x", "$(rm -rf)", "抄表.txt",
]  # fmt: skip


def receive(spool, chunks=(b"abc", b"def"), **given):
    common = {"name": "a.txt", "who": "zhang", "via": "test", "now": NOW}
    return spool.receive(iter(chunks), **(common | given))


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_way_of_a_file(tmp_path):
    spool = Spool(tmp_path)
    ticket = receive(spool)
    assert (ticket.size, ticket.name, ticket.who) == (6, "a.txt", "zhang")
    assert ticket.sha256 == "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721"
    assert spool.stage(ticket.receipt) == "held"
    assert not spool.waiting()
    spool.confirm(ticket.receipt)
    assert spool.waiting() == [ticket]
    assert spool.dump(ticket.receipt).read_bytes() == b"abcdef"
    assert spool.report(ticket.receipt) is None
    spool.finish(ticket, ['{"rows":', " 1}"])
    assert spool.report(ticket.receipt) == {"rows": 1}
    assert spool.stage(ticket.receipt) == "done"
    assert [one.receipt for one in spool.done()] == [ticket.receipt]
    assert spool.ticket(ticket.receipt) == ticket


def test_what_is_withdrawn_leaves_nothing(tmp_path):
    spool = Spool(tmp_path)
    spool.withdraw(receive(spool).receipt)
    assert not tree(tmp_path)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_names(tmp_path, name):
    folder = tmp_path / "spool"
    ticket = receive(Spool(folder), name=name)
    assert tree(tmp_path) == [f"spool/held/{ticket.receipt}/dump", f"spool/held/{ticket.receipt}/ticket.json"]
    assert ticket.name.isprintable()
    assert "/" not in ticket.name
    assert len(ticket.name) <= 120


@pytest.mark.parametrize(
    "receipt", ["", "..", "240502-ABCDEF/..", "../held", "240502-abcdef", "240502-ABCDEF", "x\0y"]
)
def test_receipts_that_are_none(tmp_path, receipt):
    spool = Spool(tmp_path)
    receive(spool)
    for ask in (spool.stage, spool.dump, spool.ticket, spool.report, spool.confirm, spool.withdraw):
        with pytest.raises(SpoolError):
            ask(receipt)


def test_nothing_half(tmp_path):
    spool = Spool(tmp_path)

    def broken():
        yield b"abc"
        raise OSError("the stick was pulled")

    for chunks, reason in ((broken(), OSError), ([b"x" * 9], SpoolError), ([], SpoolError)):
        with pytest.raises(reason):
            receive(spool, chunks, max_bytes=8)
    assert not tree(tmp_path)


def test_what_a_dead_receiver_left_is_dropped(tmp_path):
    spool = Spool(tmp_path)
    spool.prepare(NOW)
    for name, age in (("240501-000001", 2), ("240501-000002", 0)):
        place = tmp_path / "new" / name
        place.mkdir()
        then = (NOW - timedelta(hours=age)).timestamp()
        os.utime(place, (then, then))
    spool.prepare(NOW)
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["240501-000002"]


def test_the_oldest_contents_go_first(tmp_path):
    spool = Spool(tmp_path)
    tickets = [receive(spool, [bytes(100)], now=NOW + timedelta(seconds=n)) for n in range(3)]
    for n, ticket in enumerate(tickets):
        spool.confirm(ticket.receipt)
        spool.finish(ticket, ["{}"])
        os.utime(tmp_path / "done" / ticket.receipt, (n, n))
    spool.trim(250)
    assert [(tmp_path / "done" / ticket.receipt / "dump").exists() for ticket in tickets] == [
        False,
        True,
        True,
    ]
    assert spool.ticket(tickets[0].receipt) == tickets[0]


def test_a_damaged_ticket_is_passed_over(tmp_path):
    spool = Spool(tmp_path)
    ticket = receive(spool)
    spool.confirm(ticket.receipt)
    (tmp_path / "in" / ticket.receipt / "ticket.json").write_text("{")
    (tmp_path / "in" / "stranger").mkdir()
    assert not spool.waiting()
