"""The Grafana dashboards: made of their panels, about metrics that there are, explained in both languages.

Grafana itself does not run here; the files are held against what it needs of them.
"""

import json
import re

import pytest

from tests.docs.test_alerts import RECORDS, exported, named, promtool
from tests.tools.dashboards import FOLDER, text
from tests.tools.panels import PAGES

PANELS = [(name, panel) for name, page in PAGES.items() for panel in page.panels]
PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total", "up", "ALERTS"}
UNITS = {"none", "short", "percentunit", "s", "ops", "bytes", "Bps", "dateTimeAsIso"}
CHINESE = re.compile(r"[一-鿿]")


def ids(value):
    return f"{value[0]}-{value[1].name[0]}"


@pytest.mark.parametrize("name", PAGES)
def test_the_file_is_what_its_panels_make(name):
    kept = (FOLDER / f"{name}.json").read_text("utf-8")
    assert kept == text(name), "write it anew: python -m tests.tools.dashboards"


def test_there_are_no_other_files():
    assert {file.stem for file in FOLDER.glob("*.json")} == set(PAGES)


@pytest.mark.parametrize("panel", PANELS, ids=ids)
def test_a_panel_asks_for_metrics_that_there_are(panel):
    for expression in panel[1].asks:
        assert named(expression) <= exported() | RECORDS, expression
        assert named(expression) or re.match(r"\w+", expression)[0] in PROCESS | {"rate", "count"}
        bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|offset)\b \(?[\w, ]*\)?', "", expression)
        words = set(re.findall(r"\b[a-zA-Z_][\w:]*\b(?! *\()", bare)) - {"by", "offset", "or", "vector"}
        assert words <= exported() | RECORDS | PROCESS, expression


def test_promtool_can_read_every_expression(tmp_path):
    asks = [expression for _, panel in PANELS for expression in panel.asks]
    rules = [{"record": f"panel:{place}", "expr": one} for place, one in enumerate(asks)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    code, said = promtool("check", "rules", tmp_path / "rules.yml")
    assert code == 0, said
    rules[0]["expr"] += ")"
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    assert promtool("check", "rules", tmp_path / "rules.yml")[0] == 1


@pytest.mark.parametrize("panel", PANELS, ids=ids)
def test_a_panel_says_what_it_shows_in_both_languages(panel):
    for english, chinese in (panel[1].name, panel[1].tells):
        assert english
        assert not CHINESE.search(english)
        assert CHINESE.search(chinese)
    assert panel[1].unit in UNITS
    assert all(panel[1].asks.values())


@pytest.mark.parametrize("name", PAGES)
def test_a_dashboard_has_what_grafana_needs(name):
    found = json.loads(text(name))
    assert found["uid"] == f"meterd-{name}"
    assert " · " in found["title"]
    numbers = [panel["id"] for panel in found["panels"]]
    assert len(numbers) == len(set(numbers)) == len(PAGES[name].panels)
    known = {one["name"] for one in found["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(found["panels"]))) <= known
    taken = set()
    for panel in found["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        assert panel["type"] in {"timeseries", "stat", "bargauge"}
        assert all(one["datasource"]["uid"] == "${datasource}" for one in panel["targets"])


@pytest.mark.parametrize("name", PAGES)
def test_what_can_be_chosen_comes_from_metrics_that_there_are(name):
    for origin, label in PAGES[name].choices.values():
        assert named(origin) <= exported()
        assert label in {"instance", "target"}


def test_names_on_a_page_are_told_apart():
    for page in PAGES.values():
        for language in (0, 1):
            names = [panel.name[language] for panel in page.panels]
            assert len(names) == len(set(names))
