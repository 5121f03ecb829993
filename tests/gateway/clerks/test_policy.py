from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.clerks.errors import NotAllowed, Unknown
from gateway.clerks.items import Item, Queue, item_name
from gateway.clerks.policy import another_person, bulk, not_final
from gateway.clerks.reasons import REASONS, reason

ITEM = Item(
    name="A1", queue=Queue.RESULT, subject="transformer:T1", at=datetime(2026, 5, 20, tzinfo=UTC), severity=1,
    rule="P031", value="8 %",
)  # fmt: skip


def test_much_at_once_only_where_it_is_light():
    bulk([ITEM, ITEM])
    bulk([replace(ITEM, severity=3)])
    with pytest.raises(NotAllowed, match="A2"):
        bulk([ITEM, replace(ITEM, name="A2", severity=2)])


def test_who_worked_on_the_readings_does_not_accept_the_result():
    another_person("li", ITEM, ["wang"])
    with pytest.raises(NotAllowed, match="li"):
        another_person("li", ITEM, ["wang", "li"])


def test_who_proposed_a_value_does_not_accept_it():
    proposed = replace(ITEM, queue=Queue.RAW, pending=Decimal(5), proposer="li")
    another_person("wang", proposed, [])
    with pytest.raises(NotAllowed, match="another person"):
        another_person("li", proposed, [])


def test_what_is_final_stays():
    not_final(ITEM, [])
    with pytest.raises(NotAllowed, match="supplement"):
        not_final(ITEM, ["transformer:T1 2026-05-01"])


def test_reasons_fit_their_actions():
    assert reason("misread", "reject") is REASONS["misread"]
    with pytest.raises(Unknown, match="confirmed, plausible"):
        reason("misread", "accept")
    with pytest.raises(Unknown, match="expected one of"):
        reason("because", "edit")


def test_names_are_short_and_tell_keys_apart():
    names = {item_name("raw", f"M{n}", "1-0:1.8.0") for n in range(5_000)}
    assert len(names) == 5_000
    assert {len(name) for name in names} == {8}
    assert item_name("a", "bc") != item_name("ab", "c")
