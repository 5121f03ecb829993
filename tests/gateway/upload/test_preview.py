"""Pages of one upload in every state (gateway.upload.preview, gateway.upload.pages)."""

from collections import Counter
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from config.text import speaking
from gateway.dumps.report import Note, Report
from gateway.upload import pages
from gateway.upload.pages import Frame
from gateway.upload.preview import Shown, page
from gateway.upload.record import Kind, Upload
from gateway.upload.views import shown
from protocols.dumps.record import Bad
from protocols.reading import State

FRAME = Frame(gateway="so-001", version="1", path="/uploads/240502-3F9A0C", tz=ZoneInfo("Asia/Shanghai"))


def upload(state="checked", **given):
    common = {"at": "2024-05-02T00:00:00+00:00", "user": "li", "address": "192.0.2.1", "name": "x.csv"}
    return Upload(number="240502-3F9A0C", state=state, **(common | given))


def view(**given):
    report = Report(file="x.csv", format="delimited", rows=10, accepted=9, meters=4, **given)
    return shown(report.as_json())


def said(state="checked", found=None, *, busy=False, language="en", **given):
    with speaking(language):
        return page(FRAME, Shown(upload(state, **given), found, busy=busy, progress=7), "token")


@pytest.mark.parametrize("state", get_args(Kind))
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("found", [None, view()])
def test_every_state_has_a_page(state, language, found):
    text = said(state, found, language=language)
    assert "240502-3F9A0C" in text
    assert ("/confirm" in text) == (state == "checked" and found is not None)
    assert ("/withdraw" in text) == (state in ("received", "checked"))


def test_while_it_is_checked():
    text = said(busy=True, found=view())
    assert "7 rows so far" in text
    assert "/confirm" not in text
    assert "figures" not in text


def test_why_it_is_refused():
    text = said(found=view(refused=[("trailer_count", "10 != <11>")]))
    assert "the trailer" in text
    assert "10 != &lt;11&gt;" in text
    assert "/confirm" not in text
    assert "configuration has mistakes" in said(found=view(refused=[("gateway", "")]))


def test_what_came_before():
    assert "imported before, as <bdi>240501-AAAAAA</bdi>" in said(found=view(repeated="240501-AAAAAA"))


def test_what_would_change():
    text = said(found=view(unread=1, duplicates=2, exchanges=3, quarantined=1))
    for part in (
        "9 readings of 4 meters",
        "1 rows that were not read",
        "2 rows are known",
        "3 meter exchanges",
    ):
        assert part in text
    assert "1 rows stay out" in text
    assert "suspicious" not in text
    doubtful = said(found=view(states=Counter({State.SUSPECT: 2, State.REJECTED: 1, State.PASSED: 6})))
    assert "3 of them are suspicious or rejected" in doubtful
    assert "All 10 rows are good" in said(found=view(unread=1))


def test_findings_in_the_readers_language():
    note = Note("H001", 2, 5, 9, "1001", "1-0:1.8.0", "5", ">= 6", "told in another language")
    report = view(notes=[note, Note("X999", 3, 6, None, "1<b>", "", "", "-", "as it was told")])
    english, chinese = said(found=report), said(found=report, language="zh")
    assert "Below the last reading of the file" in english
    assert "told in another language" not in english
    assert "本次示数小于上次示数" in chinese
    assert "as it was told" in chinese
    assert "1&lt;b&gt;" in english
    assert english.index("X999") < english.index("H001")


def test_more_than_a_page_lists():
    report = view(quarantine=[Bad(n, n, "number", "this_read", "x") for n in range(300)], quarantined=300)
    text = said(found=report)
    assert "100 more are in the whole report" in text
    assert text.count("not a number") == 200


def test_home_and_sign_in():
    with speaking("en"):
        text = pages.sign_in(FRAME, "token", "Wrong <b>", 'n"')
    assert "Wrong &lt;b&gt;" in text
    assert 'value="n&quot;"' in text
    assert 'role="alert"' in text
    with speaking("zh"):
        assert pages.badge("withdrawn") == '<span class="badge withdrawn">已撤回</span>'
