"""Reload of a running daemon: whatever is in the files, it goes on, with the old configuration or a good new one."""

import asyncio
import random
import threading

import pytest

from config.load import load
from config.models import load_model, own_models, use_models
from gateway import buses
from gateway.app import App
from gateway.reload import SOCKET, ask_reload
from tests.tools.plant import wait_until

TOML = """[gateway]
name = "so-001"
state_dir = "state"
[metrics]
listen = ""
[[target]]
name = "line3"
driver = "meter"
link = "tcp-listen://127.0.0.1:0"
[[task]]
name = "registers"
targets = ["line3"]
points = ["1-0:1.8.0"]
every = "15m"
"""
METERS = "asset_no,address,protocol,target\nM1,1,dlt645-2007,line3\n"
_NASTY = [
    "²",
    "٣",
    "\0",
    "“",
    "-1",
    "1e400",
    "9" * 5000,
    "nan",
    "[",
    "[[",
    "]",
    '"',
    "'",
    "=",
    "\n",
    ",",
    "5",
    "true",
    "\xff",
]


@pytest.fixture
def running(tmp_path, monkeypatch):
    """The daemon in a thread of its own, and `reload(toml, meters)`: what a reload of these files came to."""
    monkeypatch.setenv("METERD_LANG", "en")
    path = tmp_path / "meterd.toml"
    (tmp_path / "archive").mkdir()
    (tmp_path / "state").mkdir()

    def write(toml, meters):
        path.write_bytes(toml.encode("utf-8", "replace") if isinstance(toml, str) else toml)
        (tmp_path / "archive/meters.csv").write_bytes(meters.encode() if isinstance(meters, str) else meters)

    write(TOML, METERS)
    loaded = load(path)
    ready, ended = threading.Event(), []
    app = App(loaded.settings, loaded.archive, loaded=loaded, ready=ready.set)

    async def run():
        app.loop = asyncio.get_running_loop()
        await app.run()
        ended.append("clean")

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(30)

    def reload(toml=TOML, meters=METERS):
        write(toml, meters)
        return asyncio.run_coroutine_threadsafe(app.reload(), app.loop).result(30)

    yield app, reload
    use_models({})
    assert thread.is_alive(), "the daemon has ended"
    app.loop.call_soon_threadsafe(app.stop)
    thread.join(30)
    assert ended == ["clean"]


def lines(app):
    return {name for line in app._lines.values() for name in line.pollers}


def test_a_good_one_is_in_force(running):
    app, reload = running
    assert reload(TOML.replace("line3", "line4"), METERS.replace("line3", "line4")).ok
    assert lines(app) == {"line4"}


def test_whatever_is_in_the_files_the_daemon_goes_on(running):
    app, reload = running
    made = random.Random(645)
    refused = 0
    for _ in range(150):
        files = [TOML, METERS]
        which = made.randrange(2)
        raw = files[which].encode()
        for _ in range(made.randint(1, 3)):
            begin = made.randrange(len(raw))
            new = made.choice(_NASTY).encode() if made.random() < 0.7 else made.randbytes(made.randint(0, 5))
            raw = raw[:begin] + new + raw[begin + made.randint(0, 8) :]
        files[which] = raw
        before = app.settings, app.archive, lines(app)
        outcome = reload(*files)
        refused += not outcome.ok
        assert outcome.ok or (outcome.problems and (app.settings, app.archive, lines(app)) == before)
        assert app.reloads.ok == outcome.ok
    assert refused > 50
    assert reload().ok
    assert lines(app) == {"line3"}


def test_the_reason_is_told_through_the_socket(running, tmp_path):
    app, _ = running
    wait_until((tmp_path / "state" / SOCKET).exists, 30, "the socket")
    (tmp_path / "meterd.toml").write_text(
        TOML.replace("tcp-listen://127.0.0.1:0", "serial:/dev/x?baud=240²0")
    )
    outcome = ask_reload(tmp_path / "state", 30)
    assert not outcome.ok
    assert "target.0.link" in outcome.problems[0]
    assert lines(app) == {"line3"}


def test_a_line_that_cannot_be_built_leaves_the_old_ones(running, monkeypatch):
    """No file does this by what we know; a fault of our own must not end the daemon either."""
    app, reload = running
    whole = buses.make_link

    def broken(name, *rest, **more):
        if name == "line4":
            raise RuntimeError("no such line")
        return whole(name, *rest, **more)

    monkeypatch.setattr(buses, "make_link", broken)
    outcome = reload(TOML.replace("line3", "line4"), METERS.replace("line3", "line4"))
    assert not outcome.ok
    assert "no such line" in outcome.problems[0]
    assert lines(app) == {"line3"}
    assert app.settings.target[0].name == "line3"
    monkeypatch.undo()
    assert reload(TOML.replace("line3", "line4"), METERS.replace("line3", "line4")).ok


def test_what_is_hardly_meant_is_a_note(running):
    _, reload = running
    outcome = reload(TOML + "[review.industri]\nstill_days = 3\n")
    assert outcome.ok
    assert "review.industri" in outcome.notes[0]


MODEL = """protocol = "dlt645-2007"
name = "n"
name_zh = "n"
blocks = false
load_record = true
daily_freeze = true
settlement = true
tariffs = 4
[[vectors]]
frame = "%s"
values = { "%s" = "%s" }
"""


def test_a_model_of_ones_own_that_changes_begins_its_lines_anew(running, tmp_path):
    app, reload = running
    vector = load_model("dlt645-2007")["vectors"][0]
    ((identifier, value),) = list(vector["values"].items())[:1]
    (tmp_path / "models").mkdir()
    own = tmp_path / "models/own.toml"
    text = MODEL % (vector["frame"], identifier, value)
    own.write_text(text)
    toml = TOML.replace("[metrics]", 'models = "models"\n[metrics]')
    meters = "asset_no,address,protocol,target,model\nM1,1,dlt645-2007,line3,own\n"
    assert reload(toml, meters).ok
    first, digest = list(app._lines.values()), app.reloads.digest
    assert reload(toml, meters).ok
    assert list(app._lines.values()) == first
    own.write_text(text.replace("tariffs = 4", "tariffs = 2"))
    assert reload(toml, meters).ok
    assert list(app._lines.values()) != first
    assert app.reloads.digest != digest
    own.write_text(text.replace("tariffs = 4", "tariffs = 400"))
    assert not reload(toml, meters).ok
    assert own_models()["own"]["tariffs"] == 2
