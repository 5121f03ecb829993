"""What is kept of a report for pages (gateway.upload.views)."""

import json
import re

import pytest

from gateway.upload import views as module
from gateway.upload.views import SHOWN, Views, shown

REPORT = {
    "findings": [{"severity": n % 4, "line": n} for n in range(1000)],
    "quarantine": [{"line": n} for n in range(1000)],
    "unknown": [str(n) for n in range(1000)],
    "rows": 5,
}


def test_the_worst_is_shown():
    view = shown(REPORT)
    assert [len(view[name]) for name in ("findings", "quarantine", "unknown")] == [SHOWN] * 3
    assert {note["severity"] for note in view["findings"]} == {3}
    assert view["findings_all"] == 1000


def test_kept_and_read(tmp_path):
    views = Views(tmp_path / "views")
    assert views.get("240502-3F9A0C") is None
    assert views.report("240502-3F9A0C") is None
    view = views.put("240502-3F9A0C", REPORT)
    assert views.get("240502-3F9A0C") == view
    assert json.loads(views.report("240502-3F9A0C").read_text())["unknown"] == REPORT["unknown"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "views").iterdir()} == {0o600}


@pytest.mark.parametrize(
    "number", ["/", "../../etc/passwd", "240502-3F9A0C/..", "240502-3f9a0c", "240502-3F9A0C\t"]
)
def test_no_other_name_is_a_path(tmp_path, number):
    views = Views(tmp_path / "views")
    for use in (views.get, views.report, lambda one: views.put(one, REPORT)):
        with pytest.raises(ValueError, match=re.escape(number)):
            use(number)


def test_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 3)
    views = Views(tmp_path / "views")
    for number in range(6):
        views.put(f"240502-00000{number}", REPORT)
    assert len(list((tmp_path / "views").iterdir())) == 6
    assert views.get("240502-000005")


def test_room(tmp_path):
    assert Views(tmp_path / "views").free() > 0


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff"])
def test_a_damaged_view_is_none(tmp_path, raw):
    views = Views(tmp_path / "views")
    (tmp_path / "views/240502-3F9A0C.view.json").write_bytes(raw)
    assert views.get("240502-3F9A0C") is None
