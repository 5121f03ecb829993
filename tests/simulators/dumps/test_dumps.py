"""The generator: the same for the same seed, every format, every fault, judged by the check of a file."""

import pytest

from gateway.dumps.check import Judging, check
from simulators import dumps
from simulators.dumps import FORMATS, Style, faults, tables, text, values, xml
from simulators.dumps.values import Value
from tests.gateway.dumps.toy import NOW, SHAPE, archive, meter

STYLE = Style(encoding="utf-8")


def judged(tmp_path, form, fault="", known=None, **style):
    path = tmp_path / "dump"
    dumps.write(path, form, values(200, 5), Style(**({"encoding": "utf-8"} | style)), fault)
    return check(path, SHAPE, Judging(now=NOW, archive=known))


def test_the_same_for_the_same_seed():
    assert list(values(50, 3, tariffs=4)) == list(values(50, 3, tariffs=4))
    assert list(values(50, 3)) != list(values(50, 4))
    assert all(isinstance(one, Value) for one in values(3))


@pytest.mark.parametrize("form", FORMATS)
def test_clean_dumps_are_taken_whole(tmp_path, form):
    report = judged(tmp_path, form)
    assert report.ok
    assert report.accepted == report.rows > 0
    assert not report.notes


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("fault", faults.FILE_FAULTS)
def test_faults_of_files_are_never_an_accident(tmp_path, form, fault):
    if fault in {"noise", "lost-row"} and form in {"dbf", "sqlite", "xlsx"}:
        pytest.skip("these have no lines")
    report = judged(tmp_path, form, fault)
    rows = report.accepted + report.unread + report.duplicates + report.quarantined + report.withheld
    assert rows == report.rows
    if fault == "padded":
        assert report.ok
    elif fault == "doctype" and form in {"cim", "espi"}:
        assert report.refused[0][0] == "xml_forbidden"
    elif fault == "truncated" and form not in {"delimited", "jsonl"}:
        assert not report.ok
    elif fault == "lost-row" and form in {"delimited", "fixed"}:
        assert report.refused[0][0] == "trailer_count"


RULES = {"duplicate": "", "conflict": "R004", "lower": "H001", "transposed": "H003", "future": "R005"}


@pytest.mark.parametrize("form", ["delimited", "fixed", "jsonl", "dbf", "sqlite", "xlsx"])
@pytest.mark.parametrize("fault", faults.VALUE_FAULTS)
def test_faults_of_values_are_seen(tmp_path, form, fault):
    known = None
    if fault in {"far", "multiplier", "unknown"}:
        found = list(values(200, 5))
        known = archive(
            *(meter(v.asset, str(n), lon=v.lon, lat=v.lat, ct=v.multiplier) for n, v in enumerate(found))
        )
    report = judged(tmp_path, form, fault, known)
    expected = RULES.get(fault, {"far": "H005", "multiplier": "R011"}.get(fault, ""))
    if fault == "duplicate":
        assert report.duplicates == 7
    elif fault == "unknown":
        assert len(report.unknown) == report.quarantined == 7
    else:
        assert report.rules[expected] == 7
    assert report.ok


@pytest.mark.parametrize(
    "style",
    [
        {"encoding": "utf-8", "mark": True},
        {"encoding": "gb18030", "delimiter": "|"},
        {"encoding": "utf-16", "delimiter": "\t"},
        {"delimiter": ";", "comma": True},
        {"quoted": True, "comma": True},
        {"wide": True},
        {"end": "\n", "last_end": False},
        {"order": tuple(range(14, -1, -1)), "trailer": False},
    ],
)
def test_every_style_of_delimited_text(tmp_path, style):
    if style.get("encoding") == "utf-16":
        style = style | {"encoding": "utf-16-le", "mark": True}
    report = judged(tmp_path, "delimited", **style)
    assert report.ok, report.refused
    assert (report.accepted, report.quarantined) == (200, 0)


def test_deleted_records_and_languages(tmp_path):
    path = tmp_path / "a.dbf"
    tables.dbf(path, values(100, 5), language=0x4D, deleted=10)
    report = check(path, SHAPE, Judging(now=NOW))
    assert (report.accepted, report.deleted) == (90, 10)


def test_intervals_before_the_meters_name(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"".join(xml.cim(values(5, 5), intervals=4)))
    assert check(path, SHAPE, Judging(now=NOW)).accepted == 25


def test_lines_are_made_in_pieces():
    assert next(iter(text.delimited(values(10**9), STYLE))).startswith("册号".encode())
