"""What becomes of what drivers learn beside results."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from config.archive import Archive, Meter
from drivers.surroundings import (
    AddressContested,
    ArchiveCompared,
    ClockShown,
    Kept,
    Observed,
    TerminalEvent,
    ignore,
)
from gateway.facts import CAUSES, FactDesk, kept_key, pack_kept, unpack_kept
from gateway.review.reviewer import Reviewer
from protocols.reading import Event

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.sync = True

    def now(self):
        return NOW

    def monotonic(self):
        return 0.0

    def synced(self):
        return self.sync


class Plant:
    def __init__(self):
        meter = Meter(asset_no="M1", address="1", protocol="dlt645-2007", target="jzq", phase="A")
        self.entries, self.clock = [], Clock()
        meters = {"M1": meter}
        reviewer = Reviewer(
            Archive(meters=(meter,), by_asset=meters), {}, self.clock, ZoneInfo("Asia/Shanghai")
        )
        self.desk = FactDesk(meters, ["jzq"], reviewer, self.entries.append, self.clock)

    def findings(self):
        return [(f.rule, f.meter, f.state, f.value) for entry in self.entries for f in entry.findings]


@pytest.fixture
def plant():
    return Plant()


def seen(value, kind="phase", meter="M1"):
    return Observed(meter=meter, kind=kind, value=value, at=NOW)


def test_another_phase_than_the_archives_is_a_finding_and_the_same_clears_it(plant):
    plant.desk.tell(seen("1"))
    assert plant.findings() == []
    plant.desk.tell(seen("2"))
    plant.desk.tell(seen("A"))
    assert plant.findings() == [("R061", "M1", "open", "2"), ("R061", "M1", "cleared", "2")]


def test_what_the_archive_does_not_say_is_no_finding(plant):
    plant.desk.tell(seen("T2", kind="area"))
    plant.desk.tell(seen("2", meter="unknown"))
    assert plant.findings() == []


def test_an_archive_that_agrees_is_kept_and_one_that_does_not_is_a_finding(plant):
    plant.desk.tell(ArchiveCompared(target="jzq", at=NOW, verified={1: "A", 3: "B"}))
    later = NOW + timedelta(hours=1)
    differences = tuple(f"pn {n}: other address" for n in range(7))
    plant.desk.tell(ArchiveCompared(target="jzq", at=later, verified={3: "C"}, differences=differences))
    ((rule, meter, state, value),) = plant.findings()
    assert (rule, meter, state) == ("T001", "jzq", "confirmed")
    assert value.endswith("pn 4: other address; +2")
    saved = [save for entry in plant.entries for save in entry.saves]
    assert saved[-1][0] == kept_key("jzq")
    assert unpack_kept(saved[-1][1]).verified == {1: ("A", NOW), 3: ("C", later)}


@pytest.mark.parametrize(("seconds", "severity"), [(-61, 1), (400, 2)])
def test_a_clock_that_is_off_is_a_finding(plant, seconds, severity):
    plant.desk.tell(ClockShown(target="jzq", seconds=30, at=NOW))
    assert plant.findings() == []
    plant.desk.tell(ClockShown(target="jzq", seconds=seconds, at=NOW))
    (finding,) = plant.entries[0].findings
    assert (finding.rule, finding.severity, finding.value) == ("T002", severity, f"{seconds} s")


def test_without_a_clock_of_our_own_none_is_judged(plant):
    plant.clock.sync = False
    plant.desk.tell(ClockShown(target="jzq", seconds=4000, at=NOW))
    assert plant.findings() == []


def test_a_contested_address_is_a_finding(plant):
    plant.desk.tell(AddressContested(target="jzq", peers=("192.0.2.1", "192.0.2.9"), at=NOW))
    assert plant.findings() == [("T003", "jzq", "confirmed", "192.0.2.1, 192.0.2.9")]
    assert all(cause.en and cause.zh for cause in CAUSES.values())


def test_an_event_is_stored_with_the_counters_that_were_read(plant):
    event = Event(meter="jzq", id="E", name="power off", began=NOW, ended=None, detail="{}", read_at=NOW)
    plant.desk.kept["jzq"].events = (7, 9)
    plant.desk.tell(TerminalEvent(target="jzq", event=event, important=True))
    (entry,) = plant.entries
    assert entry.events == (event,)
    assert unpack_kept(entry.saves[0][1]).events == (7, 9)


def test_what_is_kept_survives_and_what_is_unknown_holds_nothing():
    kept = Kept(verified={1: ("A", NOW), 2: ("B", NOW - timedelta(days=1))}, events=(1, 255))
    assert unpack_kept(pack_kept(kept)) == kept
    assert unpack_kept(None) == unpack_kept(b'{"v": 2}') == Kept()
    ignore(seen("1"))
