"""The first review as a whole: states, bases, findings, and that its fast way says what the rules say."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.archive import Archive, Exchange, Meter
from drivers.order import Order, Result, Want
from gateway.review.base import Base, Cells, Layout, pack, unpack
from gateway.review.findings import Book
from gateway.review.known import same_day
from gateway.review.limits import SCALE
from gateway.review.power import Power
from gateway.review.reviewer import Reviewer
from gateway.review.stamp import stamped
from protocols.reading import Flag, Method, Reading, State

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
D = Decimal
TOTAL = "1-0:1.8.0"
TARIFFS = tuple(f"1-0:1.8.{n}" for n in range(1, 5))


class Wall:
    def __init__(self):
        self.at, self.sync = START, True

    def now(self):
        return self.at

    def monotonic(self):
        return (self.at - START).total_seconds()

    def synced(self):
        return self.sync


def meter(**given):
    common = {
        "asset_no": "M1",
        "address": "000000000001",
        "protocol": "dlt645-2007",
        "target": "line",
        "wiring": "1P",
        "rated_voltage": D(220),
        "max_current": D(60),
    }
    return Meter(**{**common, **given})


def archive(*meters, exchanges=()):
    return Archive(
        meters=meters,
        by_asset={m.asset_no: m for m in meters},
        by_target={"line": meters},
        exchanges=exchanges,
    )


class Bench:
    """A reviewer with one meter whose values are told as texts."""

    def __init__(self, one=None, **given):
        self.wall = Wall()
        self.meter = one or meter()
        self.archive = archive(self.meter, **given)
        self.reviewer = Reviewer(self.archive, {}, self.wall, ZONE)

    def read(self, values, *, hours=1.0, at=None, method=Method.LIVE, address="", due=None):
        self.wall.at += timedelta(hours=hours)
        at = at or self.wall.at
        readings = [
            Reading(
                meter="M1",
                point=point,
                value=None if value is None else D(value),
                unit="",
                at=at,
                read_at=self.wall.at,
                method=method,
            )
            for point, value in values.items()
        ]
        return self.reviewer.judge(self.meter, readings, address=address, due=due)

    def one(self, value, point=TOTAL, **given):
        (reading,), findings = self.read({point: value}, **given)
        return reading, findings

    def base(self, point=TOTAL):
        return D(self.reviewer.base("M1", point).value) / SCALE


@pytest.fixture
def bench():
    return Bench()


def test_a_first_value_passes_and_becomes_the_base(bench):
    reading, findings = bench.one("100.00")
    assert (reading.state, reading.reason, findings) == (State.PASSED, "", [])
    assert bench.base() == 100
    assert bench.reviewer.stats.unjudged["R020"] == 1


def test_a_good_value_moves_the_base(bench):
    bench.one("100.00")
    assert bench.one("101.50")[0].state is State.PASSED
    assert bench.base() == D("101.5")


def test_the_days_first_value_is_kept_on_the_fast_way_too(bench):
    for value, hours in (("100.00", 1), ("100.50", 1), ("101.00", 24), ("101.10", 1)):
        bench.one(value, hours=hours)
    assert bench.reviewer.base("M1", TOTAL).day == D("100.50") * SCALE


def test_a_declared_none_is_missing_and_moves_nothing(bench):
    bench.one("100.00")
    reading, findings = bench.one(None)
    assert (reading.state, findings) == (State.MISSING, [])
    assert bench.base() == 100
    assert bench.reviewer.stats.missing == 1


def test_what_could_not_be_decoded_is_rejected_with_a_finding(bench):
    raw = Reading(
        meter="M1",
        point=TOTAL,
        value=None,
        unit="kWh",
        at=START,
        read_at=START,
        state=State.REJECTED,
        reason="R001",
    )
    (reading,), (finding,) = bench.reviewer.judge(bench.meter, [raw])
    assert (reading.state, reading.reason, finding.rule, finding.severity) == (
        State.REJECTED,
        "R001",
        "R001",
        3,
    )


def test_jitter_passes_and_keeps_the_base(bench):
    bench.one("12345.67")
    assert bench.one("12345.64")[0].state is State.PASSED
    assert bench.base() == D("12345.67")


def test_a_spurious_zero_is_rejected_once_and_the_recovery_is_no_spike(bench):
    bench.one("53700.00")
    reading, findings = bench.one("0.00")
    assert (reading.state, reading.reason) == (State.REJECTED, "R009")
    assert [f.rule for f in findings] == ["R009"]
    assert reading.flags & Flag.DECREASE
    reading, findings = bench.one("53700.50")
    assert (reading.state, reading.reason) == (State.PASSED, "")
    assert [(f.rule, f.state) for f in findings] == [("R009", "cleared")]
    assert bench.base() == D("53700.50")


def test_a_decrease_is_suspect_then_confirmed_and_never_the_base(bench):
    bench.one("12345.67")
    first, opened = bench.one("3.20")
    assert (first.state, first.reason, opened[0].state) == (State.SUSPECT, "R020", "open")
    second, confirmed = bench.one("3.30")
    assert (second.state, confirmed[0].state, confirmed[0].severity) == (State.REJECTED, "confirmed", 3)
    third, extended = bench.one("3.40")
    assert third.state is State.REJECTED
    assert extended == []
    assert bench.base() == D("12345.67")
    back, cleared = bench.one("12346.00")
    assert (back.state, cleared[0].state, cleared[0].count) == (State.PASSED, "cleared", 3)
    assert cleared[0].key == opened[0].key


def test_rollover_passes_with_a_flag_and_a_new_base(bench):
    bench.one("999990.50")
    reading, findings = bench.one("10.25", hours=10)
    assert (reading.state, reading.reason) == (State.PASSED, "R021")
    assert reading.flags & Flag.ROLLOVER
    assert [(f.rule, f.severity) for f in findings] == [("R021", 0)]
    assert bench.base() == D("10.25")


def test_a_run_away_value_is_rejected_and_the_next_is_judged_against_the_old_base(bench):
    bench.one("100.00")
    assert bench.one("53800.00")[0].state is State.REJECTED
    assert bench.one("101.00")[0].state is State.PASSED


def test_a_warning_passes(bench):
    bench.one("100.00")
    reading, findings = bench.one("114.00")
    assert (reading.state, reading.reason) == (State.PASSED, "R022")
    assert findings[0].severity == 1
    assert bench.base() == 114


def test_another_address_rejects_everything(bench):
    (reading,), (finding,) = bench.read({TOTAL: "1.00"}, address="000000000002")
    assert (reading.state, reading.reason, finding.state) == (State.REJECTED, "R002", "confirmed")


def answered(bench, **given):
    order = Order(meter=bench.meter, want=Want.LIVE, points=(TOTAL,))
    return bench.reviewer.review(Result(order=order, **given))


def test_an_answer_from_an_address_nobody_knows_is_a_finding_until_the_meter_answers(bench):
    readings, (finding,) = answered(bench, stranger="000000000099")
    assert (readings, finding.rule, finding.state, finding.severity) == ([], "R002", "confirmed", 3)
    assert (finding.meter, finding.value, finding.limit) == ("M1", "000000000099", "000000000001")
    assert answered(bench) == ([], [])  # silence says nothing about it
    _, (cleared,) = answered(bench, address="000000000001")
    assert (cleared.key, cleared.state) == (finding.key, "cleared")


def test_a_late_answer_of_a_meter_of_the_same_line_is_no_question_of_identity():
    bench = Bench()
    other = meter(asset_no="M2", address="2")
    bench.reviewer.adopt(archive(bench.meter, other), {})
    assert answered(bench, stranger="000000000002") == ([], [])


@pytest.mark.parametrize("address", ["AAAAAAAAAAAA", "AAAAAAAA0001", "999999999999"])
def test_a_wildcard_in_the_archive_has_no_identity(address):
    bench = Bench(meter(address=address))
    assert answered(bench, stranger="000000000099") == ([], [])
    assert bench.read({TOTAL: "1.00"}, address="000000000099")[1] == []


def test_the_same_address_in_another_length_is_the_same(bench):
    assert bench.read({TOTAL: "1.00"}, address="1")[0][0].state is State.PASSED


def test_the_same_instant_with_another_value(bench):
    bench.one("100.00")
    again, findings = bench.one("90.00", at=bench.wall.at)
    assert (again.state, again.reason) == (State.SUSPECT, "R004")
    assert [f.rule for f in findings] == ["R004"]


def test_the_future_is_rejected(bench):
    reading, _ = bench.one("100.00", at=START + timedelta(hours=2))
    assert (reading.state, reading.reason) == (State.REJECTED, "R005")


def test_a_freeze_of_another_day_is_suspect(bench):
    due = datetime(2026, 5, 1, tzinfo=ZONE)
    stale = due - timedelta(days=1)
    reading, _ = bench.one("100.00", at=stale, method=Method.FREEZE, due=due)
    assert (reading.state, reading.reason) == (State.SUSPECT, "R007")


def test_before_installation():
    bench = Bench(meter(valid_from=date(2026, 5, 1)))
    reading, _ = bench.one("1.00", at=START - timedelta(days=2))
    assert reading.reason == "R005"


def test_without_a_synchronised_clock_time_is_not_judged(bench):
    bench.wall.sync = False
    readings, findings = bench.read({"0-0:1.0.0": "5000", TOTAL: "1.00"}, at=START + timedelta(days=3))
    assert [r.state for r in readings] == [State.PASSED, State.PASSED]
    assert findings == []
    assert all(r.flags & Flag.CLOCK_UNSYNCED for r in readings)
    assert bench.reviewer.stats.unjudged["R006"] == 1
    assert bench.reviewer.stats.unjudged["R005"] == 1


def test_a_clock_far_off_marks_what_the_meter_stamped(bench):
    assert bench.one("400", point="0-0:1.0.0")[0].state is State.SUSPECT
    due = datetime(2026, 5, 1, tzinfo=ZONE)
    reading, _ = bench.one("100.00", at=due, method=Method.FREEZE, due=due)
    assert reading.flags & Flag.CLOCK_OFF


def test_tariffs_that_do_not_add_up(bench):
    good = dict(zip(TARIFFS, ("100.10", "300.20", "399.85", "199.83"), strict=True))
    assert bench.read({TOTAL: "1000.00", **good})[0][0].state is State.PASSED
    readings, findings = bench.read({TOTAL: "1002.00", **good})
    assert (readings[0].state, readings[0].reason) == (State.SUSPECT, "R025")
    assert readings[0].flags & Flag.TARIFF_SUM
    assert [r.state for r in readings[1:]] == [State.PASSED] * 4
    assert [f.rule for f in findings] == ["R025"]


def test_a_meter_that_stands_still_under_load(bench):
    for hour in range(6):
        readings, findings = bench.read({TOTAL: "100.00", "1-0:16.7.0": "0.5"}, hours=0.25)
        if hour == 0:
            assert readings[0].state is State.PASSED
    assert readings[0].reason == "R024"
    readings, findings = bench.read({TOTAL: "100.12", "1-0:16.7.0": "0.5"}, hours=0.25)
    assert readings[0].state is State.PASSED
    assert [(f.rule, f.state) for f in findings] == [("R024", "cleared")]


def test_more_energy_than_power_explains(bench):
    bench.read({TOTAL: "100.00", "1-0:16.7.0": "1"}, hours=0.25)
    readings, _ = bench.read({TOTAL: "101.00", "1-0:16.7.0": "1"}, hours=0.25)
    assert (readings[0].state, readings[0].reason) == (State.SUSPECT, "R023")


def test_reverse_energy_is_counted_by_the_day(bench):
    bench.one("0.00", point="1-0:2.8.0", hours=0)
    states = [bench.one(f"{n * 0.3:.2f}", point="1-0:2.8.0", hours=1)[0] for n in range(1, 5)]
    assert [(r.state.value, r.reason) for r in states] == [
        ("PASSED", "R027"),
        ("PASSED", "R027"),
        ("PASSED", "R027"),
        ("SUSPECT", "R027"),
    ]
    assert bench.one("0.95", point="1-0:2.8.0", hours=24)[0].state is State.PASSED


def test_a_late_value_passes_below_the_base_and_does_not_move_it(bench):
    bench.one("100.00")
    bench.one("110.00", hours=10)
    late, _ = bench.one("105.00", hours=0, at=bench.wall.at - timedelta(hours=5))
    assert late.state is State.PASSED
    assert bench.base() == 110


def test_an_exchange_record_gives_the_new_meter_its_base():
    change = Exchange(
        mp_no="P1",
        old_asset="M0",
        new_asset="M1",
        at=START,
        old_finals={TOTAL: D("1010.50")},
        new_initials={TOTAL: D("0.20")},
    )
    bench = Bench(exchanges=(change,))
    assert bench.one("5.70")[0].state is State.PASSED
    assert bench.reviewer.stats.unjudged["R020"] == 0
    assert bench.one("0.10")[0].state is State.SUSPECT


def test_absence_opens_after_two_slots_rises_after_three_days_and_clears(bench):
    slots = [START + timedelta(hours=12 * n) for n in range(8)]
    news = [bench.reviewer.absent(bench.meter, slot) for slot in slots]
    assert news[0] is None
    assert (news[1].rule, news[1].severity, news[1].state) == ("R003", 1, "open")
    assert (news[6].severity, news[6].state) == (2, "confirmed")
    (cleared,) = bench.reviewer.present(bench.meter, slots[-1])
    assert (cleared.state, cleared.began) == ("cleared", slots[1])
    assert bench.reviewer.absent(bench.meter, slots[-1]) is None
    assert bench.reviewer.present(bench.meter, slots[-1]) == []


def test_reading_that_fails_in_three_rounds_is_a_finding_until_it_succeeds(bench):
    news = [bench.reviewer.failing(bench.meter, START + timedelta(hours=n)) for n in range(4)]
    assert [one and one.rule for one in news] == [None, None, "R060", "R060"]
    assert [one.state for one in bench.reviewer.present(bench.meter, START)] == ["cleared"]
    assert bench.reviewer.failing(bench.meter, START) is None


def test_a_missing_daily_freeze_is_a_finding_at_once(bench):
    assert bench.reviewer.absent(bench.meter, START, surely=True).severity == 1


def test_a_result_of_the_bus_is_reviewed_with_its_due_date(bench):
    due = datetime(2026, 5, 1, tzinfo=ZONE)
    raw = Reading(
        meter="M1", point=TOTAL, value=D(1), unit="kWh", at=due, read_at=bench.wall.at, method=Method.FREEZE
    )
    order = Order(meter=bench.meter, want=Want.FREEZE, points=(TOTAL,), at=due)
    (reading,), _ = bench.reviewer.review(Result(order=order, address=bench.meter.address, readings=(raw,)))
    assert reading.state is State.PASSED


def test_bases_and_findings_survive_a_restart(bench):
    bench.read({TOTAL: "100.00", "1-0:2.8.0": "1.00"})
    _, opened = bench.one("50.00")
    blobs = bench.reviewer.pack([bench.meter]), bench.reviewer.book.pack("line")
    fresh = Bench()
    fresh.wall.at = bench.wall.at
    fresh.reviewer.book.unpack(blobs[1])
    fresh.reviewer.unpack(blobs[0], fresh.archive)
    assert fresh.base() == 100
    assert fresh.base("1-0:2.8.0") == 1
    assert fresh.reviewer.knows("line")
    assert not fresh.reviewer.knows("other")
    _, cleared = fresh.one("100.10")
    assert (cleared[0].key, cleared[0].state, cleared[0].began) == (opened[0].key, "cleared", opened[0].began)


def test_what_left_the_archive_is_forgotten_and_its_findings_close(bench):
    bench.one("100.00")
    bench.one("0.00")
    closed = bench.reviewer.adopt(archive(meter(asset_no="M2")), {})
    assert [(f.rule, f.state) for f in closed] == [("R009", "closed")]
    assert bench.reviewer.base("M1", TOTAL) is None
    assert len(bench.reviewer.book) == 0


def test_a_finding_that_stays_clear_for_a_day_closes(bench):
    bench.one("100.00")
    bench.one("0.00")
    bench.one("100.10")
    assert bench.reviewer.book.sweep("line", bench.wall.at) == []
    (closed,) = bench.reviewer.book.sweep("line", bench.wall.at + timedelta(days=1))
    assert closed.state == "closed"
    assert not bench.reviewer.book.watched("M1")


def test_a_lasting_cause_extends_one_finding_and_is_told_ever_less_often(bench):
    bench.one("100.00")
    news = [bench.one("0.00")[1] for _ in range(20)]
    assert [n for n, told in enumerate(news, start=1) if told] == [1, 2, 4, 8, 16]
    assert len(bench.reviewer.book) == 1


def test_bases_share_their_layout_and_cost_32_bytes_a_point():
    root = Layout()
    one, two = Cells(root), Cells(root)
    for cells in (one, two):
        for point in (TOTAL, *TARIFFS):
            cells.put(point, Base(1, 2, 3, 4))
    assert one.layout is two.layout
    assert one.numbers.itemsize * len(one.numbers) == 5 * 32
    assert one.get("1-0:9.8.0") is None
    again = dict(unpack(pack([("A", one)]), root))
    assert again["A"].get(TOTAL) == Base(1, 2, 3, 4)
    assert again["A"].layout is one.layout


def test_a_stamped_reading_differs_in_nothing_else():
    raw = Reading(meter="M", point="p", value=D(1), unit="u", at=START, read_at=START, flags=1, source="s")
    done = stamped(raw, State.SUSPECT, "R020", 2)
    assert (done.state, done.reason, done.flags) == (State.SUSPECT, "R020", 3)
    assert stamped(done, State.RAW) == Reading(
        meter="M", point="p", value=D(1), unit="u", at=START, read_at=START, flags=3, source="s"
    )
    assert raw.state is State.RAW


def test_power_is_not_integrated_over_long_gaps():
    power = Power(0, 1.0)
    power.mark(0)
    power.take(900, 1.0)
    assert power.work == pytest.approx(0.25 * SCALE)
    power.take(9000, 1.0)
    assert power.work is None
    assert power.rest is None
    power.moved()
    assert power.rest == 0.0


def test_days_are_local():
    evening = int(datetime(2026, 5, 1, 23, 59, tzinfo=ZONE).timestamp())
    assert same_day(evening - 3600, evening, ZONE)
    assert not same_day(evening, evening + 120, ZONE)


def test_a_book_without_findings_is_empty():
    assert len(Book()) == 0
    assert Book().passed("R001", "M", "p", START) is None


points = st.sampled_from(
    [TOTAL, *TARIFFS, "1-0:2.8.0", "1-0:3.8.0", "1-0:32.7.0", "1-0:31.7.0", "1-0:14.7.0", "1-0:16.7.0"]
)
values = st.one_of(
    st.none(),
    st.decimals(0, 400, places=2),
    st.sampled_from([D("999999.99"), D(-1), D(0), D("100.00"), D("100.04"), D("25.00")]),
)
answers = st.lists(st.dictionaries(points, values, min_size=1, max_size=6), min_size=1, max_size=5)


@given(answers, st.booleans(), st.sampled_from([0.0, 0.01, 1.0, 30.0, 800.0]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_the_fast_way_says_what_the_rules_say(series, sync, hours, rated):
    """Two reviewers, one of which may never take the fast way, agree on states, reasons, flags and bases."""
    one = meter() if rated else meter(max_current=None)
    fast, slow = Bench(one), Bench(one)
    fast.wall.sync = slow.wall.sync = sync
    slow.reviewer._plainly = lambda *_: None
    for answer in series:
        got, expected = fast.read(answer, hours=hours), slow.read(answer, hours=hours)
        assert got == expected
        for point in answer:
            assert fast.reviewer.base("M1", point) == slow.reviewer.base("M1", point)
    fast_stats, slow_stats = fast.reviewer.stats, slow.reviewer.stats
    assert (fast_stats.passed, fast_stats.suspect, fast_stats.missing, fast_stats.rejected) == (
        slow_stats.passed,
        slow_stats.suspect,
        slow_stats.missing,
        slow_stats.rejected,
    )


def test_plainly_good_answers_take_the_fast_way(bench, monkeypatch):
    """The slow way is not entered at all."""
    answer = {TOTAL: "1000.00", **dict.fromkeys(TARIFFS, "250.00")}
    bench.read(answer)
    raws = [
        [
            Reading(
                meter="M1", point=p, value=D(v), unit="kWh", at=START + timedelta(hours=n + 2), read_at=START
            )
            for p, v in answer.items()
        ]
        for n in range(200)
    ]
    bench.wall.at = START + timedelta(hours=300)
    before = bench.reviewer.stats.unjudged["R004"]
    monkeypatch.setattr("gateway.review.reviewer.Careful", None)
    for raw in raws:
        done, findings = bench.reviewer.judge(bench.meter, raw)
        assert not findings
    assert done[0].state is State.PASSED
    assert bench.reviewer.stats.unjudged["R004"] == before


def test_clock_offsets_are_counted_while_ours_is_right(bench):
    bench.one("-70", point="0-0:1.0.0")
    bench.wall.sync = False
    bench.one("70", point="0-0:1.0.0")
    assert sum(bench.reviewer.stats.clock_buckets) == 1
    assert bench.reviewer.stats.clock_sum == 70
