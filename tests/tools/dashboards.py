"""The Grafana dashboards in docs/reference/grafana, made of `tests.tools.panels`.

python -m tests.tools.dashboards     # writes them anew
"""

import json
from pathlib import Path
from typing import Any

from tests.tools.panels import PAGES
from tests.tools.panels.panel import Page, Panel

FOLDER = Path(__file__).parents[2] / "docs/reference/grafana"
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS = 24
_TYPES = {"bars": "bargauge"}
_HEIGHTS = {"stat": 4, "timeseries": 8, "bars": 8}


def both(texts: tuple[str, str]) -> str:
    """English and Chinese in one line: a dashboard has no other language to switch to."""
    return " · ".join(texts)


def dashboard(name: str, page: Page) -> dict[str, Any]:
    """A dashboard as Grafana imports it."""
    return {
        "uid": f"meterd-{name}",
        "title": both(page.title),
        "tags": ["meterd"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "timezone": "",
        "annotations": {"list": []},
        "links": [{"type": "dashboards", "tags": ["meterd"], "title": "meterd", "asDropdown": True}],
        "templating": {"list": [_datasource(), *(_choice(*item) for item in page.choices.items())]},
        "panels": placed(page.panels),
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}


def _choice(name: str, origin: tuple[str, str]) -> dict[str, Any]:
    query = f"label_values({origin[0]}, {origin[1]})"
    return {
        "name": name,
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "sort": 1,
    }


def placed(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """Panels side by side, row after row."""
    found, x, y, height = [], 0, 0, 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.wide > _COLUMNS or (height and _HEIGHTS[panel.kind] != height):
            x, y = 0, y + height
        height = _HEIGHTS[panel.kind]
        found.append({"id": number, "gridPos": {"x": x, "y": y, "w": panel.wide, "h": height}, **made(panel)})
        x += panel.wide
    return found


def made(panel: Panel) -> dict[str, Any]:
    """A panel without its place."""
    asks = [
        {
            "refId": chr(ord("A") + place),
            "datasource": _SOURCE,
            "expr": expression,
            "legendFormat": legend,
            "instant": panel.kind != "timeseries",
            "range": panel.kind == "timeseries",
        }
        for place, (expression, legend) in enumerate(panel.asks.items())
    ]
    return {
        "type": _TYPES.get(panel.kind, panel.kind),
        "title": both(panel.name),
        "description": "\n\n".join(panel.tells),
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": asks,
    }


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[str, dict[str, Any]] = {
    "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    "stat": {"reduceOptions": _LAST, "colorMode": "none", "graphMode": "none"},
    "bars": {"reduceOptions": _LAST, "orientation": "horizontal", "displayMode": "basic"},
}


def text(name: str) -> str:
    """The file of a dashboard."""
    return json.dumps(dashboard(name, PAGES[name]), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for page_name in PAGES:
        (FOLDER / f"{page_name}.json").write_text(text(page_name), encoding="utf-8")
