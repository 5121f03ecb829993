"""The view of findings, over every store: what gateway and master both found stands once."""

from datetime import UTC, timedelta

from tests.gateway.master.make import MIDNIGHT, NOW, batch, finding
from tests.gateway.master.stores.asking import ask

FOUND = "SELECT rule, meter, value, gateway FROM finding ORDER BY rule, meter, began"
DAY = timedelta(days=1)


def told(rule, began, ended=None, **more):
    state = "open" if ended is None else "closed"
    key = f"{rule}:M1:"
    return finding(state=state, key=key, rule=rule, point="", began=began, ended=ended, **more)


def by_master(store, rule, began, ended=None, *, span=""):
    at, until = (
        None if one is None else one.astimezone(UTC).isoformat(timespec="microseconds")
        for one in (began, ended)
    )
    about = (rule, "M1", "", 2, "closed" if ended else "open", "of the master", "5", "look", 1, "")
    with store.transaction():
        store.ask("findings_second", [(0, f"{rule}:M1:{span}", at, 1, until, *about)])


def test_what_both_found_is_the_masters(store):
    here = told("P031", MIDNIGHT, value="of the gateway")
    alone = told("P030", MIDNIGHT, value="of the gateway")
    store.write([batch(1, here, alone, kind="finding")], NOW)
    by_master(store, "P031", MIDNIGHT + DAY)
    assert ask(store, FOUND) == [
        ("P030", "M1", "of the gateway", "so-001"),
        ("P031", "M1", "of the master", ""),
    ]


def test_what_was_over_before_is_another_finding(store):
    before = told("P031", MIDNIGHT, MIDNIGHT + DAY, value="of the gateway")
    store.write([batch(1, before, kind="finding")], NOW)
    by_master(store, "P031", MIDNIGHT + 2 * DAY)
    assert sorted(row[3] for row in ask(store, FOUND)) == ["", "so-001"]


def test_a_finding_of_months_does_not_hide_one_of_days(store):
    store.write([batch(1, told("P031", MIDNIGHT, value="of the gateway"), kind="finding")], NOW)
    by_master(store, "P031", MIDNIGHT, span="1mo")
    assert sorted(row[3] for row in ask(store, FOUND)) == ["", "so-001"]


def test_what_the_master_withdrew_is_closed(store):
    store.write([batch(1, told("P031", MIDNIGHT), kind="finding")], NOW)
    by_master(store, "P031", MIDNIGHT, MIDNIGHT)
    assert ask(store, "SELECT state, gateway FROM finding") == [("closed", "")]
