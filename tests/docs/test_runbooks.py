"""A page for every alert, in both languages, that names commands, panels, log lines and tables that there are."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.cli import COMMANDS, _build
from gateway.cli.manual import manuals
from gateway.master.stores.sqlite import SqliteStore
from tests.docs.test_alerts import ALERTS, DOCS, NAMES
from tests.tools.panels import PAGES

ROOT = DOCS.parent
FOLDERS = {"en": DOCS / "runbooks", "zh": DOCS / "zh/runbooks"}
HEADS = {
    "en": ["What it means", "What to look at", "What to do", "Whom to call"],
    "zh": ["含义", "查看", "处理", "联系"],
}
SEVERITY = {
    "en": {"critical": "critical", "warning": "warning", "info": "info", "none": "no severity"},
    "zh": {"critical": "严重", "warning": "警告", "info": "提示", "none": "无级别"},
}
BOTH = [(language, name) for language in FOLDERS for name in NAMES]


def page(language, name):
    return (FOLDERS[language] / f"{name}.md").read_text("utf-8")


def spans(text, begin):
    """What stands in backquotes and begins so."""
    return [span for span in re.findall(r"`([^`]+)`", text) if span.startswith(begin)]


def test_there_is_a_page_for_each_alert_and_no_other():
    for folder in FOLDERS.values():
        assert sorted(file.stem for file in folder.iterdir()) == NAMES


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_leads_to_its_page(rule):
    for key, language in (("runbook_url", "en"), ("runbook_url_zh", "zh")):
        address = re.sub(r"{{.*?}}", "docs", rule["annotations"][key])
        assert ROOT / address == FOLDERS[language] / f"{rule['alert']}.md"


@pytest.mark.parametrize(("language", "name"), BOTH)
def test_a_page_says_how_grave_it_is_and_has_its_four_parts(language, name):
    text = page(language, name)
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", text, re.M) == HEADS[language]
    said = re.search(r"^(?:Severity: |级别：)(.*)$", text, re.M)[1]
    severities = [rule["labels"]["severity"] for rule in ALERTS if rule["alert"] == name]
    assert all(SEVERITY[language][severity] in said for severity in severities)
    for part in text.split("\n## ")[1:]:
        assert len(part.split("\n", 2)[2].strip()) >= 5


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_say_as_much(name):
    english, chinese = page("en", name), page("zh", name)
    assert f"](../zh/runbooks/{name}.md)" in english
    assert f"](../../runbooks/{name}.md)" in chinese
    assert english.count("\n* ") == chinese.count("\n* ") >= 4
    for begin in ("meterd ", "journalctl", "systemctl", "SELECT"):
        shown = [[one for one in spans(text, begin) if "›" not in one] for text in (english, chinese)]
        assert shown[0] == shown[1]


@pytest.mark.parametrize("language", FOLDERS)
def test_no_two_pages_are_the_same(language):
    parts = [part for name in NAMES for part in re.split(r"\n## .*\n", page(language, name))[1:4]]
    assert len(parts) == len(set(parts))


PANELS = {
    place: {f"{page.title[place]} › {panel.name[place]}" for page in PAGES.values() for panel in page.panels}
    for place in (0, 1)
}


@pytest.mark.parametrize(("place", "folder"), [(0, DOCS), (1, DOCS / "zh")], ids=["en", "zh"])
def test_panels_that_are_named_are_there(place, folder):
    for file in [*folder.glob("*.md"), *folder.glob("runbooks/*.md")]:
        named = re.findall(r"`(meterd [^`]+ › [^`]+)`", file.read_text("utf-8"))
        assert set(named) <= PANELS[place], file.name
        assert named or file.name != "operations.md"


def test_commands_that_are_named_are_there():
    known = {manual.path: manual for manual in manuals(_build(list(COMMANDS)), list(COMMANDS))}
    pages = {title for page in PAGES.values() for title in page.title}
    for language, name in BOTH:
        for span in [
            one for begin in ("meterd ", "meterd-master ") for one in spans(page(language, name), begin)
        ]:
            if "›" in span or span in pages:
                continue
            words = ["meterd", *span.split()[1:]]
            path = next(found for n in (3, 2) if (found := " ".join(words[:n])) in known)
            labels = [option.label for option in known[path].options]
            options = {part for label in labels for part in re.findall(r"(?<!\S)-[-\w]+", label)}
            assert {word for word in words if re.match(r"-+[a-z]", word)} <= options, span


def test_log_lines_that_are_named_are_written():
    source = "".join(file.read_text("utf-8") for file in (ROOT / "gateway").rglob("*.py"))
    named = {event for pair in BOTH for event in re.findall(r'METERD_EVENT="([^"]+)"', page(*pair))}
    assert named
    assert all(f'"{event}"' in source for event in named)


def test_questions_to_the_database_can_be_asked(tmp_path):
    with closing(SqliteStore(f"sqlite:///{tmp_path}/m.db", 0)) as store:
        store.connect()
    asked = {span for name in NAMES for span in spans(page("en", name), "SELECT")}
    with closing(sqlite3.connect(tmp_path / "m.db")) as db:
        for question in asked:
            if "pg_stat_activity" not in question:
                db.execute(question)
    assert len(asked) > 3


def test_the_catalogue_of_alerts_is_complete():
    for file in (Path("alerts.md"), Path("zh/alerts.md")):
        rows = re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| ([^|]+) \|", (DOCS / file).read_text(), re.M)
        assert sorted(name for name, _ in rows) == NAMES
        words = SEVERITY["zh" if "zh" in str(file) else "en"]
        for name, said in rows:
            severities = [rule["labels"]["severity"] for rule in ALERTS if rule["alert"] == name]
            assert all(words[severity] in said for severity in severities), name
