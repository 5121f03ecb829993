"""The batch contract: what goes in comes out, and anything else is a PayloadError."""

import contextlib
import hashlib
import json
import zlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import payload
from gateway.cells import TYPES
from gateway.energy.period import Span
from gateway.energy.record import Aggregate
from gateway.finding import Finding, SlotReport
from gateway.payload import Audit, PayloadError
from protocols.reading import Event, Flag, Method, Reading, State

AT = datetime(2026, 3, 1, 0, 15, tzinfo=timezone(timedelta(hours=8)))
READ = datetime(2026, 2, 28, 16, 15, 2, 123456, tzinfo=UTC)


def reading(n: int = 0, **more) -> Reading:
    known = {"meter": f"m{n}", "point": "1-0:1.8.0", "value": Decimal("12.50"), "unit": "kWh", "at": AT}
    return Reading(**{**known, "read_at": READ, "source": "line3", **more})


def plain(**more) -> dict:
    rows = payload.rows_of("reading", [reading()])
    return {**json.loads(unpack(payload.encode("so-001", "e1", 7, "reading", rows))), **more}


def unpack(body: bytes) -> bytes:
    return zlib.decompress(body) if body[:1] == b"x" else body


def test_a_reading_reads_as_the_contract_says():
    rows = payload.rows_of("reading", [reading(state=State.SUSPECT, reason="R020", flags=Flag.DECREASE)])
    found = json.loads(unpack(payload.encode("so-001", "e1", 7, "reading", rows)))
    columns = [
        "meter",
        "point",
        "value",
        "unit",
        "at",
        "read_at",
        "origin",
        "state",
        "method",
        "reason",
        "flags",
        "source",
        "version",
    ]
    cells = ["m0", "1-0:1.8.0", "12.50", "kWh", "2026-03-01T00:15:00+08:00"]
    cells += ["2026-02-28T16:15:02.123456+00:00", "WIRED", "SUSPECT", "LIVE", "R020", 16, "line3", 1]
    text = json.dumps([columns, [cells]], ensure_ascii=False, separators=(",", ":"))
    assert found == {
        "v": 1,
        "gateway": "so-001",
        "epoch": "e1",
        "batch": 7,
        "kind": "reading",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "columns": columns,
        "rows": [cells],
    }


RECORDS = {
    "reading": reading(value=None, state=State.MISSING, method=Method.FREEZE),
    "finding": Finding(
        key="R006 m1",
        rule="R006",
        meter="m1",
        point="0-0:1.0.0",
        began=AT,
        ended=None,
        severity=2,
        state="open",
        value="400",
        limit="300",
        check="看时钟",
        source="line3",
    ),
    "event": Event(meter="m1", id="03110001", name="掉电", began=AT, ended=None, detail="{}", read_at=READ),
    "slot": SlotReport(
        task="t", target="line3", slot=AT, due=2, present=1, outcomes=(("m1", "ok"), ("m2", "timeout"))
    ),
    "audit": Audit(at=AT, actor="master", action="read", object="m1", outcome="ok"),
    "aggregate": Aggregate(
        node_kind="transformer",
        node="T1",
        side="sale",
        span=Span.DAY,
        start=AT,
        end=AT + timedelta(days=1),
        energy=Decimal("9.532E+2"),
        due=2,
        present=1,
    ),
}


@pytest.mark.parametrize("kind", payload.KINDS)
def test_every_kind_comes_back(kind):
    rows = payload.rows_of(kind, [RECORDS[kind]])
    batch = payload.decode(payload.encode("so-001", "e1", 1, kind, rows))
    assert (batch.kind, batch.columns) == (kind, payload.COLUMNS[kind])
    assert json.dumps(batch.rows) == json.dumps([list(row) for row in rows])


