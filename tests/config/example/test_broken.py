"""The example broken as people break it: each mistake has its place, and words that say what to do."""

import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from gateway.configured import configured

EXAMPLE = Path(__file__).parents[3] / "config/example"
TOML, METERS, RELATIONS = "meterd.toml", "archive/meters.csv", "archive/relations.csv"
ALL_ROWS = (2, 3, 4)


@pytest.fixture
def broken(tmp_path):
    """`broken(file, old, new)`: what is said of the example with one thing changed."""
    folder = tmp_path / "example"

    def mistakes(file, old, new):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(EXAMPLE, folder)
        text = (folder / file).read_text(encoding="utf-8")
        changed = text.replace(old, new) if old else text + new
        assert changed != text
        (folder / file).write_text(changed, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            configured(folder / "meterd.toml")
        return caught.value.problems

    return mistakes


BREAKS = {
    "key misspelt": (TOML, "state_dir", "statedir", [(5, "gateway.statedir")], "did you mean 'state_dir'"),
    "table misspelt": (TOML, "[store]", "[stor]", [(15, "stor")], "did you mean 'store'"),
    "no quotes": (TOML, '"meter"', "meter", [(20, "driver")], 'perhaps "meter"'),
    "a quote missing": (TOML, 'driver = "meter"', 'driver = "meter', [(20, "driver")], "both ends"),
    "quotes of another script": (TOML, '"meter"', "“meter”", [(20, "driver")], "a full-width “"),
    "comma of another script": (TOML, '.0", "1-0:1.8.1', '.0"， "1-0:1.8.1', [(28, "points")], "a full-width ，"),
    "a number in quotes": (TOML, "baud = 2400", 'baud = "2400 bps"', [(22, "target.0.baud")], "without quotes"),
    "a number with its unit": (TOML, "67108864", "64MB", [(16, "max_bytes")], "the number alone, 64"),
    "no port": (TOML, "127.0.0.1:9001", "127.0.0.1", [(21, "target.0.link")], "tcp://HOST:PORT"),
    "no scheme": (TOML, "tcp://127.0.0.1:9001", "127.0.0.1:9001", [(21, "target.0.link")], "'tcp://127.0.0.1:9001'"),
    "a port of Windows": (TOML, "tcp://127.0.0.1:9001", "COM3", [(21, "target.0.link")], "did you mean 'serial:COM3'"),
    "a speed with its unit": (TOML, "tcp://127.0.0.1:9001", "serial:/dev/x?baud=96k", [(21, "target.0.link")], "50 .."),
    "no such option": (TOML, "tcp://127.0.0.1:9001", "serial:/dev/x?parity=e", [(21, "target.0.link")], "mode=8E1"),
    "a slot that is none": (TOML, '"1m"', '"15min"', [(29, "task.0.every")], "did you mean '15m'"),
    "a point that is none": (TOML, '"1-0:1.8.4"', '"1-0:1.8.4.0"', [(28, "task.0.points")], "nobody knows"),
    "a point by its name": (TOML, '"1-0:1.8.4"', '"正向有功总"', [(28, "task.0.points")], "did you mean '1-0:1.8.0'"),
    "a target twice": (
        TOML, "", '[[target]]\nname = "line1"\ndriver = "meter"\nlink = "tcp://h:2"\n', [(51, "target.1.name")], "twice"
    ),
    "a driver that is none": (TOML, '"meter"', '"dlt645"', [(20, "target.0.driver")], '"meter", "modbus", "concent'),
    "too much for the line": (TOML, "baud = 2400", "baud = 50", [(18, "target.line1")], "at 50 baud, 90% allowed"),
    "a limit that is none": (TOML, "decrease_kwh", "decrease", [(45, "review.default.decrease")], "'decrease_kwh'"),
    "single brackets": (TOML, "[[target]]", "[target]", [(18, "target")], "expected [[target]]"),
    "no such zone": (TOML, '"state"', '"state"\ntimezone = "Beijing"', [(6, "gateway.timezone")], "Asia/Shanghai"),
    "a name of other letters": (TOML, '"example"', '"供电所一"', [(4, "gateway.name")], "letters, digits"),
    "a broker without scheme": (TOML, "", '[uplink]\nbroker = "h:1883"\n', [(51, "uplink.broker")], "mqtt://HOST:1883"),
    "a file that is not there": (TOML, "", '[uplink]\nca_file = "ca.pem"\n', [(51, "uplink.ca_file")], "no such file"),
    "a folder that is not there": (TOML, '"archive"', '"archiv"', [(6, "gateway.archive")], "did you mean 'archive'"),
    "remote control": (TOML, "", "[control]\nenabled = true\n", [(51, "control.enabled")], "not available"),
    "yes": (TOML, "", "[send]\ntime_set = yes\n", [(51, "time_set")], "expected true"),
    "a header misspelt": (
        METERS, "通信地址", "通信地扯", [(1, "通信地扯"), (1, "address")], "did you mean '通信地址'",
    ),
    "a letter in an address": (METERS, "645000000002,二", "64500000000O,二", [(3, "address")], "address (通信地址)"),
    "a rounded address": (METERS, "645000000002,二", "6.45E+11,二", [(3, "address")], "column as text"),
    "a protocol written otherwise": (
        METERS, "dlt645-2007", "DL/T645-2007", [(row, "protocol") for row in ALL_ROWS], "did you mean 'dlt645-2007'",
    ),
    "a target that is none": (METERS, ",line1,", ",line 1,", [(row, "target") for row in ALL_ROWS], "expected line1"),
    "a status that is none": (METERS, "运行", "好", [(row, "status") for row in ALL_ROWS], "in service (运行)"),
    "semicolons": (METERS, ",", ";", [(1, "row")], "expected commas"),
    "a ratio of nothing": (METERS, "5,60,1,", "5,60,0,", [(row, "ct") for row in ALL_ROWS], "300/5"),
    "no such meter": (RELATIONS, "A645000000002", "A64500000002", [(3, "meter")], "did you mean 'A645000000002'"),
    "a node that is none": (RELATIONS, "T1", "T2", [(row, "node") for row in ALL_ROWS], "expected T1"),
    "a side that is none": (RELATIONS, "售,1", "买,1", [(row, "side") for row in ALL_ROWS], "sale (售)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BREAKS)
def test_each_mistake_has_its_place_and_its_cure(broken, monkeypatch, name):
    file, old, new, places, words = BREAKS[name]
    monkeypatch.setenv("METERD_LANG", "en")
    problems = broken(file, old, new)
    assert [(problem.line, problem.key) for problem in problems] == places
    assert all(problem.file.endswith(file) for problem in problems)
    assert words in str(problems[0])
    monkeypatch.setenv("METERD_LANG", "zh")
    chinese = broken(file, old, new)
    assert [(problem.line, problem.key) for problem in chinese] == places
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese[0].message + chinese[0].expected)


def test_a_file_saved_in_another_encoding(tmp_path, monkeypatch):
    monkeypatch.setenv("METERD_LANG", "en")
    shutil.copytree(EXAMPLE, tmp_path / "example")
    path = tmp_path / "example" / TOML
    path.write_bytes(path.read_bytes() + "# 备注\n".encode("gb18030"))
    with pytest.raises(ConfigError, match="saved as UTF-8") as caught:
        configured(path)
    assert caught.value.problems[0].line == 50
