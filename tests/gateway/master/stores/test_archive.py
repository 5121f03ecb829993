"""The archive in every store: as a set, once, and what a change makes stale."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from gateway.archived import tables_of
from gateway.master.archive.desk import Desk
from gateway.master.archive.keep import keep, keep_status
from gateway.master.prepare import Notice
from gateway.master.stores import StoreError
from gateway.uplink.pages import paginate
from tests.gateway.master.archive.make import archive, meter
from tests.gateway.master.make import MIDNIGHT, NOW, batch, reading
from tests.gateway.master.stores.asking import ask

METERS = "SELECT m.asset, a.ct, a.accuracy FROM archive_meter a JOIN meter m ON m.id = a.meter ORDER BY 1"
STALE = "SELECT s.day, m.asset FROM stale s LEFT JOIN meter m ON m.id = s.meter ORDER BY s.id"


def take(store, found, digest: str, gateway: str = "so-001"):
    return keep(store, gateway, digest, tables_of(found), NOW)


def test_an_archive_is_kept_as_it_came(store):
    assert take(store, archive(), "one") == 0
    assert ask(store, METERS) == [
        ("BIG", "60", ""), ("HOME1", "1", ""), ("HOME2", "1", ""), ("HOME2X", "1", ""), ("TOTAL", "80", "0.5"),
    ]  # fmt: skip
    relations = "SELECT m.asset, n.kind, n.code, r.side, r.sign, r.valid_to FROM archive_relation r"
    relations += " JOIN meter m ON m.id = r.meter JOIN node n ON n.id = r.node ORDER BY 1, 2"
    assert ask(store, relations)[:2] == [
        ("BIG", "line", "L1", "sale", -1, None), ("HOME1", "transformer", "T1", "sale", 1, None),
    ]  # fmt: skip
    assert ask(store, "SELECT name, line FROM archive_node ORDER BY name DESC") == [
        ("一号线", ""),
        ("", "L1"),
    ]
    assert ask(store, "SELECT count(*) FROM archive_exchange") == [(1,)]


def test_the_same_again_changes_nothing(store):
    assert take(store, archive(), "one") == 0
    assert take(store, archive(), "one") is None
    assert take(store, archive(), "two") == 0
    assert len(ask(store, METERS)) == 5
    assert ask(store, "SELECT count(*) FROM archive_relation") == [(5,)]
    assert ask(store, "SELECT digest FROM archive") == [("two",)]


def test_what_went_is_gone_and_what_changed_is_new(store):
    take(store, archive(), "one")
    found = archive(meters=(meter("TOTAL", ct=Decimal(100)), meter("NEW")), relations=(), exchanges=())
    take(store, found, "two")
    assert ask(store, METERS) == [("NEW", "1", ""), ("TOTAL", "100", "")]
    assert ask(store, "SELECT count(*) FROM archive_relation") == [(0,)]
    assert ask(store, "SELECT count(*) FROM archive_exchange") == [(0,)]


def test_archives_of_several_gateways_stand_beside_each_other(store):
    take(store, archive(), "one")
    take(store, archive(meters=(meter("HOME9"),), relations=(), exchanges=()), "one", "so-002")
    take(store, archive(), "own", "")
    assert len(ask(store, METERS)) == 11
    assert [row[1] for row in ask(store, "SELECT gateway, digest FROM archive ORDER BY gateway")] == [
        "own", "one", "one",
    ]  # fmt: skip


def test_a_meter_belongs_to_who_reads_it_first_whoever_names_it(store):
    take(store, archive(), "own", "")
    outcome = store.write([batch(1, reading(meter="HOME1"), gateway="so-007")], NOW)
    assert outcome.claims == 0
    owner = "SELECT g.name FROM meter m JOIN gateway g ON g.id = m.gateway WHERE m.asset = 'HOME1'"
    assert ask(store, owner) == [("so-007",)]
    later = reading(meter="HOME1", at=MIDNIGHT + timedelta(days=1))
    assert store.write([batch(1, later, gateway="so-008")], NOW).claims == 1


def test_readings_near_midnight_mark_both_days_and_late_ones_within_a_day_their_own(store):
    store.write(
        [batch(1, reading(meter="HOME1"), reading("1", meter="X", at=MIDNIGHT + timedelta(hours=5)))], NOW
    )
    before, after = "2026-03-01", "2026-03-02"
    assert ask(store, STALE) == [(before, "HOME1"), (after, "HOME1"), (after, "X")]


def test_a_change_makes_the_days_stale_that_were_computed(store):
    take(store, archive(), "one")
    store.write([batch(1, reading(meter="HOME1"))], NOW)
    with store.transaction():
        store._open.execute("DELETE FROM stale")
        store._open.execute("UPDATE gateway SET opened = '2026-03-18' WHERE name = 'so-001'")
    take(store, archive(nodes=()), "two")
    assert ask(store, STALE) == []
    found = archive()
    changed = replace(found, meters=(*found.meters[:1], meter("HOME1", ct=Decimal(2)), *found.meters[2:]))
    take(store, changed, "three")
    marks = ask(store, STALE)
    assert {asset for _, asset in marks} == {"HOME1"}
    assert (marks[0][0], marks[-1][0], len(marks)) == ("2026-01-17", "2026-03-18", 61)


def test_a_node_that_loses_a_meter_is_stale_as_well(store):
    take(store, archive(), "one")
    store.write([batch(1, reading(meter="HOME1"))], NOW)
    with store.transaction():
        store._open.execute("DELETE FROM stale")
        store._open.execute("UPDATE gateway SET opened = '2026-03-18' WHERE name = 'so-001'")
    take(store, archive(relations=[one for one in archive().relations if one.meter != "HOME1"]), "two")
    marks = ask(store, "SELECT n.code, count(*) FROM stale s JOIN node n ON n.id = s.node GROUP BY n.code")
    assert marks == [("T1", 61)]


def test_an_archive_that_failed_in_the_middle_leaves_nothing(store):

    good = store._sql["exchanges_add"]
    store._sql["exchanges_add"] = "SELECT nonsense FROM nowhere"
    with pytest.raises(StoreError):
        take(store, archive(), "one")
    store._sql["exchanges_add"] = good
    assert ask(store, METERS) == []
    assert take(store, archive(), "one") == 0
    assert len(ask(store, METERS)) == 5


def test_what_gateways_say_of_themselves(store):
    keep_status(store, {"so-001": ("online", "1.0", "abc", 7)}, NOW)
    keep_status(store, {"so-001": ("offline", "1.0", "abc", None)}, NOW)
    assert ask(store, "SELECT state, version, config, backlog FROM gateway_status") == [
        ("offline", "1.0", "abc", None)
    ]


def notices(*, gateway: str = "so-001", body: bytes | None = None):
    pages = paginate(gateway, tables_of(archive()))
    bodies = [("", pages.manifest), *((str(n), page) for n, page in enumerate(pages.pages, 1))]
    root = f"meterd/v1/{gateway}/up"
    found = [Notice(f"{root}/archive/{page}", gateway, "archive", page, body) for page, body in bodies]
    return [
        *found,
        Notice(f"{root}/status", gateway, "status", "", body or b'{"state":"online","backlog":3}'),
    ]


def test_notices_become_an_archive_and_a_status(store):
    desk = Desk()
    assert desk.take(notices(), [store], NOW) == []
    assert desk.take(notices(), [store], NOW) == []
    desk.again()
    assert desk.take(notices(), [store], NOW) == []
    assert desk.archives == 1
    assert ask(store, "SELECT state, backlog FROM gateway_status") == [("online", 3)]


def test_a_notice_that_makes_no_sense_is_a_letter(store):
    letters = Desk().take(notices(body=b"[1]"), [store], NOW)
    assert [(one.topic, one.kind) for one in letters] == [("meterd/v1/so-001/up/status", "payload")]