def test_no_exponent_ever_leaves():
    values = [Decimal("1E+3"), Decimal("0E-8"), Decimal("-0.00"), Decimal("1.500")]
    rows = payload.rows_of("reading", [reading(value=value) for value in values])
    assert [row[2] for row in rows] == ["1000", "0.00000000", "-0.00", "1.500"]


def test_compression_is_used_when_it_helps_and_named():
    many = payload.encode("so-001", "e1", 1, "reading", payload.rows_of("reading", map(reading, range(200))))
    one = payload.encode("g", "e", 1, "audit", [("", "", "", "", "", "")])
    assert payload.content_type(many) == "application/json+zlib"
    assert len(many) < 200 * 40
    assert len(payload.decode(many).rows) == 200
    text = unpack(one)
    assert payload.decode(text).rows == [[""] * 6]
    assert payload.content_type(text) == "application/json"


def test_too_many_rows_are_cut_into_batches_that_fit_and_lose_nothing():
    rows = payload.rows_of("reading", [reading(n, reason="x" * (n % 300)) for n in range(2_000)])
    found = []
    for part, build in payload.split("reading", rows):
        body = build("so-001", "e1", 5)
        assert len(unpack(body)) <= payload.MAX_BODY
        found += payload.decode(body).rows
        assert len(part) <= len(rows)
    assert [row[0] for row in found] == [row[0] for row in rows]
    with pytest.raises(PayloadError):
        payload.encode("so-001", "e1", 5, "reading", rows)


def test_a_row_too_long_for_any_batch_is_named_and_its_neighbours_travel():
    rows = payload.rows_of("event", [RECORDS["event"]] * 3)
    rows[1] = (*rows[1][:5], "x" * 70_000, *rows[1][6:])
    parts = list(payload.split("event", rows))
    assert [(len(part), build is None) for part, build in parts] == [(1, False), (1, True), (1, False)]


def test_a_slot_of_three_thousand_meters_comes_in_rows_that_fit():
    outcomes = tuple((f"meter-number-{n:08d}", "no answer") for n in range(3_000))
    report = SlotReport(task="t", target="l", slot=AT, due=3_000, present=0, outcomes=outcomes)
    rows = payload.rows_of("slot", [report])
    assert [len(row[5]) for row in rows] == [1_000] * 3
    assert all(build is not None for _, build in payload.split("slot", rows))
    empty = SlotReport(task="t", target="l", slot=AT, due=0, present=0, outcomes=())
    assert payload.rows_of("slot", [empty]) == [("t", "l", AT.isoformat(), 0, 0, [])]


def test_nul_and_half_surrogates_do_not_make_a_batch_undeliverable():
    rows = payload.rows_of(
        "event",
        [Event(meter="a\x00b\ud800", id="", name="", began=None, ended=None, detail="", read_at=READ)],
    )
    assert payload.decode(payload.encode("so-001", "e1", 1, "event", rows)).rows[0][0] == "a\ufffdb?"


