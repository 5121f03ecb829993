"""The documentation says what the program does: commands, settings, metrics, views, examples, files and links."""

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.reference import keys
from gateway.cli import COMMANDS, _build
from gateway.cli.manual import manuals
from gateway.configured import configured
from gateway.master.metrics import pages
from gateway.master.stats import Stats
from gateway.master.stores.sqlite import SqliteStore
from gateway.payload import COLUMNS
from protocols.reading import Flag
from tests.gateway.metrics.figures import families, snapshot
from tests.tools.commands_page import PAGES as COMMAND_PAGES
from tests.tools.commands_page import kept, made
from tests.tools.review_page import PAGES as RULE_PAGES
from tests.tools.review_page import kept as rules_kept
from tests.tools.review_page import made as rules_made

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ZH = DOCS / "zh"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
PAIRS = [(ROOT / "README.md", ROOT / "README.zh.md"), *((DOCS / p.name, p) for p in sorted(ZH.glob("*.md")))]
FIRST = [ROOT / "README.md", ROOT / "README.zh.md", DOCS / "ten-minutes.md", ZH / "ten-minutes.md"]
FOLDERS = "config|docs|drivers|gateway|protocols|release|simulators|systemd|tests"


def name_of(value):
    """A page by its place; of two pages the second."""
    page = value[-1] if isinstance(value, tuple) else value
    return str(page.relative_to(ROOT)) if isinstance(page, Path) else str(value)


def read(page):
    return page.read_text(encoding="utf-8")


def blocks(page, kind):
    """Code blocks of a kind, without the indentation of a list that they stand in."""
    found = re.findall(rf"^( *)```{kind}\n(.*?)^ *```", read(page), re.M | re.S)
    return [re.sub(rf"^{indent}", "", body, flags=re.M) for indent, body in found]


