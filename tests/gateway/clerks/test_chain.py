from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clerks.chain import FIRST, Entry, broken, sealed

AT = datetime(2026, 5, 20, 8, 0, tzinfo=UTC)


def written(count):
    entries = []
    for n in range(count):
        entry = Entry(
            number=0, at=AT + timedelta(minutes=n), actor="li", login="ops", action="accept", item=f"I{n}",
            subject="M1", instant=AT, reason="confirmed",
        )  # fmt: skip
        entries.append(sealed(entry, entries[-1] if entries else None))
    return entries


def test_what_was_written_is_whole():
    entries = written(5)
    assert broken(entries) is None
    assert entries[0].previous == FIRST
    assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]


CHANGES = {
    "actor": "wang", "login": "root", "action": "reject", "item": "I9", "subject": "M2", "reason": "agreed",
    "detail": '{"value": "1"}', "at": AT - timedelta(days=1), "instant": None, "hash": "0" * 64, "number": 7,
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_any_change_is_seen(name):
    entries = written(4)
    entries[2] = replace(entries[2], **{name: CHANGES[name]})
    assert broken(entries) == entries[2].number


@given(st.permutations(range(6)))
def test_no_other_order_and_nothing_cut_out(order):
    entries = written(6)
    assert (broken([entries[n] for n in order]) is None) == (order == sorted(order))
    assert broken(entries[:2] + entries[3:]) == 4