def canonical(**more) -> bytes:
    found = plain(**more)
    text = json.dumps([found["columns"], found["rows"]], ensure_ascii=False, separators=(",", ":"))
    with contextlib.suppress(UnicodeEncodeError):
        found["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({**found, **{k: v for k, v in more.items() if k == "sha256"}}).encode()


def row(**more) -> list:
    names = payload.COLUMNS["reading"]
    cells = list(payload.rows_of("reading", [reading()])[0])
    for name, value in more.items():
        cells[names.index(name)] = value
    return cells


def test_other_white_space_and_key_order_is_the_same_batch():
    found = plain(rows=[row(meter="表号\t\\u0000 \\ud800")])
    assert payload.decode(canonical(rows=found["rows"])).rows[0][0] == "表号\t\\u0000 \\ud800"


WRONG = {
    "another version": canonical(v=2),
    "version true": canonical(v=True),
    "gateway with a slash": canonical(gateway="a/b"),
    "empty epoch": canonical(epoch=""),
    "batch 0": canonical(batch=0),
    "batch beyond 64 bits": canonical(batch=1 << 63),
    "batch as text": canonical(batch="1"),
    "batch true": canonical(batch=True),
    "a kind of tomorrow": canonical(kind="weather"),
    "kind as list": canonical(kind=["reading"]),
    "columns in another order": canonical(columns=list(reversed(payload.COLUMNS["reading"]))),
    "no rows": canonical(rows=[]),
    "rows as object": canonical(rows={}),
    "row as object": canonical(rows=[{}]),
    "row too short": canonical(rows=[row()[:-1]]),
    "value as number": canonical(rows=[row(value=12.5)]),
    "flags as text": canonical(rows=[row(flags="0")]),
    "flags true": canonical(rows=[row(flags=True)]),
    "flags beyond 64 bits": canonical(rows=[row(flags=1 << 63)]),
    "meter null": canonical(rows=[row(meter=None)]),
    "NUL": canonical(rows=[row(meter="a\x00")]),
    "half a surrogate": canonical(rows=[row(meter="a\ud800")]),
    "wrong hash": canonical(sha256="0" * 64),
    "hash in capitals": canonical(sha256="A" * 64),
    "NaN": canonical().replace(b'"batch": 7', b'"batch": NaN'),
    "a key twice": canonical().replace(b'{"v"', b'{"v": 1, "v"'),
    "a key too many": canonical(more=1),
    "a list": b"[]",
    "nothing": b"",
    "not UTF-8": b'{"v":"\xff"}',
    "depth": b"[" * 60_000,
    "a number of 5000 digits": b'{"v":' + b"1" * 5_000 + b"}",
    "not zlib": b"x\x9cnothing",
    "zlib cut off": zlib.compress(canonical())[:-3],
    "zlib and more": zlib.compress(canonical()) + b"x",
    "bomb": zlib.compress(b" " * 40_000_000),
    "long": canonical() + b" " * payload.MAX_BODY,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_batch_is_refused(name):
    with pytest.raises(PayloadError):
        payload.decode(WRONG[name])


def test_the_bases_of_the_wrong_bodies_are_right():
    assert payload.decode(canonical()).batch == 7
    assert payload.decode(canonical(rows=[row(), row(value=None)])).rows[1][2] is None


texts = st.text(max_size=20)
cells = {str: texts, type(None): st.none(), int: st.integers(-(1 << 63), (1 << 63) - 1)}
cells[list] = st.lists(st.lists(texts, min_size=2, max_size=2), max_size=3)


def rows_strategy(kind: str):
    columns = TYPES[kind].values()
    one = st.tuples(*(st.one_of([cells[allowed] for allowed in types]) for types in columns))
    return st.lists(one, min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("kind", payload.KINDS)
@given(data=st.data())
def test_any_rows_come_back(kind, data):
    rows = data.draw(rows_strategy(kind))
    body = payload.encode("so-001", "e1", 1, kind, rows)
    found = payload.decode(body)
    assert found.rows == [[payload._clean(cell) for cell in row] for row in rows]
    assert payload.encode("so-001", "e1", 1, kind, found.rows) == body


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_a_batch_or_a_payload_error(body):
    for text in (body, zlib.compress(body), b"x\x9c" + body, b'{"v":1,' + body):
        with pytest.raises(PayloadError):
            payload.decode(text)


BODY = payload.encode("so-001", "e1", 1, "reading", payload.rows_of("reading", map(reading, range(3))))


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(unpack(BODY)) - 1), st.binary(min_size=1, max_size=2), st.booleans())
def test_a_damaged_body_gives_the_same_rows_or_a_payload_error(at, other, packed):
    text = bytearray(BODY if packed else unpack(BODY))
    text[at % len(text) : at % len(text) + len(other)] = other
    with contextlib.suppress(PayloadError):
        assert payload.decode(bytes(text)).rows == payload.decode(BODY).rows
