"""Which identifiers are asked for which points."""

import contextlib
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.dlt645.catalogue import identifiers, lookup
from protocols.dlt645.plan import Planned, answer_bytes, identifier, plan
from protocols.errors import CatalogueError
from protocols.session import Question

BLOCKS = {"blocks": True}
ADDRESS = "123456789012"


def asked(points, want="live", standard="2007", model=BLOCKS, **more):
    planned = plan(standard, points, want, model=model, address=ADDRESS, **more)
    assert all(isinstance(step, Planned) and step.question.address == ADDRESS for step in planned)
    return [(step.question.id, *step.points) for step in planned]


def test_two_members_make_a_block():
    wanted = ["1-0:1.8.0", "1-0:2.8.0", "1-0:1.8.4", "1-0:32.7.0", "1-0:52.7.0", "1-0:14.7.0"]
    assert asked(wanted) == [
        ("0001FF00", "1-0:1.8.0", "1-0:1.8.4"),
        ("00020000", "1-0:2.8.0"),
        ("0201FF00", "1-0:32.7.0", "1-0:52.7.0"),
        ("02800002", "1-0:14.7.0"),
    ]


def test_a_model_without_blocks_is_asked_singly():
    assert asked(["1-0:1.8.0", "1-0:1.8.1"], model={}) == [
        ("00010000", "1-0:1.8.0"),
        ("00010100", "1-0:1.8.1"),
    ]


def test_blocks_over_periods_and_numbers():
    assert asked(["1-0:1.8.0*1", "1-0:1.8.0*2"]) == [("000100FF", "1-0:1.8.0*1", "1-0:1.8.0*2")]
    assert asked(["0-0:96.5.1", "0-0:96.5.7"]) == [("040005FF", "0-0:96.5.1", "0-0:96.5.7")]


def test_1997():
    wanted = ["1-0:1.8.0", "1-0:1.8.3", "1-0:8.8.0", "1-0:1.6.2", "1-0:36.7.0", "1-0:76.7.0", "1-0:2.8.0*2"]
    assert asked(wanted, standard="1997") == [
        ("901F", "1-0:1.8.0", "1-0:1.8.3"),
        ("9140", "1-0:8.8.0"),
        ("A012", "1-0:1.6.2"),
        ("B63F", "1-0:36.7.0", "1-0:76.7.0"),
        ("9820", "1-0:2.8.0*2"),
    ]


@pytest.mark.parametrize("point", ["00010000", "dlt645-2007:00010000", "1-0:1.8.0"])
def test_a_point_may_be_written_three_ways(point):
    assert asked([point]) == [("00010000", point)]


def test_the_clock():
    assert asked(["0-0:1.0.0"]) == [("0400010C", "0-0:1.0.0")]
    assert asked(["0-0:1.0.0"], model={"clock": "04000102"}) == [("04000102", "1-0:0.9.1")]
    assert asked(["0-0:1.0.0"], standard="1997") == [("C011", "1-0:0.9.1")]


def test_freezes():
    wanted = ["1-0:1.8.0", "1-0:1.8.2", "00030000", "1-0:1.6.0", "1-0:16.7.0", "1-0:131.7.0"]
    assert asked(wanted, "freeze", k=17) == [
        ("05060111", "1-0:1.8.0", "1-0:1.8.2"),
        ("05060311", "dlt645-2007:00030000"),
        ("05060911", "1-0:1.6.0"),
        ("05061011", "1-0:16.7.0", "1-0:131.7.0"),
    ]


def test_settlements():
    wanted = ["1-0:1.8.0", "1-0:1.8.1", "00000000"]
    expected = [("0001FF03", "1-0:1.8.0*3", "1-0:1.8.1*3"), ("00000003", "dlt645-2007:00000000*3")]
    assert asked(wanted, "settlement", k=3) == expected
    # The points of a plan can be planned again, as for a block that the meter refuses.
    assert asked(["1-0:1.8.0*3"], "settlement", k=3, model={}) == [("00010003", "1-0:1.8.0*3")]
    assert asked(["1-0:1.8.0"], "settlement", standard="1997", k=1) == [("9410", "1-0:1.8.0*1")]


