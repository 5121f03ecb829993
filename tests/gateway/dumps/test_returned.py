"""What an import tells of the rounds (gateway.dumps.returned)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.dumps.examine import Judged
from gateway.dumps.returned import ROTATION, Returned
from gateway.dumps.rounds import ROUNDS, Rounds, Wanted
from protocols.dumps.record import Row, Status
from tests.gateway.dumps.bench import Bench
from tests.gateway.dumps.toy import HEAD, NOW, archive, dump, line, meter

MONTH = timedelta(days=31)


def judged(asset="M1", *, status=Status.READ, at=NOW, route="0001", reader="R001"):
    row = Row(
        line=1, offset=0, point="1-0:1.8.0", unit="kWh", status=status, route=route, reader_id=reader,
        read_time=at if status is Status.READ else None,
    )  # fmt: skip
    return Judged(row=row, meter=meter(asset), notes=())


def after(path, *rows, months=6):
    returned = Returned(path, months)
    returned.take(rows, NOW)
    return returned.conclude()


def test_rows_answer_the_lists_that_asked(tmp_path):
    path = tmp_path / ROUNDS
    with Rounds(path) as rounds:
        wanted = [Wanted(asset, "1-0:1.8.0") for asset in ("M1", "M2", "M3")]
        rounds.send("L1", wanted, now=NOW - MONTH, who="x", profile="delimited")
    after(path, judged("M1"), judged("M2", status=Status.FAILED))
    with Rounds(path) as rounds:
        assert rounds.lists()[0].counts == {"read": 1, "failed": 1, "out": 1}


def test_the_same_reader_for_too_long_is_a_note(tmp_path):
    path = tmp_path / ROUNDS
    assert after(path, judged(at=NOW - 8 * MONTH)) == []
    (finding,) = after(path, judged(at=NOW))
    assert (finding.rule, finding.severity, finding.limit) == (ROTATION, 0, "6")
    assert finding.began == NOW - 8 * MONTH
    assert "R001" in finding.check
    assert "0001" in finding.check


def test_somebody_else_between_begins_anew(tmp_path):
    path = tmp_path / ROUNDS
    after(path, judged(at=NOW - 8 * MONTH))
    after(path, judged(at=NOW - 4 * MONTH, reader="R002"))
    assert after(path, judged(at=NOW)) == []


def test_another_reader_ends_the_note(tmp_path):
    path = tmp_path / ROUNDS
    after(path, judged(at=NOW - 9 * MONTH))
    after(path, judged(at=NOW - MONTH))
    (over,) = after(path, judged(at=NOW, reader="R002"))
    assert (over.state, over.ended, over.key) == ("closed", NOW, f"{ROTATION}:0001:R001")


def test_who_helped_out_for_one_meter_is_not_who_walks_the_route(tmp_path):
    path = tmp_path / ROUNDS
    after(path, judged(at=NOW - 8 * MONTH))
    rows = [judged(at=NOW), judged(at=NOW), judged(at=NOW + timedelta(hours=1), reader="R002")]
    (finding,) = after(path, *rows)
    assert finding.key == f"{ROTATION}:0001:R001"


def test_the_archive_knows_the_route_where_the_file_does_not_say(tmp_path):
    path = tmp_path / ROUNDS
    known = replace(judged(route=""), meter=replace(meter("M1"), route="0077"))
    after(path, replace(known, row=replace(known.row, read_time=NOW - 8 * MONTH)))
    (finding,) = after(path, known)
    assert finding.key == f"{ROTATION}:0077:R001"


def test_it_can_be_turned_off(tmp_path):
    path = tmp_path / ROUNDS
    after(path, judged(at=NOW - 20 * MONTH), months=0)
    assert after(path, judged(at=NOW), months=0) == []
    assert not path.exists()


def test_rows_without_route_or_reader_say_nothing(tmp_path):
    assert after(tmp_path / ROUNDS, judged(route=""), judged(reader="")) == []


async def test_an_import_strikes_out_and_notes_the_rotation(tmp_path):
    bench = Bench(tmp_path, archive(meter("1001")))
    with Rounds(tmp_path / "dumps" / ROUNDS) as rounds:
        wanted = [Wanted("1001", "1-0:1.8.0")]
        rounds.send("L1", wanted, now=datetime(2023, 1, 1, tzinfo=UTC), who="x", profile="delimited")
        rounds.walked("0010203", "R001", datetime(2023, 9, 1, tzinfo=UTC))
    await bench.take(dump(tmp_path, f"0010203,{line()}", head=f"册号,{HEAD}"))
    with Rounds(tmp_path / "dumps" / ROUNDS) as rounds:
        assert rounds.lists()[0].counts == {"read": 1}
    assert [finding.rule for finding in bench.outbox.all("findings")] == [ROTATION]
