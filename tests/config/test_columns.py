"""Every column of the archive has its meaning in both languages (config.columns)."""

import re

from config.aliases import aliases
from config.columns import column_meaning, columns


def test_every_column_and_no_other():
    tables = {name: found for name, found in aliases().items() if name != "values"}
    assert {name: set(found) - {"_"} for name, found in columns().items()} == {
        name: set(found) for name, found in tables.items()
    }


def test_both_languages(monkeypatch):
    for table, found in columns().items():
        for column, (english, chinese) in found.items():
            assert english.endswith("."), (table, column)
            assert not re.search("[一-鿿]", english.replace("旧:", "").replace("新:", "")), (table, column)
            assert re.search("[一-鿿]", chinese) or column == "sign" or "`" in chinese, (table, column)
    monkeypatch.setenv("METERD_LANG", "zh")
    assert column_meaning("meters", "mp_no").startswith("计量点")
    monkeypatch.setenv("METERD_LANG", "en")
    assert column_meaning("meters", "mp_no").startswith("Metering point")
