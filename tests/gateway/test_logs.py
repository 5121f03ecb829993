"""Log lines: one per event, JSON or readable, and nothing from outside forges one."""

import io
import json
import subprocess
import sys

import pytest

from gateway import logs


@pytest.fixture
def lines():
    stream = io.StringIO()
    yield stream
    logs.setup()


def test_json_lines(lines):
    logs.setup(stream=lines, terminal=False)
    logs.get("bus").info("link up", target="line1", 表="中文")
    (line,) = lines.getvalue().splitlines()
    found = json.loads(line)
    assert (found["component"], found["event"], found["level"]) == ("bus", "link up", "info")
    assert (found["target"], found["表"]) == ("line1", "中文")
    assert "中文" in line


def test_readable_on_a_terminal(lines):
    logs.setup(stream=lines, terminal=True)
    logs.get("bus").warning("link lost", target="line1")
    (line,) = lines.getvalue().splitlines()
    assert "warning" in line
    assert line.endswith("link lost  target=line1")


@pytest.mark.parametrize("terminal", [True, False])
def test_control_characters_are_escaped(lines, terminal):
    logs.setup(stream=lines, terminal=terminal)
    logs.get("x").info("bad\nname", meter='\x1b[31mred\r\n{"level": "critical"}\u2028')
    text = lines.getvalue()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "\u2028" not in text


def test_an_exception_is_still_one_line(lines):
    logs.setup(stream=lines, terminal=False)
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        logs.get("x").error("failed", exc_info=error)
    assert lines.getvalue().count("\n") == 1
    assert "ValueError" in json.loads(lines.getvalue())["exception"]


def test_levels_are_counted_and_filtered(lines):
    logs.setup(stream=lines, level="warning", terminal=False)
    before = dict(logs.counted)
    log = logs.get("x")
    log.info("no")
    log.warning("yes")
    log.error("yes")
    assert logs.counted["warning"] == before["warning"] + 1
    assert logs.counted["error"] == before["error"] + 1
    assert logs.counted["info"] == before["info"]
    assert lines.getvalue().count("\n") == 2


def test_the_daemon_loads_no_library_of_the_command_line():
    """What `meterd run` imports."""
    code = (
        "import sys, gateway.logs, gateway.app\n"
        "print(sorted({m.split('.')[0] for m in sys.modules}"
        " & {'typer','rich','hypothesis','openpyxl','psycopg','click','simulators','amqtt'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
