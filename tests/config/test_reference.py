"""The reference says something of every key (config.reference)."""

import re

from config.reference import archive_markdown, keys, markdown
from config.schema import Settings


def test_every_key_has_kind_and_meaning():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.*) \| (.+) \|$", markdown(), re.M)
    assert len(rows) == len(keys())
    assert all(kind.strip() and meaning.strip() not in ("", "None") for _, kind, _, meaning in rows)


def test_every_key_has_its_meaning_in_chinese_too(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "zh")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.*) \| (.+) \|$", markdown(), re.M)
    assert len(rows) == len(keys())
    assert [name for name, *_, meaning in rows if not re.search("[一-鿿]", meaning)] == []


def test_defaults_are_those_of_the_records():
    assert f"`{Settings.model_fields['store'].default.max_bytes}`" in markdown()


def test_the_archive_has_its_chinese_headers():
    assert "| `asset_no` | 资产编号," in archive_markdown()
    assert "old:1-0:1.8.0" in archive_markdown()
    assert (
        "| `status` | 状态, 运行状态 | `in service` | Only meters in service are read. `in service` (运行,"
        in (archive_markdown())
    )
