"""P037 by property: order, duplication and lateness of readings change nothing; children make their parent.

Also that the sums of several gateways, merged, are those of all members at once.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from config.archive import Relation
from gateway.energy.aggregate import Tally, balance, deviation, merged
from gateway.energy.effective import effective, registers
from gateway.energy.loss import loss_of, part_of
from gateway.energy.members import SALE, SUPPLY, members
from gateway.energy.period import Span, days, period_of
from gateway.energy.place import Interval
from gateway.energy.record import FORWARD, REVERSE, Computed, revised
from gateway.energy.registers import energy_of
from protocols.reading import Method, Origin, Reading, State
from tests.gateway.energy.conftest import DAY, SHANGHAI

D = Decimal
FEBRUARY = period_of(DAY.start.replace(month=2, day=1), Span.MONTH)
DAYS = list(days(date(2026, 2, 1), date(2026, 2, 4), SHANGHAI))
METERS = ("G1", "M1", "M2", "M3")
RELATIONS = [
    Relation(meter="G1", node_kind="transformer", node="T1", side=SUPPLY),
    Relation(meter="G1", node_kind="line", node="L1", side=SALE),
    Relation(meter="M1", node_kind="transformer", node="T1", side=SALE),
    Relation(meter="M2", node_kind="transformer", node="T1", side=SALE, valid_from=date(2026, 2, 2)),
    Relation(meter="M3", node_kind="line", node="L1", side=SALE),
]

# One seed instead of hundreds of draws: the cases are as wild, and cost a tenth.
seeds = st.integers(0, 2**32 - 1)


def readings(seed):
    """Registers of all meters around five midnights, from several sources, some of them wrong."""
    dice = random.Random(seed)
    found = []
    for meter in METERS:
        for point in (FORWARD, REVERSE):
            register = D(dice.choice([100, 999_980]))
            for n in range(5):
                register = (register + D(dice.randrange(2_000)).scaleb(-2)) % 1_000_000
                minutes = dice.choice([0] * 6 + [-10, 20, 45])
                at = DAYS[0].start + timedelta(days=n, minutes=minutes)
                value = wrong(dice) if dice.random() < 0.08 else register
                found += sources(dice, (meter, point, at), value)
    return found


def wrong(dice):
    return dice.choice([D(0), D(dice.randrange(20_000)).scaleb(-2), D(999_999)])


def sources(dice, key, value):
    meter, point, at = key
    return [
        Reading(
            meter=meter,
            point=point,
            value=value if n == 0 else wrong(dice),
            unit="kWh",
            at=at,
            read_at=at + timedelta(minutes=n + 1),
            origin=dice.choice([Origin.WIRED, Origin.TERMINAL, Origin.HHU_KEYED]),
            state=dice.choice([State.PASSED] * 8 + [State.SUSPECT, State.ACCEPTED, State.ESTIMATED]),
            method=dice.choice([Method.FREEZE, Method.CURVE, Method.LIVE]) if n else Method.FREEZE,
            source=f"s{n}",
        )
        for n in range(dice.choice([1, 1, 1, 2, 3]))
    ]


def energies(taken, period):
    known = {point: registers(taken, point) for point in (FORWARD, REVERSE)}
    place = {meter: (Interval(asset=meter, power=D(5)),) for meter in METERS}
    return {
        (meter, point): energy_of(place[meter], point, period, known[point])
        for meter in METERS
        for point in known
    }


def tallies(taken, period, only=METERS):
    """Both sides of every node, of the meters that one gateway reads."""
    known = energies(taken, period)
    sides = members([one for one in RELATIONS if one.meter in only], period, both={"G1"})
    found = {}
    for kind, node in (("transformer", "T1"), ("line", "L1")):
        groups = [sides.get((kind, node, side), []) for side in (SUPPLY, SALE)]
        both = balance(*groups, lambda member, point: known[member.meter, point])
        found |= {(kind, node, side): one for side, one in zip((SUPPLY, SALE), both, strict=True)}
    return found


def aggregates(taken, period, only=METERS, source=""):
    return [one.aggregate(side, period, source) for side, one in tallies(taken, period, only).items()]


def losses(taken, period):
    known, found = energies(taken, period), tallies(taken, period)
    sides = members(RELATIONS, period, both={"G1"})
    parts = [
        part_of(one, side, lambda member, point: known[member.meter, point])
        for side in (SUPPLY, SALE)
        for one in sides["transformer", "T1", side]
    ]
    tallied = found["transformer", "T1", SUPPLY], found["transformer", "T1", SALE]
    return loss_of(("transformer", "T1"), period, tallied, parts)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_order_and_duplicates_change_nothing(seed):
    taken, dice = readings(seed), random.Random(seed)
    mixed = taken + dice.choices(taken, k=len(taken) // 2)
    dice.shuffle(mixed)
    assert effective(mixed) == effective(taken)
    for period in (DAYS[1], FEBRUARY):
        assert energies(mixed, period) == energies(taken, period)
        assert aggregates(mixed, period) == aggregates(taken, period)
        assert losses(mixed, period) == losses(taken, period)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_what_comes_late_ends_where_it_would_have_been_in_time(seed):
    taken, dice = readings(seed), random.Random(seed)
    arrival = taken[:]
    dice.shuffle(arrival)
    kept = dict.fromkeys(range(4))
    for upto in (len(arrival) // 3, 2 * len(arrival) // 3, len(arrival)):
        fresh = aggregates(arrival[:upto], DAYS[1])
        kept = {n: revised(kept[n], one) for n, one in enumerate(fresh)}
        again = {n: revised(kept[n], one) for n, one in enumerate(aggregates(arrival[:upto], DAYS[1]))}
        assert again == kept
    for one, direct in zip(kept.values(), aggregates(taken, DAYS[1]), strict=True):
        assert 1 <= one.version <= 3
        assert revised(one, direct) is one


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_days_make_the_longer_period(seed):
    taken = readings(seed)
    whole = energies(taken, DAYS[0])
    for meter in METERS:
        parts = [energies(taken, day)[meter, FORWARD] for day in DAYS[1:3]]
        span = type(DAYS[0])(DAYS[1].start, DAYS[2].end, Span.DAY)
        both = energies(taken, span)[meter, FORWARD]
        if all(one.energy is not None for one in parts):
            assert both.computed in {Computed.READ, Computed.ESTIMATED}
            assert deviation(both.energy, [one.energy for one in parts]) == 0
        assert whole[meter, FORWARD].energy is None or whole[meter, FORWARD].energy >= 0


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_what_goes_into_an_area_comes_out_of_its_line(seed):
    taken = readings(seed)
    found = tallies(taken, DAYS[1])
    known = energies(taken, DAYS[1])
    alone = [one for one in (known["M3", FORWARD],) if one.energy is not None]
    area = found["transformer", "T1", SUPPLY]
    # The area's supply holds its customers' feed-in, which the total meter does not see.
    fed = sum((known[m, REVERSE].energy or 0) for m in ("M1", "M2") if known[m, FORWARD].energy is not None)
    assert (
        deviation(found["line", "L1", SALE].energy, [area.energy - fed, *(one.energy for one in alone)]) == 0
    )


@settings(max_examples=30, deadline=None)
@given(seeds, st.lists(st.integers(0, 2), min_size=4, max_size=4), st.permutations(range(3)))
def test_merged_sums_of_gateways_are_those_of_all_members(seed, owners, order):
    taken = readings(seed)
    shares = [[m for m, owner in zip(METERS, owners, strict=True) if owner == n] for n in order]
    whole = tallies(taken, DAYS[1])
    parts = [tallies(taken, DAYS[1], share) for share in shares]
    for side, one in whole.items():
        assert sum((part[side] for part in parts), Tally()) == one
    sent = [one for n, share in enumerate(shares) for one in aggregates(taken, DAYS[1], share, f"g{n}")]
    together = {(one.node_kind, one.node, one.side): one for one in merged(sent)}
    for side, one in whole.items():
        direct, summed = one.aggregate(side, DAYS[1]), together[side]
        exact = ("energy", "due", "present", "estimated", "worst", "flags", "start", "end", "unit", "source")
        assert [getattr(direct, name) for name in exact] == [getattr(summed, name) for name in exact]
        assert abs(direct.estimated_share - summed.estimated_share) <= D("0.000002")
        assert abs(direct.skew_seconds - summed.skew_seconds) <= 1
