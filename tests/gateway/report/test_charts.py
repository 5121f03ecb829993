from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from config.second import Second
from config.text import speaking
from gateway.report.charts import CHARTS, NoData, draw
from gateway.report.limits import limits_of
from gateway.report.rows import LossRow

FIRST = date(2026, 5, 1)
STATES = ("normal", "normal", "high", "negative", "not_computable")


def row(code, day, state="normal", rate="0.05"):
    known = state != "not_computable"
    supply = Decimal(1_000 + 10 * day)
    loss = supply * Decimal(rate)
    return LossRow(
        kind="transformer",
        code=code,
        day=FIRST + timedelta(days=day),
        supply_kwh=supply if known else None,
        sale_kwh=supply - loss if known else None,
        loss_kwh=loss if known else None,
        loss_rate=Decimal(rate) if known else None,
        state=state,
        coverage=Decimal("0.99"),
    )


ONE = [row("T1", day) for day in range(28)]
MANY = [row(f"T{n}", day, STATES[(n + day) % 5]) for n in range(8) for day in range(14)]
OF_MANY = {"ranking", "calendar"}


def texts(svg):
    return "".join(ET.fromstring(svg).itertext())


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_in_both_forms(name):
    rows = MANY if name in OF_MANY else ONE
    assert draw(name, rows, "png")[:8] == b"\x89PNG\r\n\x1a\n"
    svg = draw(name, rows, "svg")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert draw(name, rows, "svg") == svg  # the same figures give the same file


def test_texts_are_texts_and_speak_the_readers_language():
    assert "line loss by day · T1 · 2026-05-01 – 2026-05-28" in texts(draw("daily", ONE, "svg"))
    with speaking("zh"):
        assert "逐日线损" in texts(draw("daily", ONE, "svg"))


def test_the_ranking_counts_states_and_days_in_a_row():
    rows = [
        *[row("T1", day, "high", "0.2") for day in range(3)],
        row("T2", 2),
        row("T3", 2, "not_computable"),
    ]
    shown = texts(draw("ranking", rows, "svg"))
    assert "normal 1 · high 1 · negative 0 · not computable 1" in shown
    assert "20.00 %, 3 days" in shown


def test_the_fit_tells_constant_from_proportional():
    shown = texts(draw("scatter", ONE, "svg"))
    assert "kWh +0.0500 E" in shown
    assert "proportional 56.75" in shown


def test_days_with_findings_are_marked():
    shown = texts(
        draw("daily", ONE, "svg", findings={FIRST + timedelta(days=3): 7, FIRST - timedelta(days=1): 9})
    )
    assert "7!" in shown
    assert "9!" not in shown


def test_a_bitmap_without_a_font_for_chinese_has_english_words(monkeypatch):
    from matplotlib import font_manager

    with speaking("zh"):
        known = draw("ranking", MANY, "png")
        monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
        assert "正常" in texts(draw("ranking", MANY, "svg"))
        plain = draw("ranking", MANY, "png")
    assert plain != known
    with speaking("en"):
        assert draw("ranking", MANY, "png") == plain


def test_the_waterfall_ends_where_the_energy_went():
    rows = [row("T1", 0, "high", "0.2")]
    shown = texts(draw("waterfall", rows, "svg"))
    assert all(part in shown for part in ("1000.0", "800.0", "70.0", "130.0"))


@pytest.mark.parametrize(
    ("name", "rows"),
    [("daily", MANY), ("scatter", ONE[:3]), ("waterfall", [row("T1", 0, "not_computable")]), ("calendar", []),
     ("ranking", [row("T1", 0, "not_computable")])],
)  # fmt: skip
def test_what_cannot_be_drawn_is_said(name, rows):
    with pytest.raises(NoData):
        draw(name, rows, "svg")


def test_the_limits_are_those_of_the_kind_of_node_and_of_the_configuration():
    usual = limits_of({})
    assert (usual["line"].high, usual["transformer"].amber, usual["transformer"].high) == (0.1, 0.07, 0.12)
    own = limits_of({"transformer": Second(loss_amber=0.03), "default": Second(loss_negative=0.02)})
    assert (own["line"].low, own["transformer"].low) == (-0.02, -0.01)
    assert "above 7 %" in texts(draw("calendar", MANY, "svg"))
    assert "above 3 %" in texts(draw("calendar", MANY, "svg", own))
    assert "above" not in texts(draw("calendar", [replace(row, kind="line") for row in MANY], "svg"))
    assert "above 7 %" in texts(draw("calendar", [*MANY, replace(MANY[0], kind="line", code="L1")], "svg"))
