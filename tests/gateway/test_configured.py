"""A configuration as the daemon would run it: whatever is in the files, it is one or named."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import ConfigError
from config.models import load_model, own_models, use_models
from gateway.configured import configured

TOML = """[gateway]
name = "so-001"
timezone = "Asia/Shanghai"
[metrics]
listen = "127.0.0.1:9645"
[uplink]
broker = "mqtt://h"
version = "5"
user = "u"
[store]
max_bytes = 1048576
[time_set]
at = "03:30"
[[target]]
name = "line3"
driver = "meter"
link = "serial:/dev/ttyS1?baud=2400&mode=8E1"
baud = 2400
[[task]]
name = "registers"
targets = ["line3"]
points = ["1-0:1.8.0"]
every = "15m"
backfill_days = 3
[[tariffs]]
valid_from = 2026-05-01
names = ["a"]
[review.default]
still_days = 3
[review.industry]
decrease_kwh = 1.0
"""
HEADERS = "asset_no,address,protocol,target,model,status,baud,ct,digits,tariffs,valid_from,customer_class,rated_voltage"
ROW = "M1,1,dlt645-2007,line3,,,2400,60,6,4,2026-05-01,industry,220"
RELATIONS = "meter,node_kind,node,side,sign,valid_from\nM1,line,L1,sale,1,2026-05-01\n"
EXCHANGES = "mp_no,old_asset,new_asset,at,old:1-0:1.8.0\nP,A,M1,2026-05-01T00:00:00+08:00,5\n"

DLT645 = """protocol = "dlt645-2007"
name = "n"
name_zh = "n"
blocks = true
load_record = true
daily_freeze = true
settlement = true
wakeup = 4
tariffs = 4
clock = "0400010C"
[overrides]
00010000 = { scale = "0.001" }
02010100 = { format = "XX.XX", length = 2 }
[[vectors]]
frame = "FEFEFEFE6827596303000168810643C3AC594733C316"
values = { "9010" = "1426.79" }
"""
MODBUS = """protocol = "modbus"
name = "n"
name_zh = "n"
source = ["s"]
basis = "secondary"
function = 3
type = "u16"
order = "ABCD"
limit = 125
gap = 0
grain = 1
forbidden = [[3, 5, 6]]
none = { s16 = [0x8000] }
registers = [{ at = 0, name = "ct" }, { at = 10, point = "1-0:1.8.0", type = "u32", scale = "0.01", times = ["ct"] }]
[[vectors]]
words = { "3/0" = "0001", "3/10" = "0000 0001" }
values = { "1-0:1.8.0" = "0.01" }
"""

_once = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def files(tmp_path):
    """`files(toml=..., **{"meters.csv": ...})`: whether these are a configuration; anything but that is raised."""
    for name in ("archive", "models"):
        (tmp_path / name).mkdir()

    def judged(toml=TOML, model=None, **tables):
        for old in (*(tmp_path / "archive").iterdir(), *(tmp_path / "models").iterdir()):
            old.unlink()
        if model is not None:
            (tmp_path / "models/own.toml").write_bytes(model.encode("utf-8", "surrogatepass"))
        given = {"meters.csv": f"{HEADERS}\n{ROW}\n", "relations.csv": RELATIONS, "exchanges.csv": EXCHANGES}
        for name, content in (given | tables).items():
            if content is not None:
                raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
                (tmp_path / "archive" / name).write_bytes(raw)
        path = tmp_path / "meterd.toml"
        path.write_bytes(toml if isinstance(toml, bytes) else toml.encode("utf-8", "surrogatepass"))
        try:
            return configured(path).digest != ""
        except ConfigError as error:
            problems = error.problems
        assert problems
        assert all(problem.file and problem.key and problem.message for problem in problems)
        return False

    return judged


def test_these_files_are_one(files):
    assert files()


def test_a_plan_that_cannot_fit_has_the_line_of_its_target(tmp_path):
    (tmp_path / "archive").mkdir()
    rows = "".join(ROW.replace("M1,1,", f"M{n},{n},") + "\n" for n in range(400))
    (tmp_path / "archive/meters.csv").write_text(f"{HEADERS}\n{rows}")
    (tmp_path / "m.toml").write_text(TOML.replace('"15m"', '"1m"'))
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path / "m.toml")
    assert [(problem.line, problem.key) for problem in caught.value.problems] == [(14, "target.line3")]


_NASTY = st.sampled_from(
    [
        "240²0", "٣", "９", "-1", "1e999", "nan", "inf", "9" * 5000, "0001-01-01", "9999-12-31", "1/0", "\0", "*²",
        "serial:/dev/x?baud=240²0", "tcp://h:٣", "tcp://" + "a" * 70 + ":1", "1-0:1.8.0*²", "00010000*²", "../..",
        "mqtt://h:²", "[::]:²", "24:00", "=1+1", "\x1b[31m", "\u202e", "999999999999", "dlt645-2007:00010000*99",
    ]
)  # fmt: skip
_TEXT = st.text(max_size=12) | _NASTY


def quoted(text):
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text if not 0xD800 <= ord(char) < 0xE000) + '"'


_VALUE = st.one_of(
    _TEXT.map(quoted),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["true", "[]", "{}", "[[1]]", "2026-05-01", "2026-05-01T00:00:00Z", "00:00:00", "{a = 1}"]
    ),
    st.lists(_TEXT.map(quoted), max_size=2).map(lambda texts: f"[{', '.join(texts)}]"),
)
_PLACES = [number for number, line in enumerate(TOML.splitlines()) if "=" in line]


@_once
@given(places=st.dictionaries(st.sampled_from(_PLACES), _VALUE, min_size=1, max_size=3))
def test_any_values_in_the_file(files, places):
    lines = TOML.splitlines()
    for number, value in places.items():
        lines[number] = f"{lines[number].partition('=')[0]}= {value}"
    files("\n".join(lines))


@_once
@given(
    raw=st.binary(max_size=60),
    begin=st.integers(0, len(TOML)),
    end=st.integers(0, len(TOML)),
)
def test_any_bytes_in_the_file(files, raw, begin, end):
    files(TOML[:begin].encode() + raw + TOML[end:].encode())


@_once
@given(
    cells=st.lists(_TEXT | st.none(), min_size=13, max_size=14),
    where=st.sampled_from(["meters.csv", "relations.csv", "exchanges.csv"]),
)
def test_any_cells_in_the_archive(files, cells, where):
    header, row = {
        "meters.csv": (HEADERS, ROW),
        "relations.csv": RELATIONS.splitlines()[:2],
        "exchanges.csv": EXCHANGES.splitlines()[:2],
    }[where]
    good = row.split(",")
    kept = [old if new is None else new for old, new in zip([*good, ""], cells, strict=False)]
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in kept)
    files(**{where: f"{header}\n{row}\n"})


@_once
@given(
    raw=st.binary(max_size=80),
    begin=st.integers(0, 150),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
def test_any_bytes_in_the_archive(files, raw, begin, encoding):
    table = f"{HEADERS}\n{ROW}\n"
    files(**{"meters.csv": table[:begin].encode(encoding) + raw + table[begin:].encode(encoding)})


def workbook():
    book = openpyxl.Workbook()
    book.active.append(HEADERS.split(","))
    book.active.append(ROW.split(","))
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


BOOK = workbook()
MEMBERS = {
    name: zipfile.ZipFile(io.BytesIO(BOOK)).read(name)
    for name in zipfile.ZipFile(io.BytesIO(BOOK)).namelist()
}


@_once
@given(
    name=st.sampled_from(sorted(MEMBERS)),
    at=st.floats(0, 1),
    raw=st.binary(max_size=6),
    drop=st.integers(0, 20),
)
def test_any_bytes_in_a_workbook(files, name, at, raw, drop):
    begin = int(at * len(MEMBERS[name]))
    changed = MEMBERS | {name: MEMBERS[name][:begin] + raw + MEMBERS[name][begin + drop :]}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new:
        for member, content in changed.items():
            new.writestr(member, content)
    files(**{"meters.csv": None, "meters.xlsx": packed.getvalue()})


@pytest.fixture(autouse=True)
def no_models_left():
    yield
    use_models({})


_OWN = TOML.replace("[metrics]", 'models = "models"\n[metrics]')
_SPEAKING = {
    DLT645: (_OWN, ROW.replace(",line3,,", ",line3,own,")),
    MODBUS: (
        _OWN.replace('"meter"', '"modbus"').replace("serial:/dev/ttyS1?baud=2400&mode=8E1", "tcp://h:1"),
        ROW.replace("dlt645-2007,line3,,", "modbus-tcp,line3,own,"),
    ),
}


@pytest.mark.parametrize("model", [DLT645, MODBUS], ids=["dlt645", "modbus"])
def test_a_model_of_ones_own(files, model):
    toml, row = _SPEAKING[model]
    if model is DLT645:
        model = model.replace("9010", "02010100").replace(
            "FEFEFEFE6827596303000168810643C3AC594733C316",
            load_model("dlt645-2007")["vectors"][0]["frame"],
        )
    assert files(toml, model=model, **{"meters.csv": f"{HEADERS}\n{row}\n"})
    assert set(own_models()) == {"own"}


@_once
@given(data=st.data(), model=st.sampled_from([DLT645, MODBUS]))
def test_any_values_in_a_model(files, data, model):
    toml, row = _SPEAKING[model]
    lines = model.splitlines()
    for number in data.draw(st.sets(st.integers(0, len(lines) - 1), min_size=1, max_size=3)):
        if "=" in lines[number] and data.draw(st.booleans()):
            lines[number] = f"{lines[number].partition('=')[0]}= {data.draw(_VALUE)}"
        else:
            place = data.draw(st.integers(0, len(lines[number])))
            lines[number] = lines[number][:place] + data.draw(_TEXT) + lines[number][place + 1 :]
    files(toml, model="\n".join(lines), **{"meters.csv": f"{HEADERS}\n{row}\n"})


def test_what_cannot_fit_leaves_the_models_as_they_were(tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "models/own.toml").write_text(MODBUS)
    rows = "".join(ROW.replace("M1,1,", f"M{n},{n},") + "\n" for n in range(400))
    (tmp_path / "archive/meters.csv").write_text(f"{HEADERS}\n{rows}")
    (tmp_path / "m.toml").write_text(_OWN.replace('"15m"', '"1m"'))
    use_models({"before": {"protocol": "modbus"}})
    with pytest.raises(ConfigError):
        configured(tmp_path / "m.toml")
    assert set(own_models()) == {"before"}
