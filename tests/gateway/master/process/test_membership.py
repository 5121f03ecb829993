"""Members of nodes with their energies, and estimates that are set aside."""

from datetime import date, timedelta

from config.second import Second
from gateway.energy.period import Span, period_of
from gateway.master.process.membership import Membership
from gateway.master.process.run import Processor
from tests.gateway.master.archive.make import archive
from tests.gateway.master.plant import FIRST, Plant, end, morning, registers
from tests.gateway.master.stores.asking import ask

LAST = FIRST + timedelta(days=15)
LENIENT = {name: Second(complete_warn=0.3, complete_least=0.2) for name in ("transformer", "line")}
HOW = """SELECT energy_kwh IS NULL, computed, method, reason FROM energy_daily
    WHERE meter = '{}' AND day = '{}' AND point LIKE '%1.8.0'"""


def unread(store, missing: str) -> Plant:
    """Steady days, of which the last is not read of one meter."""
    plant = Plant(store, archive(exchanges=()))
    plant.usual(15)
    steps = {"TOTAL": "1.25", "HOME1": "40", "HOME2": "56", "BIG": "0.01"}
    for asset, step in steps.items():
        if asset != missing:
            plant.send(*registers(asset, [str(100 + 16 * float(step))], first=LAST + timedelta(days=1)))
    for asset, still in (("HOME2", "5.00"), ("TOTAL", "7.00")):
        plant.send(*registers(asset, [still], first=LAST + timedelta(days=1), point="1-0:2.8.0"))
    Processor(store, morning(LAST), LENIENT).run()
    return plant


def how(store, asset: str, day: date = LAST) -> tuple:
    ((*found,),) = ask(store, HOW.format(asset, day.isoformat()))
    return (bool(found[0]), *found[1:])


def test_an_estimate_that_no_longer_holds_is_taken_back_and_made_again(store):
    unread(store, "HOME1")
    assert how(store, "HOME1") == (False, "estimated", "LIKE", "no_finish")
    Processor(store, morning(LAST), {"transformer": Second(complete_warn=0.99)}).again(LAST)
    assert how(store, "HOME1") == (True, "missing", "FREEZE", "no_finish")
    Processor(store, morning(LAST), LENIENT).again(LAST)
    assert how(store, "HOME1") == (False, "estimated", "LIKE", "no_finish")


def test_an_estimate_says_for_want_of_what_it_is_one_now(store):
    plant = unread(store, "HOME1")
    after = LAST + timedelta(days=1)
    for asset, value in (("TOTAL", "121.25"), ("HOME2", "1052.00"), ("BIG", "100.17")):
        plant.send(*registers(asset, [value], first=after + timedelta(days=1)))
    for asset, still in (("HOME2", "5.00"), ("TOTAL", "7.00")):
        plant.send(*registers(asset, [still], first=after + timedelta(days=1), point="1-0:2.8.0"))
    Processor(store, morning(after), LENIENT).run()
    assert how(store, "HOME1", after) == (False, "estimated", "LIKE", "no_begin")
    plant.send(*registers("HOME1", ["740"], first=after))
    Processor(store, morning(after), LENIENT).run()
    assert how(store, "HOME1") == (False, "read", "FREEZE", "")
    assert how(store, "HOME1", after) == (False, "estimated", "LIKE", "no_finish")


def test_the_node_that_may_have_an_estimate_is_there_as_well(store):
    unread(store, "TOTAL")
    assert how(store, "TOTAL")[1] == "estimated"
    period = period_of(end(LAST) - timedelta(hours=3), Span.DAY)
    nodes = store.known("nodes", [("transformer", "T1"), ("line", "L1")])
    loaded = Membership(store, period, [nodes["transformer", "T1"]])
    assert set(loaded.names.values()) == {("transformer", "T1"), ("line", "L1")}
    assert loaded.known.assets_aside() == ["TOTAL"]
    assert loaded.known.given_up() == [("TOTAL", "1-0:1.8.0")]
    assert [name for _, name, _ in loaded.groups()] == [loaded.names[one] for one in sorted(loaded.names)]
