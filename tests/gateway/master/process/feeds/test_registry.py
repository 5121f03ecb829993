"""The feeds in force."""

from dataclasses import fields

from gateway.master.process.feeds.registry import (
    DAY_CUSTOMERS,
    DAY_NODES,
    MONTH_CUSTOMERS,
    MONTH_MEMBERS,
    MONTH_NODES,
    SEARCHES,
)
from gateway.second.rules import RULES
from gateway.second.view import Case


def test_every_search_and_what_looks_at_members_is_for_a_rule():
    assert {one.rule for one in (*SEARCHES, *MONTH_MEMBERS)} <= {rule.id for rule in RULES}


def test_feeds_are_there_once():
    for feeds in (DAY_CUSTOMERS, DAY_NODES, MONTH_CUSTOMERS, MONTH_MEMBERS, MONTH_NODES, SEARCHES):
        assert len({type(feed) for feed in feeds}) == len(feeds) > 0


def test_examples_name_fields_of_a_case():
    known = {one.name for one in fields(Case)}
    assert all({*rule.good, *rule.bad} <= known for rule in RULES)
