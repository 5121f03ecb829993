"""One suite over every store."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from psycopg.conninfo import conninfo_to_dict

from gateway.energy.effective import effective
from gateway.master.stores import BadUrl, StoreError, StoreGone, store_of, with_password
from gateway.master.stores.base import DEAD_LETTERS
from protocols.reading import Method, Origin, State
from tests.gateway.master.make import (
    MIDNIGHT,
    NOW,
    audit,
    batch,
    event,
    finding,
    numbered,
    raw,
    reading,
    slot,
)
from tests.gateway.master.stores.asking import ask

DAY = timedelta(days=1)


def readings(store) -> dict:
    found = list(store.stored())
    assert len({row[:3] for row in found}) == len(found)
    return {(meter, point, at): value for meter, point, at, value in found}


def have(outcome, gateway: str = "so-001", epoch: str = "e1"):
    found = outcome.acks[gateway, epoch]
    return found.upto, list(found.also)


def test_a_reading_comes_back_as_it_was(store):
    odd = MIDNIGHT + timedelta(microseconds=123_456)
    sent = [
        reading("00123.4500", meter="表01", flags=1 << 16, reason="R003 跳变", version=2, source="线路3"),
        reading("-0.05", at=odd),
        reading("0", at=MIDNIGHT + DAY, unit="", point="dlt645-2007:04000501"),
        reading(None, at=MIDNIGHT + 2 * DAY),
        reading("9223372036854775807", at=MIDNIGHT + 3 * DAY, state=State.SUSPECT),
    ]
    store.write([batch(1, *sent)], NOW)
    stored = {(r[0], r[1], r[2]): r[3] for r in store.stored()}
    for one in sent:
        value = stored[one.meter, one.point, one.at]
        assert value == one.value
        assert value is None or value.as_tuple().exponent == one.value.as_tuple().exponent
    row = ask(store, "SELECT * FROM reading WHERE meter = '表01'")[0]
    assert row[2].startswith("2026-03-01T16:00:00")
    assert row[5].startswith("2026-03-01T16:00:05")
    assert row[6:] == ("WIRED", "PASSED", "FREEZE", "R003 跳变", 1 << 16, "线路3", 2, "so-001")


def test_a_replay_changes_nothing_and_is_acknowledged_again(store):
    one, two = batch(1, reading()), batch(2, reading("2.00", at=MIDNIGHT + DAY))
    assert have(store.write([one, two], NOW)) == (2, [])
    before = readings(store)
    again = store.write([two, one, one], NOW)
    assert (again.batches, again.replays, again.rows, have(again)) == (0, 3, 0, (2, []))
    assert readings(store) == before


def test_the_same_readings_in_other_batches_change_nothing(store):
    sent = [reading(str(n), meter=f"M{n}") for n in range(50)]
    store.write([batch(1, *sent)], NOW)
    before = readings(store)
    again = store.write([batch(2, *sent[:30]), batch(3, *sent[30:], reading("9", meter="M99"))], NOW)
    assert (again.batches, again.rows, again.duplicates, again.differing) == (2, 1, 50, 0)
    assert readings(store).items() - before.items() == {(("M99", "1-0:1.8.0", MIDNIGHT), Decimal(9))}


def test_one_number_with_two_contents_is_refused_and_a_finding(store):
    store.write([batch(1, reading()), batch(2, reading("2.00", at=MIDNIGHT + DAY))], NOW)
    clash = store.write([batch(1, reading("7.77", at=MIDNIGHT + 2 * DAY))], NOW)
    assert (clash.clashes, clash.rows, clash.acks) == (1, 0, {})
    assert len(readings(store)) == 2
    assert ask(store, "SELECT rule, severity, value FROM finding")[0][:2] == ("M001", 2)
    # Never named again: who sent the second content must not take the first one's word for it.
    later = store.write([batch(1, reading()), batch(3, reading("3.00", at=MIDNIGHT + 3 * DAY))], NOW)
    assert have(later) == (0, [(2, 3)])


def test_two_contents_in_one_set(store):
    outcome = store.write([batch(1, reading()), batch(1, reading("9.00"))], NOW)
    assert (outcome.batches, outcome.clashes, outcome.acks) == (1, 1, {})
    assert list(readings(store).values()) == [Decimal("1.50")]


def test_a_gap_is_acknowledged_around(store):
    assert have(store.write([batch(3, reading())], NOW)) == (0, [(3, 3)])
    assert have(store.write([batch(1, reading(at=MIDNIGHT + DAY))], NOW)) == (1, [(3, 3)])
    assert have(store.write([batch(2, reading(at=MIDNIGHT + 2 * DAY))], NOW)) == (3, [])


def test_epochs_and_gateways_count_by_themselves(store):
    store.write([batch(1, reading())], NOW)
    outcome = store.write(
        [batch(4, reading(meter="M2"), epoch="e2"), batch(1, reading(meter="M3"), gateway="so-002")], NOW
    )
    assert have(outcome, epoch="e2") == (0, [(4, 4)])
    assert have(outcome, gateway="so-002") == (1, [])
    assert ("so-001", "e1") not in outcome.acks


def test_another_value_for_one_key_is_a_finding_and_the_first_stays(store):
    store.write([batch(1, reading("1.50"))], NOW)
    assert store.write([batch(2, reading("1.5000"))], NOW).differing == 0
    outcome = store.write([batch(3, reading("1.51")), batch(4, reading(None))], NOW)
    assert outcome.differing == 2
    assert list(readings(store).values()) == [Decimal("1.50")]
    found = ask(store, 'SELECT rule, meter, point, severity, "limit" FROM finding')
    assert found == [("R004", "M1", "1-0:1.8.0", 2, "1.50")]


def test_another_value_within_one_batch(store):
    outcome = store.write([batch(1, reading("1.50"), reading("1.60"))], NOW)
    assert (outcome.rows, outcome.differing) == (1, 1)


def test_origin_and_version_are_part_of_the_key(store):
    versions = [reading(), reading("1.60", version=2), reading("1.70", origin=Origin.HHU_AUTO)]
    assert store.write([batch(1, *versions)], NOW).rows == 3


def test_two_gateways_with_one_meter_are_a_finding(store):
    store.write([batch(1, reading())], NOW)
    other = [batch(1, reading(at=MIDNIGHT + DAY), gateway="so-002")]
    outcome = store.write(other, NOW)
    assert (outcome.claims, outcome.rows, have(outcome, "so-002")) == (1, 1, (1, []))
    store.write([batch(2, reading(at=MIDNIGHT + 2 * DAY), gateway="so-002")], NOW)
    assert ask(store, "SELECT meter, rule, severity, value FROM finding") == [("M1", "M002", 2, "so-002")]


def test_two_gateways_with_one_meter_in_one_set(store):
    outcome = store.write([batch(1, reading()), batch(1, reading(at=MIDNIGHT + DAY), gateway="so-002")], NOW)
    assert outcome.claims == 1


def test_rows_that_make_no_sense_do_not_hold_up_the_others(store):
    good = ["M1", "1-0:1.8.0", "1.5", "kWh", MIDNIGHT.isoformat(), NOW.isoformat()]
    good += ["WIRED", "PASSED", "LIVE", "", 0, "line1", 1]
    changes = {2: "１２", 4: "yesterday", 5: "2026-03-01T00:00:00", 6: "STEAM", 7: "FINE", 8: "MAGIC", 10: -1}
    bad = [[value if place == n else cell for n, cell in enumerate(good)] for place, value in changes.items()]
    bad += [[*good[:2], text, *good[3:]] for text in ("1e5", "NaN", "1_000", " 1", "9" * 19, "+1", ".5", "")]
    bad += [
        [*good[:4], text, *good[5:]] for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    ]
    bad += [[*good[:12], 0], [*good[:12], 1 << 40]]
    outcome = store.write([raw(1, [*bad, good])], NOW)
    assert (outcome.rows, outcome.aside, have(outcome)) == (1, len(bad), (1, []))
    kept = ask(store, "SELECT place, reason, cells FROM set_aside ORDER BY place")
    assert [row[0] for row in kept] == list(range(len(bad)))
    assert "１２" in kept[0][2]


def test_instants_of_all_centuries_find_a_place(store):
    years = [1970, 1999, 2009, 2010, 2026, 2079, 2080, 2198]
    sent = [reading(at=datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)) for year in years]
    assert store.write([batch(1, *sent)], NOW).rows == len(years)
    assert {at.year for _, _, at in readings(store)} == set(years)


def test_findings_grow_and_never_shrink(store):
    reports = [finding(1), finding(4, "confirmed"), finding(4, "cleared", ended=MIDNIGHT + DAY)]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0, 2]):
        gateway = f"so-{order}".translate({ord(c): None for c in "[], "})
        for number, place in enumerate(order, 1):
            store.write([batch(number, reports[place], kind="finding", gateway=gateway)], NOW)
        query = f"SELECT meter, state, count FROM finding WHERE gateway = '{gateway}'"
        assert ask(store, query) == [("M1", "cleared", 4)]


def test_reports_of_one_finding_in_one_set(store):
    store.write([batch(1, finding(4), finding(1), kind="finding"), batch(2, finding(2), kind="finding")], NOW)
    assert ask(store, "SELECT count FROM finding") == [(4,)]


def test_events_and_audits_are_kept_once(store):
    for number in (1, 3):
        store.write([batch(number, event(), kind="event"), batch(number + 1, audit(), kind="audit")], NOW)
    assert ask(store, "SELECT meter, event, name FROM event_row") == [("M1", "03110001", "power down")]
    assert ask(store, "SELECT actor, action FROM audit_row") == [("clerk", "replay")]


def test_collection_success(store):
    first = slot(("M1", "ok"), ("M2", "silent"))
    second = slot(("M1", "ok"), ("M2", "backfilled"), at=MIDNIGHT - timedelta(hours=1))
    store.write([batch(1, first, second, kind="slot"), batch(2, first, kind="slot")], NOW)
    found = ask(store, "SELECT meter, day, task, due, present FROM collection_success ORDER BY meter, day")
    assert found == [
        ("M1", "2026-03-01", "daily", 1, 1),
        ("M1", "2026-03-02", "daily", 1, 1),
        ("M2", "2026-03-01", "daily", 1, 1),
        ("M2", "2026-03-02", "daily", 1, 0),
    ]


def test_what_came_late_stands_beside_what_was_told_when_the_slot_closed(store):
    closed = slot(("M1", "timeout"), ("M2", "timeout"), ("M3", "ok"))
    late = slot(("M1", "backfilled"))
    for number, reports in enumerate([(closed, late), (late, closed), (late,)], 1):
        store.write([batch(number, *reports, kind="slot")], NOW)
        found = ask(store, "SELECT meter, due, present FROM collection_success ORDER BY meter")
        assert found == [("M1", 1, 1), ("M2", 1, 0), ("M3", 1, 1)]


def test_one_effective_reading(store):
    sent = [
        reading("1", method=Method.LIVE),
        reading("2", method=Method.FREEZE, origin=Origin.PLC),
        reading("3", origin=Origin.HHU_KEYED, method=Method.LIVE),
        reading("4", state=State.REJECTED, version=3),
        reading("5", state=State.ACCEPTED, origin=Origin.MANUAL, at=MIDNIGHT + DAY),
        reading("6", at=MIDNIGHT + DAY),
        reading("7", at=MIDNIGHT + 2 * DAY, state=State.SUSPECT),
    ]
    store.write([batch(1, *sent)], NOW)
    found = ask(store, "SELECT meter, value FROM reading_effective ORDER BY at")
    assert found == [("M1", "2"), ("M1", "5")]


def test_the_view_takes_the_reading_that_energy_is_made_of(store):
    chance, sent = random.Random(11), {}
    for number in range(600):
        origin, version = chance.choice(list(Origin)), chance.randrange(1, 4)
        at = MIDNIGHT + (number % 60) * DAY
        sent[at, origin, version] = reading(
            chance.choice(["1", "1.0", "1.2", "1.20"]),
            at=at,
            origin=origin,
            version=version,
            method=chance.choice(list(Method)),
            state=chance.choice([*State]),
            source=chance.choice(["b", "A", "a"]),
            read_at=at + timedelta(seconds=chance.randrange(3)),
        )
    for number, start in enumerate(range(0, len(sent), 100), 1):
        store.write([batch(number, *list(sent.values())[start : start + 100])], NOW)
    query = "SELECT at, value, origin, version FROM reading_effective ORDER BY at"
    found = [(row[0], *row[1:]) for row in ask(store, query)]
    wanted = effective(sent.values())
    assert len(found) == len(wanted) > 40
    assert found == [
        (at.isoformat(), str(one.value), str(one.origin), one.version)
        for (_, _, at), one in sorted(wanted.items(), key=lambda item: item[0][2])
    ]


def test_registers_of_a_day(store):
    values = ["100.10", "100.40", "99.00", "120.75"]
    sent = [reading(value, at=MIDNIGHT + n * DAY) for n, value in enumerate(values)]
    sent += [reading("50", at=MIDNIGHT + timedelta(hours=3)), reading("220.1", point="1-0:32.7.0", unit="V")]
    store.write([batch(1, *sent)], NOW)
    days = ask(store, "SELECT meter, day, point, register FROM register_daily ORDER BY day")
    assert days == [("M1", f"2026-03-0{n + 1}", "1-0:1.8.0", value) for n, value in enumerate(values)]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_and_any_repetition_give_the_same_table(store, seed):
    chance = random.Random(seed)
    batches = numbered(300) + numbered(200, gateway="so-002")
    arriving = batches + chance.choices(batches, k=60)
    chance.shuffle(arriving)
    while arriving:
        count = chance.randrange(1, 12)
        outcome = store.write(arriving[:count], NOW)
        del arriving[:count]
    found = readings(store)
    assert len(found) == 500
    for one in batches:
        for meter, point, value, _, at, *_ in one.rows:
            assert found[meter, point, datetime.fromisoformat(at)] == Decimal(value)
    outcome = store.write(batches, NOW)
    assert have(outcome) == (len(numbered(300)), [])
    assert have(outcome, "so-002") == (len(numbered(200)), [])


def test_what_is_committed_survives_a_new_connection(store, url):
    store.write(numbered(20), NOW)
    store.close()
    with closing(store_of(url)) as again:
        again.connect()
        assert len(readings(again)) == 20
        assert have(again.write(numbered(20), NOW)) == (3, [])


def test_a_failure_in_the_middle_leaves_nothing(store):
    store.write([batch(1, reading())], NOW)
    good = store._sql["findings_own"]
    store._sql["findings_own"] = "SELECT nonsense FROM nowhere"
    with pytest.raises(StoreError):
        store.write([batch(2, reading("2.00"), reading(meter="M9"))], NOW)
    store._sql["findings_own"] = good
    assert len(readings(store)) == 1
    outcome = store.write([batch(2, reading("2.00"), reading(meter="M9"))], NOW)
    assert (outcome.batches, outcome.rows, have(outcome)) == (1, 1, (2, []))


def test_a_closed_store_says_that_it_is_gone(store):
    store.close()
    store.close()
    with pytest.raises(StoreGone):
        store.write([batch(1, reading())], NOW)


def test_dead_letters_are_kept_and_bounded(store):
    letters = [(NOW.isoformat(), f"topic/{n}", "no batch", b"\x00\xff") for n in range(DEAD_LETTERS + 20)]
    store.bury(letters)
    assert ask(store, "SELECT count(*) FROM dead_letter") == [(DEAD_LETTERS,)]
    assert ask(store, "SELECT topic FROM dead_letter ORDER BY id DESC LIMIT 1")[0][0].endswith("1019")


def test_a_newer_schema_is_left_alone(store, url):
    store.close()
    newer = store_of(url)
    newer.connect()
    if newer.dialect == "sqlite":
        newer._open.execute("PRAGMA user_version = 9000")
    else:
        newer._open.execute("INSERT INTO schema_version VALUES (9000)")
    newer.close()
    with pytest.raises(StoreError, match="newer"):
        store_of(url).connect()


@pytest.mark.parametrize(
    "address", ["", "mysql://db/x", "sqlite:", "sqlite:///", "master.db", "postgresql://%zz"]
)
def test_addresses_that_name_no_database(address):
    with pytest.raises(BadUrl):
        store_of(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:c4n4ry%zz@127.0.0.1/x",
        "postgresql://u:c4n4ry/x@127.0.0.1/x",
        "postgresql://u:c4n4ry@x@127.0.0.1/x",
        "postgresql://u:x@c4n4ry@127.0.0.1/x",
        "postgresql://127.0.0.1/x?password=c4n4ry&nonsense=1",
        "sqlite://u:c4n4ry@x",
        "mysql://u:c4n4ry@x/y",
        "c4n4ry",
    ],
)
def test_an_address_that_is_none_does_not_show_its_password(address):
    with pytest.raises(BadUrl) as refused:
        store_of(address)
    assert "c4n4ry" not in str(refused.value)


@pytest.mark.parametrize("password", ["plain", "p@ss/w:rd?x=1&y#%20 ", "口令"])
@pytest.mark.parametrize("url", ["postgresql://u@h:1/db", "postgres:///db?sslmode=disable"])
def test_a_password_beside_its_address(url, password):
    given = conninfo_to_dict(with_password(url, password))
    assert given["password"] == password
    assert given["dbname"] == "db"


def test_only_postgresql_takes_a_password():
    with pytest.raises(BadUrl, match=r"password|口令"):
        with_password("sqlite:///x.db", "x")


def test_a_database_that_is_not_there(tmp_path):
    with pytest.raises(StoreGone):
        store_of("postgresql://nobody@127.0.0.1:1/x").connect()
    with pytest.raises(StoreGone):
        store_of(f"sqlite:///{tmp_path}/no/such/folder/x.db").connect()


def test_a_question_that_cannot_be_answered_is_a_problem_of_the_store(store):
    store._sql["point_ids"] = "SELECT nonsense FROM nowhere"
    with pytest.raises(StoreError):
        store.ask("point_ids", [])
