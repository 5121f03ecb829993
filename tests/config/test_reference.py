"""The reference says something of every key (config.reference)."""

import re
from pathlib import Path

from config.reference import archive_markdown, keys, markdown
from config.schema import Settings

ROOT = Path(__file__).parents[2]


def test_every_key_has_kind_and_meaning():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.*) \| (.+) \|$", markdown(), re.M)
    assert len(rows) == len(keys())
    assert all(kind.strip() and meaning.strip() not in ("", "None") for _, kind, _, meaning in rows)


def test_every_key_is_documented_in_chinese():
    text = (ROOT / "docs/zh/configuration.md").read_text(encoding="utf-8")
    tables = re.split(r"^## ", text, flags=re.M)
    for key in keys():
        table, _, name = key.partition(".")
        name = name.rpartition(".")[2]
        (section,) = [part for part in tables if re.match(rf"`\[+{table}[\].]", part)]
        assert f"| `{name}` |" in section, key


def test_defaults_are_those_of_the_records():
    assert f"`{Settings.model_fields['store'].default.max_bytes}`" in markdown()


def test_the_archive_has_its_chinese_headers():
    assert "| `asset_no` | 资产编号," in archive_markdown()
    assert "old:1-0:1.8.0" in archive_markdown()
