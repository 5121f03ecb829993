"""Meanings in two languages (config.meanings)."""

from config.meanings import chinese, meaning, table_meaning
from config.reference import keys
from config.schema import Settings, Store


def test_every_key_and_table_has_a_chinese_meaning_and_no_other_has():
    given = {f"{table}.{key}" for table, rows in chinese().items() for key in rows if key != "_"}
    assert given == set(keys()), "config/meanings_zh.toml has to say the same as config/schema.py"
    tables = {key.rpartition(".")[0] for key in keys()}
    assert {table for table, rows in chinese().items() if "_" in rows} == tables >= set(Settings.model_fields)


def test_the_readers_language(monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    assert meaning("store", "keep_days", "english") == "english"
    assert table_meaning("store", Store) == "The durable outbox."
    monkeypatch.setenv("METERD_LANG", "zh")
    assert meaning("store", "keep_days", "english").startswith("已入库")
    assert meaning("store", "none", "english") == "english"
    assert table_meaning("store", Store) == "断电不丢的待发库。"
