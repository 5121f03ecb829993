"""The check of a file: counts that add up, reasons that a person understands."""

import os
from decimal import Decimal

import pytest

from gateway.dumps.words import REASONS
from tests.gateway.dumps.toy import archive, checked, dump, line, meter


def adds_up(report):
    parts = report.accepted + report.unread + report.quarantined + report.duplicates + report.withheld
    return report.rows == parts


def rows(count, start=1000):
    return [line(str(start + n)) for n in range(count)]


def test_a_clean_dump(tmp_path):
    report = checked(dump(tmp_path, *rows(30), line("2000", this="", at="", code="07"), encoding="gb18030"))
    assert (report.rows, report.accepted, report.unread, report.failed) == (31, 30, 1, 1)
    assert (report.format, report.profile, report.encoding) == ("delimited", "delimited", "gb18030")
    assert report.ok
    assert not report.notes
    assert adds_up(report)
    told = report.as_json()
    for key in (
        "format",
        "encoding",
        "rows",
        "accepted",
        "unread",
        "quarantined",
        "duplicates",
        "unknown_meters",
    ):
        assert key in told
    assert told["findings"] == []


def test_what_a_date_lacks_is_told(tmp_path):
    record = (
        f"{'000000123456'}{'98765432':<30}M{'12345':<9}1201  {'1':<11}{'40.712776':<11}{'-74.005974':<11}"
    )
    path = tmp_path / "return.txt"
    path.write_text(f"{record}\r\n")
    report = checked(path)
    assert (report.profile, report.accepted) == ("sensus-k3", 1)
    assert report.first.isoformat() == "2023-12-01T00:00:00+08:00"
    assert [reason for reason, _ in report.remarks] == ["no_time_of_day", "no_year"]


def test_up_to_five_percent_go_into_quarantine(tmp_path):
    path = dump(tmp_path, *rows(19), line("3000", this="12x"))
    report = checked(path)
    assert report.ok
    assert (report.accepted, report.quarantined) == (19, 1)
    (bad,) = report.quarantine
    assert path.read_bytes()[bad.offset :].startswith(b"3000,")
    assert adds_up(report)


def test_more_take_nothing(tmp_path):
    report = checked(dump(tmp_path, *rows(18), line("3000", this="12x")))
    assert not report.ok
    assert [reason for reason, _ in report.refused] == ["bad_share"]
    assert (report.accepted, report.withheld, report.quarantined) == (0, 18, 1)
    assert adds_up(report)


@pytest.mark.parametrize(
    ("trailer", "reason"),
    [("T,3,451.00", "trailer_sum"), ("T,4,450.99", "trailer_count"), ("T,3,450.99", None), ("T,3", None)],
)
def test_trailer_and_control_sum(tmp_path, trailer, reason):
    report = checked(dump(tmp_path, *rows(3), trailer))
    assert [found for found, _ in report.refused] == ([reason] if reason else [])
    assert report.accepted == (0 if reason else 3)


def test_duplicates_and_conflicts(tmp_path):
    again = [
        line("1000"),
        line("1000", this="150.330"),
        line("1000", this="151.00"),
        line("1000", this="151.0"),
    ]
    report = checked(dump(tmp_path, *again, line("1000", this="152")))
    assert (report.accepted, report.duplicates) == (3, 2)
    assert [note.rule for note in report.notes if note.rule == "R004"] == ["R004", "R004"]
    assert adds_up(report)


def test_unknown_meters(tmp_path):
    known = archive(meter("1001"), meter("1002"))
    report = checked(
        dump(tmp_path, line("0001001"), line("1002"), line("9999"), line("9999", type="尖")), known
    )
    assert (report.accepted, report.quarantined) == (2, 2)
    assert report.unknown == {"9999": 2}
    assert report.ok
    assert report.as_json()["unknown_meters"] == 1


def test_what_the_file_claims_is_compared_and_never_taken_over(tmp_path):
    known = archive(meter("1001", ct=Decimal(40)))
    report = checked(dump(tmp_path, line("1001", factor="30")), known)
    assert [(note.rule, note.value, note.limit) for note in report.notes] == [("R011", "30", "40")]
    assert report.accepted == 1


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({"last": "153.03"}, ["H001", "H003"]),
        ({"last": "153.05"}, ["H001"]),
        ({"at": "2024-06-01 08:00"}, ["R005"]),
        ({"lon": "113.2"}, []),
    ],
)
def test_rules_without_an_archive(tmp_path, given, rules):
    report = checked(dump(tmp_path, line("1001", **given)))
    assert [note.rule for note in report.notes] == rules
    assert report.accepted == 1


def test_places(tmp_path):
    known = archive(meter("1001"), meter("1002"))
    path = dump(tmp_path, line("1001", lon="113.2"), line("1002", at="2024-05-01 08:30:01"))
    assert [note.rule for note in checked(path, known).notes] == ["H005", "H006"]


def test_files_that_are_none(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    link = tmp_path / "link.csv"
    link.symlink_to(dump(tmp_path, *rows(2)))
    empty = tmp_path / "empty.csv"
    empty.touch()
    noise = tmp_path / "noise.bin"
    noise.write_bytes(bytes(range(256)) * 10)
    strange = tmp_path / "strange.csv"
    strange.write_text("a,b\n1,2\n")
    near = tmp_path / "near.csv"
    near.write_text("资产编号,电话\n1,2\n", "utf-8")
    head = dump(tmp_path, name="head.csv")
    found = {
        path.name: checked(path).refused[0][0]
        for path in (fifo, link, empty, noise, strange, near, head, tmp_path, tmp_path / "absent")
    }
    assert found == {
        "fifo": "no_file",
        "link.csv": "link",
        "empty.csv": "empty",
        "noise.bin": "unknown_format",
        "strange.csv": "no_profile",
        "near.csv": "columns_missing",
        "head.csv": "empty",
        tmp_path.name: "no_file",
        "absent": "unreadable",
    }
    assert set(found.values()) <= REASONS.keys()
