"""States, figures and times as people read them (gateway.upload.words, gateway.upload.places)."""

from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from config.text import speaking
from gateway.upload.places import Places
from gateway.upload.record import Kind
from gateway.upload.words import bytes_text, figure_text, reason_of_severity, state_text, time_text


def test_every_state_has_both_names():
    for state in get_args(Kind):
        with speaking("zh"):
            chinese = state_text(state)
        with speaking("en"):
            assert state_text(state) != chinese
    assert state_text("other") == "other"


def test_figures_severities_sizes_times():
    with speaking("en"):
        assert figure_text("unread") == "not read"
        assert [reason_of_severity(n) for n in (0, 3, 9, -1)] == ["note", "reject", "reject", "note"]
    assert [bytes_text(n) for n in (5, 2048, 3 << 20)] == ["5 B", "2.0 KiB", "3.0 MiB"]
    zone = ZoneInfo("Asia/Shanghai")
    assert time_text("2024-05-01T16:30:00+00:00", zone) == "2024-05-02 00:30"
    assert time_text("", zone) == ""
    assert time_text("nonsense", zone) == "nonsense"


def test_places():
    places = Places(Path("/s"))
    assert {path.parent for path in (places.users, places.record, places.views)} == {places.folder}
