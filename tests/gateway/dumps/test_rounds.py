"""What went out with readers and what came back (gateway.dumps.rounds)."""

from datetime import timedelta

import pytest

from gateway.dumps.rounds import ROUNDS, Came, Rounds, RoundsError, Wanted, number_of
from tests.gateway.dumps.toy import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def rounds(tmp_path):
    with Rounds(tmp_path / "rounds.db") as book:
        yield book


def send(rounds, *assets, at=NOW):
    number = number_of(at)
    rounds.send(
        number, [Wanted(asset, "1-0:1.8.0") for asset in assets], now=at, who="zhang", profile="delimited"
    )
    return number


def came(asset, status="read", at=NOW + HOUR):
    return Came(asset, "1-0:1.8.0", status, at, "R001")


def test_what_came_back_is_struck_out(rounds):
    number = send(rounds, "M1", "M2", "M3")
    rounds.back([came("M1"), came("M2", "failed"), came("M9")])
    (sent,) = rounds.lists()
    assert (sent.id, sent.who, sent.at) == (number, "zhang", NOW)
    assert sent.counts == {"read": 1, "failed": 1, "out": 1}
    assert sent.missing == ("M2", "M3")


def test_what_was_read_before_the_list_was_made_does_not_count(rounds):
    send(rounds, "M1")
    rounds.back([came("M1", at=NOW - HOUR)])
    assert rounds.lists()[0].missing == ("M1",)


def test_a_second_visit_betters_and_never_worsens(rounds):
    send(rounds, "M1", "M2")
    rounds.back([came("M1", "unread"), came("M2")])
    rounds.back([came("M1", at=NOW + 2 * HOUR), came("M2", "failed", at=NOW + 2 * HOUR)])
    assert rounds.lists()[0].counts == {"read": 2}


def test_one_value_answers_every_open_list(rounds):
    send(rounds, "M1")
    send(rounds, "M1", at=NOW + timedelta(minutes=1))
    rounds.back([came("M1")])
    assert [sent.missing for sent in rounds.lists()] == [(), ()]


def test_old_lists_are_forgotten(rounds):
    send(rounds, "M1")
    send(rounds, "M2", at=NOW + timedelta(days=401))
    assert [sent.missing for sent in rounds.lists()] == [("M2",)]


def test_who_walks_a_route_since_when(rounds):
    rounds.walked("0001", "R001", NOW)
    assert rounds.walked("0001", "R001", NOW + 30 * HOUR).since == NOW
    other = rounds.walked("0001", "R002", NOW + 40 * HOUR)
    assert (other.reader, other.since) == ("R002", NOW + 40 * HOUR)
    assert rounds.walked("0001", "R001", NOW + 50 * HOUR).since == NOW + 50 * HOUR
    assert rounds.walked("0002", "R001", NOW).since == NOW


def test_an_old_file_changes_nothing(rounds):
    rounds.walked("0001", "R002", NOW)
    assert rounds.walked("0001", "R001", NOW - HOUR).reader == "R002"


def test_it_is_there_after_a_restart(tmp_path):
    with Rounds(tmp_path / "r.db") as rounds:
        send(rounds, "M1")
    with Rounds(tmp_path / "r.db") as rounds:
        assert rounds.lists()[0].missing == ("M1",)


def test_a_damaged_file_is_put_aside(tmp_path):
    path = tmp_path / ROUNDS
    path.write_bytes(b"no database at all" * 100)
    with Rounds(path) as rounds:
        rounds.send("L1", [Wanted("M1", "1-0:1.8.0")], now=NOW, who="x", profile="delimited")
        assert [one.id for one in rounds.lists()] == ["L1"]
    assert path.with_name(f"{ROUNDS}.corrupt").exists()


def test_a_file_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / ROUNDS).mkdir()
    with pytest.raises(RoundsError, match=ROUNDS):
        Rounds(tmp_path / ROUNDS)


def test_a_row_that_names_its_list_counts_whatever_the_readers_clock_says(tmp_path):
    with Rounds(tmp_path / ROUNDS) as rounds:
        for number in ("L1", "L2"):
            rounds.send(number, [Wanted("M1", "1-0:1.8.0")], now=NOW, who="x", profile="delimited")
        early = NOW - timedelta(days=400)
        rounds.back([Came("M1", "1-0:1.8.0", "read", early, "R1", "L2")])
        assert {one.id: one.counts for one in rounds.lists()} == {"L1": {"out": 1}, "L2": {"read": 1}}


def test_who_is_engaged(tmp_path):
    with Rounds(tmp_path / ROUNDS) as rounds:
        wanted = [Wanted(f"M{n}", "1-0:1.8.0") for n in range(4)]
        rounds.send("L1", wanted, now=NOW, who="x", profile="delimited")
        told = (("M1", "read"), ("M2", "failed"), ("M3", "unread"))
        rounds.back([Came(asset, "1-0:1.8.0", status, NOW, "R1") for asset, status in told])
        assert rounds.engaged(NOW) == {"M0", "M1"}
        assert rounds.engaged(NOW + timedelta(seconds=1)) == set()