def test_load_records():
    at = datetime(2024, 8, 7, 13, 45)
    step = plan("2007", ["1-0:1.8.0", "1-0:2.8.0"], "load_record", at=at, model={}, address=ADDRESS)[0]
    assert step.question == Question(address=ADDRESS, id="06040001", count=1, since=at)
    assert asked(["1-0:1.8.0", "1-0:32.7.0"], "load_record", at=at) == [
        ("06000001", "1-0:1.8.0", "1-0:32.7.0")
    ]
    assert asked(["1-0:1.8.0"], "load_record") == [("06040002", "1-0:1.8.0")]


def test_events():
    assert asked(["0-0:96.7.0", "0-0:96.20.0"], "events") == [
        ("03110001", "dlt645-2007:03110001"),
        ("03300D01", "dlt645-2007:03300D01"),
    ]
    assert asked(["03110002"], "events") == [("03110002", "03110002")]


def test_a_model_s_formats_go_with_the_question():
    own = {"04DFDFDB": {"format": "XX.XX"}}
    step = plan("2007", ["04DFDFDB"], "live", model={"overrides": own}, address=ADDRESS)[0]
    assert step.question.overrides == own
    assert plan("2007", ["00010000"], "live", model={}, address=ADDRESS)[0].question.overrides is None


@pytest.mark.parametrize(
    ("standard", "point", "want", "says"),
    [
        ("2007", "1-0:1.9.0", "live", "nearest is 1-0:1.8.0"),
        ("2007", "1-0:1.8.64", "live", "nearest"),
        ("2007", "1-0:1.8.0*13", "live", "nearest"),
        ("2007", "1-0:21.8.1", "live", "nearest"),
        ("2007", "0001000", "live", "not known"),
        ("2007", "00010000*²", "live", "not known"),
        ("2007", "00010000*٣", "live", "not known"),
        ("2007", "dlt645-2007:00010000*" + "9" * 5000, "live", "not known"),
        ("2007", "dlt645-1997:9010", "live", "protocol"),
        ("2007", "1-0:32.7.0", "freeze", "daily freeze"),
        ("2007", "1-0:32.7.0", "settlement", "no settlement"),
        ("2007", "1-0:1.8.1", "load_record", "load record"),
        ("1997", "1-0:1.8.0", "freeze", "no daily freezes"),
        ("1997", "1-0:1.8.0", "load_record", "no load records"),
        ("1997", "1-0:1.8.15", "live", "nearest"),
        ("1997", "1-0:1.8.0*3", "live", "nearest"),
        ("2007", "1-0:1.8.0", "dreams", "memory"),
    ],
)
def test_what_cannot_be_asked(standard, point, want, says):
    with pytest.raises(CatalogueError, match=says):
        asked([point], want, standard=standard)


def test_every_point_of_the_catalogue_leads_back_to_it():
    wrong = []
    for standard in ("2007", "1997"):
        for di in identifiers(standard):
            entry = lookup(standard, di)
            if entry.point in {None, "0-0:1.0.0"} or (di[:2] in {"00", "01"} and di[4:6] not in {"00", "07"}):
                continue
            if identifier(standard, entry.point) != di:
                wrong.append((di, entry.point))
    assert wrong == []


@pytest.mark.parametrize(
    ("standard", "di", "count", "length"),
    [
        ("2007", "00010000", None, 8),
        ("2007", "0001FF00", None, 24),
        ("2007", "000100FF", None, 56),
        ("2007", "0201FF00", None, 10),
        ("2007", "05060901", None, 44),
        ("2007", "03300501", None, 686),
        ("2007", "06000001", 1, 107),
        ("2007", "06040001", 2, 68),
        ("2007", "04001501", None, 16),
        ("2007", "04DFDFDB", None, 24),
        ("1997", "901F", None, 23),
    ],
)
def test_how_long_answers_are(standard, di, count, length):
    assert answer_bytes(standard, Question(address=ADDRESS, id=di, count=count)) == length


_PIECES = ["1-0:1.8.", "dlt645-2007:", "dlt645-1997:", "00010000", "9010", "*", "²", "٣", "1", "F", ":", "."]


@given(
    point=st.text(max_size=12) | st.lists(st.sampled_from(_PIECES), max_size=5).map("".join),
    standard=st.sampled_from(["1997", "2007"]),
    want=st.sampled_from(["live", "freeze", "load_record", "settlement", "events"]),
)
def test_any_text_is_a_point_or_not_known(point, standard, want):
    with contextlib.suppress(CatalogueError):
        assert plan(standard, [point], want, at=datetime(2026, 1, 1), model={}, address=ADDRESS)
