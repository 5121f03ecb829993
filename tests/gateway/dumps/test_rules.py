"""Every rule on a dump's rows judges its own good and bad example."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from config.schema import Dumps
from gateway.dumps.rules import ENTRY_RULES, Entry, Spot, hits, metres, transposed
from gateway.review.base import Base
from gateway.review.limits import SCALE
from protocols.dumps.record import Row, Status, Swap
from tests.gateway.dumps.toy import meter

AT = datetime(2024, 5, 1, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def entry_of(**given):
    row = Row(
        line=2, offset=0, point="1-0:1.8.0", unit="kWh", status=Status.READ, asset_no="1", this_read=Decimal("150.33"),
        last_read=Decimal("100.12"), read_time=AT,
    )  # fmt: skip
    one = meter("1", ct=given.pop("ct", Decimal(1)), status=given.pop("meter_status", "in service"))
    one = replace(one, lat=given.pop("at_lat", None), lon=given.pop("at_lon", None))
    before = given.pop("before", None)
    rest = {name: given.pop(name) for name in ("now", "rate", "by_hand") if name in given}
    if known := given.pop("known", None):
        at = given.get("last_time", AT - timedelta(days=1))
        rest["base"] = Base(int(Decimal(known) * SCALE), int(at.timestamp()), 0, 0)
    spot = Spot(before[0], before[1], AT + timedelta(seconds=before[2])) if before else None
    if swap := given.pop("swap", None):
        at, old, new, asset = swap
        given["swap"] = Swap(
            at=datetime.fromisoformat(at).replace(tzinfo=AT.tzinfo),
            old_final=old and Decimal(old),
            new_initial=Decimal(new),
            new_asset=asset,
        )
    now = AT + timedelta(days=1)
    return Entry(
        **(
            {"row": replace(row, **given), "now": now, "settings": Dumps(), "meter": one, "before": spot}
            | rest
        )
    )


@pytest.mark.parametrize("rule", ENTRY_RULES, ids=lambda rule: rule.id)
def test_examples(rule):
    assert rule.judge(entry_of(**rule.good)) is None
    assert rule.judge(entry_of(**rule.bad)) is not None
    assert rule.en
    assert rule.zh


def test_a_noted_rollover_is_only_noted():
    (found,) = hits(entry_of(last_read=Decimal(999), rolled=True), reviewed=True)
    assert (found[0].id, found[1].severity) == ("H001", 0)


def test_the_review_judges_its_own():
    future = {"now": AT - timedelta(days=9)}
    assert [rule.id for rule, _ in hits(entry_of(**future), reviewed=False)] == ["R005"]
    assert not list(hits(entry_of(**future), reviewed=True))


def test_transposed_digits():
    assert transposed(Decimal("150.33"), Decimal("105.33"))
    assert transposed(Decimal("1243.5"), Decimal("1234.50"))
    assert not transposed(Decimal("150.33"), Decimal("150.33"))
    assert not transposed(Decimal("150.33"), Decimal("150.34"))


def test_distance():
    here = Decimal("22.5"), Decimal("113.1")
    assert metres(here, here) == 0
    assert metres(here, (Decimal("22.501"), Decimal("113.1"))) == pytest.approx(111.2, abs=0.5)
    assert metres((Decimal(0), Decimal(0)), (Decimal(0), Decimal(180))) == pytest.approx(20_015_087, abs=10)


def test_the_last_reading_of_the_file():
    april = datetime(2024, 4, 1, tzinfo=AT.tzinfo)

    def found(**given):
        return {rule.id for rule, _ in hits(entry_of(**given), reviewed=True)} == {"H010"}

    assert found(last_time=april, known="98.00")
    assert not found(last_time=april, known="99.50")
    assert not found(known="98.00")
    assert found(known="98.00", by_hand=True)
    known = entry_of(last_time=april, known="98.00", rate=0.01)
    assert not list(
        hits(replace(known, row=replace(known.row, last_time=april + timedelta(hours=1))), reviewed=True)
    )
    assert not list(
        hits(replace(known, row=replace(known.row, last_time=april + timedelta(days=2))), reviewed=True)
    )
