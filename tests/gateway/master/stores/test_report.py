"""The figures of reports, from every store."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import typer
from typer.testing import CliRunner

from gateway.archived import tables_of
from gateway.cli import loss, success
from gateway.energy.period import Span
from gateway.master.archive.keep import keep
from gateway.master.report import brought, due, losses, weights
from protocols.reading import Origin, State
from tests.gateway.master.archive.make import archive
from tests.gateway.master.make import MIDNIGHT, NOW, batch, reading, slot

DAY = date(2026, 3, 1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOSS = (
    "INSERT INTO loss_row (start, ending, supply, sale, loss, bound, rate, rate_low, rate_high, node, coverage, due,"
    " present, estimated, skew, version, span, scale, state, reason) VALUES ({start}, {start}, {supply}, 95320, {loss},"
    " 84, {rate}, {rate}, {rate}, {node}, 1000000, 3, 3, 0, 12, {version}, {span}, 2, '{state}', '')"
)


def instant(store, at):
    """As each database writes it."""
    if store.dialect == "sqlite":
        return str((at - EPOCH) // timedelta(microseconds=1))
    return f"'{at.isoformat()}'"


def lost(store, day, *, version=1, rate=46_800, code="T1", span=2, state="normal"):
    node = store.known("nodes", [("transformer", code)])[("transformer", code)]
    given = {"rate": rate, "version": version, "span": span, "state": state, "supply": 100_000, "loss": 4_680}
    start = instant(store, datetime(2026, 3, day, tzinfo=store.zone))
    with store.transaction():
        store._open.execute(LOSS.format(start=start, node=node, **given))


@pytest.fixture
def filled(store):
    """Three days of losses of one transformer, one of them corrected; a slot of four meters, one late, one missing."""
    keep(store, "so-001", "one", tables_of(archive()), NOW)
    for day in (1, 2, 3):
        lost(store, day)
    lost(store, 2, version=2, rate=130_000, state="high")
    lost(store, 1, span=3)
    late = reading(meter="HOME2", read_at=MIDNIGHT + timedelta(hours=30))
    suspect = reading(meter="BIG", state=State.SUSPECT)
    store.write([batch(1, reading(meter="HOME1"), late, suspect)], NOW)
    outcomes = slot(("HOME1", "ok"), ("HOME2", "timeout"), ("TOTAL", "timeout"), ("BIG", "ok"))
    store.write([batch(2, outcomes, kind="slot")], NOW)
    return store


def test_the_latest_version_of_each_day(filled):
    rows = losses(filled, Span.DAY, DAY, date(2026, 3, 31))
    assert [(row.code, row.day.day, row.state, row.loss_rate) for row in rows] == [
        ("T1", 1, "normal", Decimal("0.0468")),
        ("T1", 2, "high", Decimal("0.13")),
        ("T1", 3, "normal", Decimal("0.0468")),
    ]
    one = rows[0]
    assert (one.supply_kwh, one.sale_kwh, one.loss_kwh) == (
        Decimal("1000.00"),
        Decimal("953.20"),
        Decimal("46.80"),
    )
    assert (one.coverage, one.skew_seconds, one.due) == (1, 12, 3)
    assert len(losses(filled, Span.MONTH, DAY, DAY)) == 1
    assert losses(filled, Span.DAY, DAY, DAY, kind="line") == []
    assert losses(filled, Span.DAY, DAY, DAY, codes=["T2"]) == []


def test_who_was_due_and_when_it_came(filled):
    found = {one.meter: one for one in due(filled, DAY, DAY)}
    assert {meter: one.outcome for meter, one in found.items()} == {
        "HOME1": "ok", "HOME2": "timeout", "TOTAL": "timeout", "BIG": "ok",
    }  # fmt: skip
    assert found["HOME1"].arrived == MIDNIGHT + timedelta(seconds=5)
    assert found["HOME2"].arrived == MIDNIGHT + timedelta(hours=30)
    assert found["TOTAL"].arrived is None
    assert found["BIG"].arrived is None  # what is suspicious counts only when a person has accepted it
    assert (found["HOME1"].transformer, found["HOME1"].line) == ("T1", "L1")
    assert (found["BIG"].transformer, found["BIG"].line) == ("", "L1")
    assert list(due(filled, DAY, DAY, ["registers"])) == []
    assert list(due(filled, date(2026, 3, 2), date(2026, 3, 2))) == []


def test_usual_energies_are_of_the_four_weeks_before(filled):
    assert weights(filled, DAY) == {}


def call(name, *arguments, code=0):
    app = typer.Typer()
    app.command()({"loss": loss.command, "success": success.command}[name])
    found = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found


def test_meterd_loss(filled, tmp_path):
    to = ("--database", filled.url)
    shown = json.loads(call("loss", *to, "--json").stdout)
    assert [row["state"] for row in shown["loss"]] == ["normal", "high", "normal"]
    assert "4.68 %" in call("loss", *to, "--day", "2026-03-01").stdout
    assert len(json.loads(call("loss", *to, "--month", "2026-03", "--json").stdout)["loss"]) == 1
    call("loss", *to, "--transformer", "T1", "--csv", tmp_path / "a.csv", "--xlsx", tmp_path / "a.xlsx")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbfkind,code,day")
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    call("loss", *to, "--plot", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    call("loss", *to, "--plot", tmp_path / "a.svg", "--chart", "ranking")
    assert b"13.00 %" not in (tmp_path / "a.svg").read_bytes()  # the ranking is of the last day


def test_meterd_loss_with_wrong_input(filled, tmp_path):
    to = ("--database", filled.url)
    assert "2026-05-31" in call("loss", *to, "--day", "yesterday", code=2).output
    assert "2026-05" in call("loss", *to, "--month", "May", code=2).output
    assert "*.svg, *.png" in call("loss", *to, "--plot", tmp_path / "a.pdf", code=2).output
    assert "--database" in call("loss", code=2).output
    assert call("loss", *to, "--line", "L9", "--json", code=1).stdout.strip() == '{"loss": []}'
    assert "no such file" in call("loss", "--database", f"sqlite:///{tmp_path}/none.db", code=2).output


def test_meterd_success(filled):
    to = ("--database", filled.url, "--day", "2026-03-01")
    shown = json.loads(call("success", *to, "--by", "task", "--by", "line", "--json").stdout)["success"]
    assert [(row["group"], row["key"], row["due"]) for row in shown] == [
        ("task", "daily", 4),
        ("line", "L1", 4),
    ]
    assert (shown[0]["first_run"], shown[0]["headline"], shown[0]["after_rereads"]) == (0.25, 0.25, 0.5)
    assert shown[0]["headline_energy"] is None
    gone = json.loads(call("success", *to, "--missing", "--json").stdout)["missing"]
    assert {row["meter"]: row["reason"] for row in gone} == {"TOTAL": "timeout", "BIG": "not_accepted"}
    assert "50.00 %" in call("success", *to).stdout
    call("success", "--database", filled.url, "--day", "2026-02-01", code=1)
    call("success", "--database", filled.url, "--day", "today", code=2)


def test_who_was_read_by_hand_at_an_instant(store):
    by_hand = [
        reading(meter="HOME1", origin=Origin.HHU_AUTO),
        reading(meter="HOME2", origin=Origin.HHU_KEYED),
        reading(meter="BIG", origin=Origin.HHU_KEYED, state=State.SUSPECT),
        reading(meter="HOME2X", origin=Origin.HHU_AUTO, at=MIDNIGHT + timedelta(days=1)),
    ]
    store.write([batch(1, *by_hand, reading(meter="TOTAL"))], NOW)
    assert brought(store, MIDNIGHT) == [("HOME1", "HHU_AUTO"), ("HOME2", "HHU_KEYED")]
