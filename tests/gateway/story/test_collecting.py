"""The gateway's own slots, ledger and importer in a story: what is late is late because it came late."""

import json
from contextlib import closing
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.dumps.spool import Spool
from gateway.master.report import due
from gateway.master.stores import store_of
from gateway.report.success import missing
from simulators.week import week

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def store(kept):
    with closing(store_of(kept.database)) as found:
        found.connect()
        yield found


@pytest.fixture(scope="module")
def night(kept):
    return kept.begin + timedelta(days=9)


def test_the_silent_night_is_reported_as_it_was_and_again_as_it_came(store, night):
    slot = night.astimezone(UTC).isoformat(timespec="microseconds")
    before = (night - timedelta(seconds=1)).astimezone(UTC).isoformat(timespec="microseconds")
    rows = [row for row in store.ask("report_slots", [before, slot]) if row[:2] == ("daily", "jzq3")]
    first, *later = [json.loads(row[3]) for row in rows]
    assert {outcome for _, outcome in first} == {"timeout"}
    assert len(first) == 11
    by_hand = week(night, seed=1).truth["hand_held_filled"].split()
    assert {meter for one in later for meter, _ in one} == {m for m, _ in first} - set(by_hand)
    assert {outcome for one in later for _, outcome in one} == {"backfilled"}


def test_what_came_again_was_asked_after_the_silence(store, night):
    day = night.date() - timedelta(days=1)
    silent = [one for one in due(store, day, day, ["daily"]) if one.target == "jzq3"]
    came = sorted(one.arrived.astimezone(ZONE) for one in silent if one.outcome == "backfilled")
    assert night.replace(hour=9) <= came[0] <= came[-1] < night.replace(hour=13)
    brought = {one.arrived.astimezone(ZONE).date() for one in silent if one.outcome != "backfilled"}
    assert brought == {night.date() + timedelta(days=3)}


def test_what_never_came_is_missing_with_its_reason(store, night):
    rows = list(missing(due(store, night.date(), night.date(), ["hourly"]), ZONE))
    silent = [one for one in rows if one.target == "jzq3"]
    assert {one.reason for one in rows if one not in silent} == {"no_record"}
    assert {one.reason for one in silent} == {"timeout", "no_record"}
    assert len(silent) >= 3 * 8


def test_the_file_of_the_hand_held_unit_went_through_the_importer(kept):
    told = kept.summary["imported"]
    assert (told["ok"], told["committed"], told["profile"]) == (True, True, "delimited")
    assert (told["rows"], told["accepted"], told["states"]) == (6, 6, {"PASSED": 6})
    spool = Spool(kept.folder / "state" / "dumps")
    assert spool.stage(told["receipt"]) == "done"
    assert spool.dump(told["receipt"]).read_bytes() == (kept.folder / "handheld.txt").read_bytes()
