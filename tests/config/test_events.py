"""Kinds of events: every id that a catalogue or driver knows, and the conditions under which it is of a kind."""

import tomllib
from importlib import resources

import pytest

from config.events import _rows, kind_name, kinds, kinds_of, may_be, state_points, states_of, void
from config.text import speaking
from protocols.dlt645.catalogue import lookup
from protocols.dlt645.status import words


@pytest.mark.parametrize(
    ("event", "name", "detail", "expected"),
    [
        ("03110001", "", "{}", ("outage",)),
        ("0311000A", "", "{}", ("outage",)),
        ("1D000103", "", "{}", ("trip",)),
        ("1E000101", "", "{}", ("close",)),
        ("03300D01", "", "{}", ("cover_opened",)),
        ("03350001", "", "{}", ("magnetic_field",)),
        ("03300101", "", "{}", ("cleared", "programmed")),
        ("gdw1376.1:ERC14", "", "{}", ("outage",)),
        ("gdw1376.1:ERC1", "", '{"flag": "02"}', ("terminal_parameters",)),
        ("gdw1376.1:ERC5", "", "{}", ("rounds_tripped",)),
        ("gdw1376.1:ERC9", "", '{"flag": "C1"}', ("flow_reversed",)),
        ("gdw1376.1:ERC13", "", '{"flag": "11"}', ("programmed", "meter_fault")),
        ("gdw1376.1:ERC33", "", '{"change_3": "1000", "status_3": "5000"}', ("trip", "status_changed")),
        ("gdw1376.1:ERC33", "", '{"change_3": "1000", "status_3": "0000"}', ("close", "status_changed")),
        ("gdw1376.1:ERC33", "", '{"change_3": "0800", "status_3": "1800"}', ("status_changed",)),
        ("gdw1376.1:ERC33", "", '{"raw": "00"}', ("status_changed",)),
        ("gdw1376.1:ERC33", "", "no json", ("status_changed",)),
        ("gdw1376.2:06-F5", "power off", "{}", ("outage",)),
        ("gdw1376.2:06-F5", "power on", "{}", ("power_on",)),
        ("iec102:SP12", "", "{}", ("input_changed",)),
        ("gdw1376.1:ERC200", "", "{}", ()),
    ],
)
def test_kinds_by_id_name_and_detail(event, name, detail, expected):
    assert kinds_of(event, name, detail) == expected


def test_an_id_alone_says_what_it_may_be():
    assert may_be("gdw1376.1:ERC33", {"trip"})
    assert may_be("gdw1376.2:06-F5", {"power_on"})
    assert not may_be("gdw1376.1:ERC14", {"trip", "close"})


def test_what_says_of_an_event_that_it_is_of_no_such_kind():
    assert void("gdw1376.1:ERC33", {"trip", "close"}) == '"change_3": "0000"'
    assert void("gdw1376.1:ERC33", {"trip", "status_changed"}) == ""
    assert void("gdw1376.1:ERC13", {"programmed"}) == '"flag": "00"'
    assert void("gdw1376.1:ERC13", {"programmed", "meter_fault"}) == '"flag": "00"'
    assert void("03110001", {"outage"}) == ""


def test_a_status_word_shows_the_relay():
    assert state_points({"trip"}) == {"0-0:96.5.3"}
    assert states_of("0-0:96.5.3", 0x50) == ("trip",)
    assert states_of("0-0:96.5.3", 0x40) == ("close",)
    assert states_of("0-0:96.5.1", 0x10) == ()
    assert any("relay open" in cells for cells in words()["04000503"] if cells[0] == 4)


def test_kinds_have_names_in_both_languages():
    for language in ("en", "zh"):
        with speaking(language):
            assert all(kind_name(kind) for kind in kinds())
    assert {row.kind for row in _rows()} <= set(kinds())


def test_every_record_that_a_meter_of_2007_keeps_is_of_a_kind():
    folder = resources.files("protocols.dlt645") / "data" / "2007-event.toml"
    families = tomllib.loads(folder.read_text("utf-8"))["family"]
    assert any(one["category"] == "event_record" for one in families)
    heads = {f"{a:02X}{b:02X}" for a in (0x03, *range(0x10, 0x14), 0x1D, 0x1E) for b in range(0x40)}
    tails = ("0001", "0101", "0201", "0301", "0D01", "0E01")
    records = [
        f"{head}{tail}"
        for head in heads
        for tail in tails
        if (entry := lookup("2007", head + tail)) is not None and entry.category == "event_record"
    ]
    assert len(records) > 40
    assert [one for one in records if not kinds_of(one)] == []


def test_every_record_of_a_terminal_is_of_a_kind_or_has_a_reason_not_to_be():
    text = (resources.files("protocols.gdw1376_1") / "functions.toml").read_text("utf-8")
    numbers = {row[0] for row in tomllib.loads(text)["events"]["erc"]}
    patterns = {row.events.ident for row in _rows()}
    # Limits of a terminal's own inputs, tariffs and traffic say nothing of a meter or its supply.
    assert {n for n in numbers if f"gdw1376.1:ERC{n}" not in patterns} == {16, 18, 22, 32}