def bare(page):
    """A page without its code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", read(page), flags=re.M | re.S)


def anchors(page):
    """What a heading is called in a link, as code hosts make it."""
    titles = re.findall(r"^#+ (.*)$", bare(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("language", COMMAND_PAGES)
def test_every_command_and_option_is_there_in_the_words_of_its_help(language):
    page = COMMAND_PAGES[language]
    assert kept(page)[1] == made(language), (
        f"{name_of(page)}: write it anew: python -m tests.tools.commands_page"
    )


@pytest.mark.parametrize("page", [DOCS / "configuration.md", ZH / "configuration.md"], ids=name_of)
def test_every_setting_is_there_under_its_table(page):
    found = set()
    for part in re.split(r"^## ", read(page), flags=re.M)[1:]:
        table = re.match(r"`\[+(\w+(?:\.[a-z]\w*)?)", part)
        found |= (
            {f"{table[1]}.{key}" for key in re.findall(r"^\| `(\w+)` \|", part, re.M)} if table else set()
        )
    assert found == set(keys())


@pytest.mark.parametrize("page", [DOCS / "metrics.md", ZH / "metrics.md"], ids=name_of)
def test_every_metric_is_there_with_its_kind_and_labels(page):
    shown, master = {}, pages(Stats())["/metrics"]()[2].decode()
    for family in (*families(snapshot())[0].values(), *text_string_to_metric_families(master)):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        if family.name.startswith("meterd_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            shown[name] = (family.type, labels)
    rows = re.findall(r"^\| `(meterd_\w+)` \| (\w+) \| ([\w, ]*?) *\|", read(page), re.M)
    assert {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows} == shown
    assert set(re.findall(r"`(meterd_\w+)", read(page))) <= set(shown)


@pytest.mark.parametrize("page", [DOCS / "master.md", ZH / "master.md"], ids=name_of)
def test_every_view_of_the_master_is_there_with_its_columns(page, tmp_path):
    with closing(SqliteStore(f"sqlite:///{tmp_path}/m.db", 0)) as store:
        store.connect()
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+, [\w, ]+)`", read(page), re.M))
    with closing(sqlite3.connect(tmp_path / "m.db")) as db:
        views = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        shown = {view: db.execute(f"SELECT * FROM {view}").description for view in views}
        assert {view: columns.split(", ") for view, columns in rows.items()} == {
            view: [column[0] for column in columns] for view, columns in shown.items()
        }
        for statement in "".join(blocks(page, "sql")).split(";"):
            if statement.strip().startswith("SELECT"):
                db.execute(statement)


@pytest.mark.parametrize("language", RULE_PAGES)
def test_every_rule_is_there_with_its_limits_and_what_to_look_at(language):
    page = RULE_PAGES[language]
    assert rules_kept(page) == rules_made(language), (
        f"{name_of(page)}: write it anew: python -m tests.tools.review_page"
    )


@pytest.mark.parametrize("page", [DOCS / "mqtt.md", ZH / "mqtt.md"], ids=name_of)
def test_every_kind_of_batch_is_there_with_its_columns_and_flags(page):
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+, [\w, ]+)` \|$", read(page), re.M))
    assert rows == {kind: ", ".join(columns) for kind, columns in COLUMNS.items()}
    flags = next(line for line in read(page).splitlines() if line.startswith("* `flags`"))
    assert [int(number) for number in re.findall(r"\d+", flags)] == [flag.value for flag in Flag]


@pytest.mark.parametrize("page", FIRST, ids=name_of)
def test_the_first_configuration_is_right_as_it_stands(page, tmp_path):
    (settings,), (meters,) = blocks(page, "toml"), blocks(page, "csv")
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive/meters.csv").write_text(meters, encoding="utf-8")
    (tmp_path / "meterd.toml").write_text(settings, encoding="utf-8")
    loaded = configured(tmp_path / "meterd.toml")
    assert not loaded.warnings
    assert loaded.archive.meters


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_command_lines_name_commands_and_options_that_there_are(page):
    known = {manual.path: manual for manual in manuals(_build(list(COMMANDS)), list(COMMANDS))}
    for line in re.findall(r"^(?:\S*/)?(meterd [a-z].*)$", "".join(blocks(page, "sh")), re.M):
        for command in re.split(r" (?:&&|\|) (?=meterd )", line.partition(" #")[0]):
            words = command.split()
            path = next(name for n in range(4, 0, -1) if (name := " ".join(words[:n])) in known)
            assert path != "meterd" or words[1] == "COMMAND", command
            options = {
                part for one in known[path].options for part in re.findall(r"(?<!\S)-[-\w]+", one.label)
            }
            assert {word for word in words if re.match(r"-+[a-z]", word)} <= options | {"--help"}, command


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for name, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", bare(page)):
        if "://" in name:
            continue
        target = page.parent / name if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_are_there(page):
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", read(page))
    missing = [name for name in named if not (ROOT / name).exists() and not list(ROOT.glob(f"{name}.*"))]
    assert not missing


@pytest.mark.parametrize("pair", PAIRS, ids=name_of)
def test_a_page_has_the_same_parts_in_both_languages_and_leads_to_the_other(pair):
    for page, other in (pair, pair[::-1]):
        assert f"]({os.path.relpath(other, page.parent)})" in read(page)

    def parts(page):
        levels = [len(marks) for marks in re.findall(r"^(#+) ", bare(page), re.M)]
        tables = [table.count("\n") for table in re.findall(r"(?:^ *\|.*\n)+", bare(page), re.M)]
        return levels, tables, re.findall(r"^ *```(\w*)", read(page), re.M)

    assert parts(pair[1]) == parts(pair[0])


def test_every_page_is_reached_from_the_overview_of_its_language():
    for start, folder in ((ROOT / "README.md", DOCS), (ROOT / "README.zh.md", ZH)):
        text = read(start)
        missing = [page.name for page in folder.glob("*.md") if f"({page.relative_to(ROOT)})" not in text]
        assert not missing, start
