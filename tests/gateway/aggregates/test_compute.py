"""The sums of one node, what went out of them, and how they come through a restart."""

from datetime import timedelta

from gateway.aggregates.boundaries import Boundaries
from gateway.aggregates.compute import sums
from gateway.aggregates.keeping import SHARDS, State, pack_newer, pack_state, unpack_newer, unpack_state
from gateway.aggregates.ledger import RETENTION, Ledger
from gateway.aggregates.roster import Roster
from gateway.aggregates.stats import AggregateStats
from gateway.energy.period import Period, Span
from tests.gateway.aggregates.plant import HOUR, START, ZONE, Bench, area, reading, register

NODE = ("transformer", "T1")
FIRST = Period(START, START + HOUR, Span.HOUR)


def held(hours=3):
    boundaries = Boundaries(ZONE)
    for hour in range(hours + 1):
        at = START + hour * HOUR
        for number in range(4):
            boundaries.take(reading(f"M{number}", register(number, at), at))
        boundaries.take(reading("M0", 5, at, "1-0:2.8.0"))  # the total meter's reverse register stands still
    return boundaries


def found(boundaries):
    return {one.side: one for one in sums(Roster(area(), ZONE), boundaries, NODE, FIRST, "so-1")}


def test_an_hour_of_an_area():
    sides = found(held())
    assert (sides["supply"].energy, sides["sale"].energy) == (6, 6)
    assert (sides["sale"].due, sides["sale"].present) == (3, 3)


def test_without_registers_its_members_are_due_and_missing():
    sides = found(Boundaries(ZONE))
    assert (sides["sale"].due, sides["sale"].present, sides["sale"].energy) == (3, 0, 0)


def test_the_same_sum_goes_out_once_and_another_as_a_new_version():
    ledger, one = Ledger(), found(held())["sale"]
    first = ledger.fresh(one)
    assert first.version == 1
    ledger.sent(first)
    assert ledger.knows(one)
    assert ledger.fresh(one) is None
    other = found(Boundaries(ZONE))["sale"]
    assert ledger.fresh(other).version == 2
    ledger.undo(first)
    assert ledger.fresh(one).version == 1


def test_old_versions_are_forgotten():
    ledger, one = Ledger(), found(held())["sale"]
    ledger.sent(ledger.fresh(one))
    ledger.prune(START + timedelta(seconds=RETENTION[Span.HOUR]))
    assert len(ledger) == 1
    ledger.prune(START + timedelta(seconds=RETENTION[Span.HOUR] + 1))
    assert len(ledger) == 0


def test_registers_and_versions_come_through_a_restart():
    before, after = held(), Boundaries(ZONE)
    for shard in range(SHARDS):
        unpack_newer(pack_newer(before, shard, 0), after, frozenset({"M1", "M2"}))
    kept = {key: [track.whole().row(n) for n in range(len(track))] for key, track in after.tracks()}
    assert kept == {
        key: [track.whole().row(n) for n in range(len(track))]
        for key, track in before.tracks()
        if key[0] in ("M1", "M2")
    }
    state = State(since=START, closed={Span.DAY: START})
    state.ledger.sent(state.ledger.fresh(found(before)["sale"]))
    again = unpack_state(pack_state(state))
    assert (again.since, again.closed) == (START, {Span.DAY: START})
    assert list(again.ledger.columns()) == list(state.ledger.columns())
    assert len(unpack_state(None).ledger) == 0


async def test_what_is_counted():
    bench = Bench()
    await bench.sums.load()
    assert bench.sums.stats == AggregateStats()
    for hour in range(3):
        at = START + hour * HOUR
        bench.take(*(reading(f"M{number}", register(number, at), at) for number in range(4)))
    await bench.go(START + 2 * HOUR)
    assert bench.sums.stats.made == len(bench.store.sums) > 0
    assert bench.sums.stats.registers > 0
