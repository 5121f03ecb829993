"""Review by people on every store."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import typer
from typer.testing import CliRunner

from gateway.archived import tables_of
from gateway.clerks.errors import NotAllowed, Unknown
from gateway.clerks.items import Queue
from gateway.cli import review
from gateway.master.archive.keep import keep
from gateway.master.clerks import orders as books
from gateway.master.clerks.desk import Desk
from gateway.master.clerks.queue import find, queue
from gateway.master.stores import STORES, store_of
from protocols.reading import State
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import MIDNIGHT, NOW, batch, finding, reading
from tests.gateway.master.stores.asking import ask

FIRST, LAST = MIDNIGHT - timedelta(days=5), MIDNIGHT + timedelta(days=5)
DAY = datetime(2026, 3, 1, tzinfo=store_of("sqlite:///x").zone)
EFFECTIVE = "SELECT meter, value, state, origin FROM reading_effective ORDER BY meter"


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    """With two doubted readings, one good one, and three results of the second review."""
    url = (
        f"sqlite:///{tmp_path}/master.db"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_url")
    )
    with closing(store_of(url)) as found:
        found.connect()
        keep(found, "so-001", "one", tables_of(archive()), NOW)
        good = reading("10.00", meter="HOME2")
        low = reading("3.20", meter="HOME1", state=State.SUSPECT, reason="R020")
        wild = reading("999.00", meter="BIG", state=State.REJECTED, reason="R022")
        found.write([batch(1, good, low, wild)], NOW)
        results = [
            finding(rule=rule, key=f"{rule}:{what}:", meter=what, point="", severity=severity, began=DAY)
            for rule, what, severity in (
                ("P031", "transformer:T1", 2), ("P036", "transformer:T1", 1), ("P035", "line:L1", 1),
            )
        ]  # fmt: skip
        found.write([batch(2, *results, kind="finding")], NOW)
        yield found


def waiting(store, only=None, **more):
    return queue(store, FIRST, LAST, only=only, **more)


def desk(store, who="li"):
    return Desk(store, who, "ops", NOW)


def one(store, rule):
    return next(item for item in waiting(store) if item.rule == rule)


def test_the_heaviest_first(store):
    assert [(item.rule, item.severity, item.subject) for item in waiting(store)] == [
        ("R022", 3, "BIG"), ("R020", 2, "HOME1"), ("P031", 2, "transformer:T1"),
        ("P035", 1, "line:L1"), ("P036", 1, "transformer:T1"),
    ]  # fmt: skip
    assert {item.queue for item in waiting(store, Queue.RAW)} == {Queue.RAW}
    assert len(waiting(store, Queue.RESULT)) == 3


def test_an_accepted_reading_counts_and_the_old_version_stays(store):
    desk(store).accept([one(store, "R020")], "plausible")
    assert ask(store, EFFECTIVE) == [
        ("HOME1", "3.20", "ACCEPTED", "WIRED"),
        ("HOME2", "10.00", "PASSED", "WIRED"),
    ]
    assert ask(store, "SELECT version, state FROM reading WHERE meter = 'HOME1' ORDER BY version") == [
        (1, "SUSPECT"), (2, "ACCEPTED"),
    ]  # fmt: skip
    assert "R020" not in {item.rule for item in waiting(store)}
    assert "R020" in {item.rule for item in waiting(store, decided=True)}
    assert ask(
        store, "SELECT count(*) FROM stale s JOIN meter m ON m.id = s.meter WHERE m.asset = 'HOME1'"
    ) != [(0,)]


def test_a_refused_reading_does_not_come_back(store):
    desk(store).reject([one(store, "R022")], "garbled")
    assert "BIG" not in {row[0] for row in ask(store, EFFECTIVE)}
    assert "R022" not in {item.rule for item in waiting(store)}
    with pytest.raises(Unknown, match="meanwhile"):
        desk(store, "wang").accept([waiting(store, decided=True)[0]], "plausible")


def test_a_corrected_value_needs_two_persons(store):
    desk(store).edit(one(store, "R020"), Decimal("13.20"), "misread")
    proposed = one(store, "R020")
    assert (proposed.pending, proposed.proposer) == (Decimal("13.20"), "li")
    assert "HOME1" not in {row[0] for row in ask(store, EFFECTIVE)}
    with pytest.raises(NotAllowed, match="another person"):
        desk(store).accept([proposed], "reread")
    desk(store, "wang").accept([proposed], "reread")
    assert ask(store, EFFECTIVE)[0] == ("HOME1", "13.20", "EDITED", "MANUAL")
    assert [entry.action for entry in books.record(store)] == ["edit", "accept"]


def test_a_refused_proposal_leaves_the_reading_as_it_was(store):
    desk(store).edit(one(store, "R020"), Decimal("13.20"), "misread")
    desk(store, "wang").reject([one(store, "R020")], "misread")
    assert "HOME1" not in {row[0] for row in ask(store, EFFECTIVE)}


@pytest.mark.parametrize("value", ["-1", "NaN", "1E+20"])
def test_what_is_no_register_is_refused(store, value):
    with pytest.raises(NotAllowed, match="no register"):
        desk(store).edit(one(store, "R020"), Decimal(value), "misread")


def test_the_second_reviewer_is_not_the_editor(store):
    desk(store).accept([one(store, "R020")], "plausible")
    with pytest.raises(NotAllowed, match="readings behind"):
        desk(store).accept([one(store, "P031")], "known")
    desk(store, "wang").accept([one(store, "P031")], "known")
    desk(store).accept([one(store, "P035")], "known")  # of a line whose readings li has not touched
    assert [item.rule for item in waiting(store, Queue.RESULT)] == ["P036"]


def test_much_at_once_only_where_it_is_light(store):
    light = [one(store, "P035"), one(store, "P036")]
    with pytest.raises(NotAllowed, match="one by one"):
        desk(store).accept([*light, one(store, "P031")], "known")
    assert books.record(store) == []
    desk(store).accept(light, "known")
    assert [item.rule for item in waiting(store, Queue.RESULT)] == ["P031"]


def test_a_result_is_never_changed_but_may_go_back(store):
    result = one(store, "P031")
    with pytest.raises(NotAllowed, match="never changed"):
        desk(store).edit(result, Decimal(1), "misread")
    with pytest.raises(NotAllowed, match="never changed"):
        desk(store).reject([result], "garbled")
    desk(store).back(result)
    assert "P031" in {item.rule for item in waiting(store)}
    with pytest.raises(NotAllowed, match="not a result"):
        desk(store).back(one(store, "R020"))


def test_an_order_for_the_field(store):
    order = books.open_order(desk(store), one(store, "P031"), "ask at the gate")
    assert order.number == "FO20260320-001"
    assert order.told["remark"] == "ask at the gate"
    assert "seals" in order.told["checks"]
    with pytest.raises(Unknown, match="theft_suspected"):
        books.close_order(desk(store), order.number, "found something", "zhao")
    with pytest.raises(NotAllowed, match="--checker"):
        books.close_order(desk(store), order.number, "vacant", "")
    closed = books.close_order(desk(store), order.number, "theft_suspected", "zhao", "bypass")
    assert (closed.result, closed.checker, closed.closed_by) == ("theft_suspected", "zhao", "li")
    with pytest.raises(Unknown, match="no such open order"):
        books.close_order(desk(store), order.number, "vacant", "zhao")
    assert books.open_order(desk(store), one(store, "R020")).number == "FO20260320-002"


def test_a_final_period_changes_only_by_supplements(store):
    with pytest.raises(NotAllowed, match="not yet"):
        books.make_final(desk(store), DAY, DAY + timedelta(days=1))
    for rule in ("R022", "R020"):
        desk(store).accept([one(store, rule)], "plausible")
    desk(store, "wang").accept([one(store, "P031")], "known")
    books.make_final(desk(store), DAY, DAY + timedelta(days=1))
    with pytest.raises(NotAllowed, match="already"):
        books.make_final(desk(store), DAY, DAY + timedelta(days=1))
    with pytest.raises(NotAllowed, match="2026-03-01 is final"):
        desk(store, "wang").accept([one(store, "P035")], "known")
    claim = books.Claim(
        meter="BIG", start=DAY, ending=DAY + timedelta(days=1), kwh=Decimal("-12.50"), reason="CT plate misread",
        checker="zhao", checked="multiplier_wrong",
    )  # fmt: skip
    made = books.supplement(desk(store), claim)
    assert (made.state, made.kwh) == ("applied", Decimal("-12.50"))
    with pytest.raises(NotAllowed, match="another person"):
        books.approve(desk(store), made.number)
    assert books.approve(desk(store, "wang"), made.number).state == "approved"
    with pytest.raises(NotAllowed, match="approved already"):
        books.approve(desk(store, "wang"), made.number)


def test_the_record_is_only_added_to(store):
    desk(store).accept([one(store, "R020")], "plausible")
    desk(store).reject([one(store, "R022")], "garbled")
    count, last, bad = books.verify(store)
    assert (count, bad) == (2, None)
    assert last == books.record(store)[-1].hash
    for statement in ("UPDATE review_log SET actor = 'x'", "DELETE FROM review_log"):
        with pytest.raises(Exception, match="only added to"):
            store._open.execute(statement)


def test_a_record_that_was_changed_behind_our_back_is_seen(store):
    desk(store).accept([one(store, "R020")], "plausible")
    desk(store).reject([one(store, "R022")], "garbled")
    drop = {
        "sqlite": "DROP TRIGGER review_log_kept",
        "postgresql": "DROP TRIGGER review_log_kept ON review_log",
    }
    store._open.execute(drop[store.dialect])
    store._open.execute("UPDATE review_log SET actor = 'wang' WHERE number = 1")
    assert books.verify(store)[2] == 1


def test_unknown_names(store):
    with pytest.raises(Unknown, match="meterd review list"):
        find(waiting(store), ["NOSUCH00"])


def call(store, *arguments, code=0):
    app = typer.Typer()
    app.add_typer(review.app, name="review")
    given = [str(word) for word in arguments]
    if given[0] != "reasons":
        given += ["--database", store.url]
    found = CliRunner().invoke(app, ["review", *given], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found


def test_by_the_command_line(store):
    since = ("--from", "2026-02-20")
    items = json.loads(call(store, "list", *since, "--json").stdout)["items"]
    names = {item["rule"]: item["name"] for item in items}
    assert list(names) == ["R022", "R020", "P031", "P035", "P036"]
    assert "HOME1" in call(store, "list", *since, "--queue", "raw").stdout
    assert "[ ]" in call(store, "show", names["P031"], *since).stdout
    call(store, "edit", names["R020"], "13.20", *since, "--by", "li", "--reason", "misread")
    assert "another person" in call(store, "accept", names["R020"], *since, "--by", "li", code=1).output
    call(store, "accept", names["R020"].lower(), *since, "--by", "wang")
    call(store, "reject", names["R022"], *since, "--by", "wang")
    assert "does not fit" in call(store, "accept", names["P035"], *since, "--reason", "x", code=1).output
    order = json.loads(call(store, "order", names["P031"], *since, "--json").stdout)["orders"][0]
    closed = call(
        store, "order", "--close", order["number"], "--result", "vacant", "--checker", "zhao", "--json"
    )
    assert json.loads(closed.stdout)["orders"][0]["result"] == "vacant"
    assert json.loads(call(store, "order", "--json").stdout)["orders"][0]["number"] == order["number"]
    assert "vacant" in call(store, "order").stdout
    call(store, "accept", names["P031"], *since, "--by", "zhao", "--reason", "known")
    call(store, "return", names["P036"], *since)
    call(store, "final", "--day", "2026-03-01")
    made = call(
        store, "supplement", "BIG", "--kwh", "-3", "--day", "2026-03-01", "--checked", "vacant", "--json"
    )
    number = json.loads(made.stdout)["supplements"][0]["number"]
    call(store, "supplement", "--approve", number, "--by", "somebody else")
    whole = json.loads(call(store, "log", "--verify", "--json").stdout)
    assert (whole["entries"], whole["broken_at"]) == (10, None)
    assert "approve" in call(store, "log").stdout
    assert "confirmed" in call(store, "reasons").stdout
    assert "2026-05-31" in call(store, "list", "--from", "May", code=2).output
    assert "--month or --day" in call(store, "final", code=2).output
    shown = json.loads(call(store, "show", names["R022"], *since, "--json").stdout)
    assert [entry["action"] for entry in shown["history"]] == ["reject"]


def test_an_instant_is_kept_exactly(store):
    desk(store).accept([one(store, "R020")], "plausible")
    (entry,) = books.record(store)
    assert entry.instant == MIDNIGHT
    assert entry.at == NOW
    assert entry.at.tzinfo is UTC
